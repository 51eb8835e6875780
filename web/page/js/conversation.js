// The conversation pane: heading, tabs, and the thread of messages.

import { explain } from './api.js';
import { lean } from './bidi.js';
import { $, bdi, code, h, icon, keyed, words } from './dom.js';
import { called, day, nextClock } from './format.js';
import { label, t } from './i18n.js';
import { change, messages, retry, seen as tellSeen } from './open.js';
import { folded } from './reactions.js';
import { bubble, repaint } from './message.js';
import { busy, say } from './notice.js';
import { clock } from './clock.js';
import { on, state } from './state.js';
import { drawHistory } from './history.js';

let tab = 'messages', divider = null, seen = new Set(), below = 0;

const thread = () => $('#thread');
const atEnd = () => thread().scrollHeight - thread().scrollTop - thread().clientHeight < 80;

/** opened draws a conversation just chosen, before its messages have come. */
function opened() {
  const it = state.open;
  document.body.classList.toggle('has-open', Boolean(it));
  seen = new Set();
  below = 0;
  divider = null;
  drawBelow();
  turn('messages');
  $('#messages').replaceChildren();
  $('#conversation').hidden = !it;
  $('#nothing').hidden = Boolean(it);
  drawHead();
  drawThread();
}

/** arrived draws the messages for the first time and shows the end, or where the unread ones begin. */
function arrived() {
  const it = state.open;
  const incoming = messages(it).filter((m) => m.direction === 'in' && m.kind !== 'note');
  divider = it.unread > 0 ? incoming.at(-Math.min(it.unread, incoming.length))?.id ?? null : null;
  drawHead();
  drawThread();
  const from = $('.unread-from');
  if (from) from.scrollIntoView({ block: 'start' });
  if (!from || atEnd()) thread().scrollTop = thread().scrollHeight;
  tellSeen();
}

function changed() {
  const it = state.open;
  const stay = !atEnd();
  const fresh = messages(it).filter((m) => !seen.has(m.id));
  drawHead();
  drawThread();
  const last = fresh.filter((m) => m.direction === 'in').at(-1);
  if (last) say(t('say.message', { name: last.author?.name || called(it.conversation?.contact), text: (last.text ?? '').slice(0, 200) }));
  if (!fresh.length) return;
  if (stay && fresh.some((m) => m.direction === 'in')) below += fresh.length;
  else {
    thread().scrollTop = thread().scrollHeight;
    tellSeen();
  }
  drawBelow();
  if (tab === 'history') drawHistory();
}

function drawHead() {
  const c = state.open?.conversation;
  const back = h('a', { class: 'button plain back', href: `#/${state.view}`, 'aria-label': t('back') }, icon('back'));
  if (!c) { $('#head').replaceChildren(back); return; }
  const watch = nextClock(c.clocks);
  const mine = c.assignee?.id === state.me?.id;
  const solved = c.status === 'solved' || c.status === 'closed';
  $('#head').replaceChildren(
    back,
    h('div', { class: 'title' },
      h('h2', {}, bdi(called(c.contact)), ' ', h('span', { class: 'number' }, code(`#${c.number}`))),
      h('div', { class: 'under' }, watch && clock(watch), h('span', { class: `state ${c.status}` }, label('status', c.status)),
        h('p', { dir: lean(c.subject) }, c.subject ? words(c.subject) : label('category', c.category)))),
    h('div', { class: 'actions' },
      !mine && h('button', { type: 'button', id: 'take', title: `${t('key.assign')} (a)`, onclick: (e) => busy(e.currentTarget, take) }, t('take')),
      h('button', { type: 'button', id: 'solve', class: solved ? '' : 'good', title: `${t('key.solve')} (s)`, onclick: (e) => busy(e.currentTarget, solve) }, icon(solved ? 'reopen' : 'check'), t(solved ? 'reopen' : 'solve')),
      h('button', { type: 'button', class: 'plain', id: 'show-details', 'aria-label': t('details'), title: t('details'), onclick: () => document.body.classList.toggle('details-open') }, icon('panel'))));
}

/** take assigns the conversation to the officer himself. */
export const take = () => change({ assignee: state.me.id });

/** solve solves what is open and opens what is solved. */
export const solve = () => change({ status: ['solved', 'closed'].includes(state.open.conversation.status) ? 'open' : 'solved' });

function drawThread() {
  const it = state.open;
  const box = $('#thread-state');
  const failed = it?.problem && !it.loaded;
  document.body.classList.toggle('astray', Boolean(failed && !it.conversation)); // nothing to answer
  if (failed) {
    box.replaceChildren(h('div', { class: 'empty' }, h('p', {}, explain(it.problem)), it.problem.status !== 404 && h('button', { type: 'button', onclick: retry }, t('again'))));
    return;
  }
  box.replaceChildren(...(it && !it.loaded ? [1, 2, 3].map((n) => h('div', { class: `ghost bubble-ghost n${n}` })) : []));
  if (!it?.loaded) return;
  keyed($('#messages'), withDays(folded(messages(it))), (x) => x.key, (x) => (x.line ? h('li', { class: x.line }, h('span', {}, x.text)) : bubble(x.message, x.led)),
    (el, x) => (x.line ? (el.firstChild.textContent = x.text) : repaint(el, x.message, x.led)));
  messages(it).forEach((m) => seen.add(m.id));
}

/** withDays puts the names of the days, and the line above what is unread, between the messages. */
function withDays(list) {
  const out = [];
  let last = null;
  for (const message of list) {
    const name = day(message.created_at, Date.now());
    if (!last || day(last.created_at, Date.now()) !== name) {
      out.push({ key: `day ${new Date(message.created_at).toDateString()}`, line: 'day', text: name });
      last = null;
    }
    if (message.id === divider) {
      out.push({ key: 'unread', line: 'unread-from', text: t('unread') });
      last = null;
    }
    const led = last && last.kind === message.kind && last.direction === message.direction && last.author?.id === message.author?.id
      && last.author?.name === message.author?.name && new Date(message.created_at) - new Date(last.created_at) < 3600e3;
    out.push({ key: message.id, message, led: Boolean(led) });
    last = message;
  }
  return out;
}

function drawBelow() {
  const pill = $('#below');
  pill.hidden = below === 0;
  pill.textContent = t('below', { n: below });
}

function turn(to) {
  tab = to;
  for (const name of ['messages', 'history']) {
    $(`#tab-${name}`).setAttribute('aria-selected', String(name === to));
    $(`#tab-${name}`).tabIndex = name === to ? 0 : -1;
  }
  $('#pane-messages').hidden = to !== 'messages';
  $('#pane-history').hidden = to !== 'history';
  if (to === 'history') drawHistory();
}

export const showMessages = () => turn('messages');

export function start() {
  for (const name of ['messages', 'history']) $(`#tab-${name}`).addEventListener('click', () => turn(name));
  $('#tabs').addEventListener('keydown', (e) => {
    if (e.key !== 'ArrowRight' && e.key !== 'ArrowLeft') return;
    turn(tab === 'messages' ? 'history' : 'messages');
    $(`#tab-${tab}`).focus();
  });
  $('#below').addEventListener('click', () => { thread().scrollTop = thread().scrollHeight; });
  thread().addEventListener('scroll', () => { if (below && atEnd()) { below = 0; drawBelow(); tellSeen(); } }, { passive: true });
  new ResizeObserver(() => { if (!below && wasAtEnd) thread().scrollTop = thread().scrollHeight; }).observe(thread());
  thread().addEventListener('scroll', () => { wasAtEnd = atEnd(); }, { passive: true });
  document.addEventListener('visibilitychange', () => atEnd() && tellSeen());
  on('open', opened);
  on('open-loaded', arrived);
  on('open-changed', changed);
  on('language', () => {
    for (const el of $('#messages').children) el.dataset.print = '';
    if (state.open) { drawHead(); drawThread(); drawBelow(); }
    if (tab === 'history') drawHistory();
  });
}

let wasAtEnd = true; // the thread stays at its end while the composer grows
