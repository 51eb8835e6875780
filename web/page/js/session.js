// Signing in and out, and the officer's own switches: availability and language.

import { explain, get, keepToken, patch, post, remove } from './api.js';
import { $, bdi, options } from './dom.js';
import { direction, label, language, languages, preferred, t, translate, use } from './i18n.js';
import { emit, on, recall, remember, state } from './state.js';
import { fault, toast } from './notice.js';
import { forget } from './drafts.js';

/** speak turns the whole page to a language, its direction with it. */
export function speak(name) {
  use(name);
  document.documentElement.lang = language();
  document.documentElement.dir = direction();
  translate(document);
  for (const id of ['#language', '#signin-language']) options($(id), Object.entries(languages), language());
  drawMe();
  emit('language');
}

/** enter finds out who is behind the cookie; without one it shows the sign-in. */
export async function enter() {
  try {
    state.me = await get('/v1/me');
  } catch (problem) {
    if (problem.status === 401) showSignIn();
    else showSignIn(explain(problem));
    return false;
  }
  keepToken(state.me.csrf_token);
  state.officers = [state.me];
  state.desks = [];
  document.body.dataset.stage = 'in';
  drawMe();
  emit('signed-in');
  const [officers, desks] = await Promise.all([get('/v1/officers', { limit: 200 }).catch(() => null), get('/v1/desks').catch(() => null)]);
  if (officers?.items?.length) state.officers = officers.items;
  if (desks?.items?.length) {
    state.desks = desks.items;
    emit('desks');
  }
  emit('officers');
  return true;
}

function showSignIn(fault = '') {
  document.body.dataset.stage = 'out';
  $('#signin-fault').textContent = fault;
  $('#email').focus();
}

async function signIn(e) {
  e.preventDefault();
  const go = $('#signin-go');
  go.disabled = true;
  $('#signin-fault').textContent = '';
  try {
    const answer = await post('/v1/session', { email: $('#email').value.trim(), password: $('#password').value });
    keepToken(answer?.csrf_token ?? '');
    $('#password').value = '';
    await enter();
  } catch (problem) {
    $('#signin-fault').textContent = problem.status === 401 || problem.status === 403 ? t('signin.wrong') : explain(problem);
    $('#password').select();
  } finally {
    go.disabled = false;
  }
}

async function signOut() {
  await remove('/v1/session').catch(() => null); // the cookie is the server's; without an answer it runs out by itself
  forget();
  emit('signed-out');
}

function drawMe() {
  if (!state.me) return;
  $('#me').replaceChildren(bdi(state.me.name));
  options($('#availability'), ['available', 'away', 'offline'].map((a) => [a, label('availability', a)]), state.me.availability);
  $('#availability').dataset.value = state.me.availability ?? '';
}

async function turnAvailability(e) {
  const wanted = e.target.value;
  try {
    const fresh = await patch(`/v1/officers/${encodeURIComponent(state.me.id)}`, { availability: wanted }, state.me.version ? { version: state.me.version } : {});
    Object.assign(state.me, { availability: wanted }, fresh?.id ? { version: fresh.version } : {});
    toast(t('availability.now', { what: label('availability', wanted) }));
  } catch (problem) {
    if (problem.status === 409) Object.assign(state.me, await get('/v1/me').catch(() => ({})));
    fault(problem);
  }
  drawMe();
}

export function start() {
  $('#signin').addEventListener('submit', signIn);
  $('#signout').addEventListener('click', signOut);
  $('#availability').addEventListener('change', turnAvailability);
  for (const id of ['#language', '#signin-language']) {
    $(id).addEventListener('change', (e) => { remember('language', e.target.value); speak(e.target.value); });
  }
  on('signed-out', () => { state.me = null; showSignIn(); });
  speak(recall('language') ?? preferred(navigator.languages ?? ['en']));
}
