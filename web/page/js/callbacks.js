// Call-backs of the open conversation: what was promised, and promising one.

import { get, remove, explain } from './api.js';
import { isolate } from './bidi.js';
import { $, code, h, icon, options } from './dom.js';
import { fullTime } from './format.js';
import { label, t } from './i18n.js';
import { about } from './live.js';
import { busy, fault, toast } from './notice.js';
import { promise } from './open.js';
import { clock } from './clock.js';
import { on, soon, state } from './state.js';

let list = { conversation: '', items: [] };
const owed = ['scheduled', 'dialing', 'connected'];

export async function loadCallbacks() {
  const id = state.open?.id;
  if (!id) return;
  const { items } = await get('/v1/callbacks', { conversation: id, limit: 20 }).catch(() => ({ items: [] }));
  if (state.open?.id !== id) return;
  list = { conversation: id, items: items ?? [] };
  drawCallbacks();
}

export function drawCallbacks() {
  const items = list.conversation === state.open?.id ? list.items : [];
  $('#d-callbacks').replaceChildren(...(items.length ? [h('ul', { class: 'callbacks' }, items.map(entry))] : [h('p', { class: 'quiet' }, t('callbacks.none'))]));
}

function entry(c) {
  const open = owed.includes(c.status);
  return h('li', { class: `callback ${c.status}` },
    h('p', {}, icon('voice'), code(c.phone), h('span', { class: `state ${c.status}` }, label('callback', c.status))),
    open && h('p', { class: 'due' }, h('span', {}, t('callback.due')), clock({ name: 'callback', due_at: c.due_at, state: 'running' })),
    open && new Date(c.not_before) > Date.now() && h('p', { class: 'quiet' }, t('callback.from', { when: fullTime(c.not_before) })),
    c.spoken && h('p', { lang: c.spoken.language, dir: 'auto' }, c.spoken.text),
    c.note && h('p', { dir: 'auto' }, c.note),
    c.why && h('p', { class: 'quiet', dir: 'auto' }, c.why),
    (c.attempts ?? []).map((a) => h('p', { class: 'quiet' }, fullTime(a.at), ' · ', label('outcome', a.outcome ?? 'under_way'))),
    c.status === 'scheduled' && h('button', { type: 'button', class: 'link', onclick: (e) => busy(e.currentTarget, async () => {
      await remove(`/v1/callbacks/${encodeURIComponent(c.id)}`, c.version ? { version: c.version } : {});
      await loadCallbacks();
    }) }, t('callback.cancel')));
}

function ask() {
  const phones = (state.open.conversation?.contact?.handles ?? []).filter((x) => x.kind === 'phone' || x.kind === 'whatsapp');
  const numbers = [...new Set(phones.map((x) => x.value))];
  options($('#cb-phone'), [...numbers.map((n) => [n, isolate(n)]), ['other', t('callback.other')]], numbers[0] ?? 'other');
  $('#cb-other').value = '';
  $('#cb-at').value = '';
  $('#cb-note').value = '';
  $('#cb-fault').textContent = '';
  showOther();
  $('#callback-dialog').showModal();
}

const showOther = () => { $('#cb-other-line').hidden = $('#cb-phone').value !== 'other'; };

async function make() {
  const phone = $('#cb-phone').value === 'other' ? $('#cb-other').value.trim() : $('#cb-phone').value;
  const at = $('#cb-at').value && new Date($('#cb-at').value).toISOString();
  const note = $('#cb-note').value.trim();
  try {
    await promise(state.open.id, { ...(phone && { phone }), ...(at && { at }), ...(note && { note }) });
    $('#callback-dialog').close();
    toast(t('callback.promised'));
    await loadCallbacks();
  } catch (problem) {
    $('#cb-fault').textContent = explain(problem);
  }
}

export function start() {
  $('#promise').addEventListener('click', ask);
  $('#cb-phone').addEventListener('change', showOther);
  $('#callback-form').addEventListener('submit', (e) => {
    e.preventDefault();
    busy($('#cb-go'), make).catch(fault);
  });
  const again = soon(loadCallbacks, 200);
  on('event', ({ data, name }) => { if (state.open && about(data) === state.open.id && /callback/.test(data?.type ?? name)) again(); });
  on('resumed', again);
}
