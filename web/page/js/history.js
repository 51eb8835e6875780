// The history tab: every event of the conversation, what, when, who and why.

import { $, bdi, h } from './dom.js';
import { explain } from './api.js';
import { day, clockTime, fullTime } from './format.js';
import { label, t } from './i18n.js';
import { history, refresh, undo } from './open.js';
import { busy } from './notice.js';
import { state } from './state.js';

export async function drawHistory() {
  const it = state.open;
  const box = $('#pane-history');
  if (!it) return;
  try {
    const { items } = await history(it.id);
    if (state.open !== it) return;
    box.replaceChildren(h('ol', { class: 'history' }, byDay(items ?? [])));
  } catch (problem) {
    box.replaceChildren(h('p', { class: 'empty' }, explain(problem)));
  }
}

const at = (e) => e.at ?? e.when ?? e.created_at;

function byDay(events) {
  const newest = [...events].sort((a, b) => (at(a) < at(b) ? 1 : -1));
  let last = '';
  return newest.flatMap((e) => {
    const name = day(at(e), Date.now());
    const line = name !== last && h('li', { class: 'day' }, h('span', {}, name));
    last = name;
    return [line, entry(e)].filter(Boolean);
  });
}

function entry(e) {
  const what = e.type ?? e.what ?? e.kind ?? '';
  const who = e.by ?? e.who ?? e.actor;
  const name = (typeof who === 'object' ? who?.name || who?.id : who) || t('author.system');
  const looked = e.why === 'read' && !Object.keys(e.changes ?? {}).length;
  return h('li', { class: looked || /status|media/.test(what) ? 'event minor' : 'event' },
    h('time', { datetime: at(e), title: fullTime(at(e)) }, clockTime(at(e))),
    h('div', {},
      h('p', {}, h('strong', {}, label('event', looked ? 'conversation_read' : what.replaceAll('.', '_'))), ' ', bdi(summary(e, what), { class: 'what' })),
      h('p', { class: 'who' }, bdi(name), !looked && reasons(e).map((r) => h('span', { class: 'why', dir: 'auto' }, r)))),
    undoable(e, what) && h('button', { type: 'button', class: 'link', onclick: (x) => busy(x.currentTarget, () => undo(e.id).then(refresh).then(drawHistory)) }, t('undo')));
}

const undoable = (e, what) => e.undoable ?? /merge|split/.test(what);

const reasons = (e) => [e.why ?? e.reason ?? e.reasons ?? []].flat().filter(Boolean);

/** summary says what changed, from the event's own words or from its fields. */
function summary(e, what) {
  if (typeof e.text === 'string' && e.text) return e.text;
  if (e.what && e.type) return e.what;
  const fields = e.changes ?? e.fields ?? e.data ?? {};
  const words = /^(message|callback)\./.exec(what)?.[1]; // these two have states of their own
  return Object.entries(fields).map(([k, v]) => (words ? said(words, v) : field(k, v))).join(' · ');
}

function field(name, v) {
  if (name === 'confidence') return t('confidence', { n: Math.round(100 * (v?.to ?? v)) });
  return `${label('field', name)}: ${said(name, v)}`;
}

/** said puts the API's words of a field into the officer's. */
function said(field, v) {
  if (v && typeof v === 'object' && 'from' in v && 'to' in v) return [v.from, v.to].filter((x, i) => i || (x !== null && x !== '')).map((x) => said(field, x)).join(' → ');
  return typeof v === 'string' && v ? label(field, v) : plain(v);
}

function plain(v) {
  if (v === null || v === undefined || v === '') return '–';
  if (Array.isArray(v)) return v.map(plain).join(', ');
  if (typeof v === 'object') return v.name ?? v.value ?? v.id ?? JSON.stringify(v);
  return String(v);
}
