// The history tab: every event of the conversation, what, when, who and why.

import { explain } from './api.js';
import { lean } from './bidi.js';
import { $, bdi, h } from './dom.js';
import { day, clockTime, fullTime } from './format.js';
import { has, label, t } from './i18n.js';
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

function byDay(events) {
  const newest = [...events].sort((a, b) => (a.at < b.at ? 1 : -1));
  let last = '';
  return newest.flatMap((e) => {
    const name = day(e.at, Date.now());
    const line = name !== last && h('li', { class: 'day' }, h('span', {}, name));
    last = name;
    return [line, entry(e)].filter(Boolean);
  });
}

function entry(e) {
  const looked = e.why === 'read' && !Object.keys(e.changes ?? {}).length;
  const name = looked ? 'conversation_read' : e.type.replaceAll('.', '_');
  return h('li', { class: looked || /status|media/.test(e.type) ? 'event minor' : 'event' },
    h('time', { datetime: e.at, title: fullTime(e.at) }, clockTime(e.at)),
    h('div', {},
      h('p', {}, h('strong', {}, label('event', name)), ' ', bdi(changed(e.type, e.changes), { class: 'what' })),
      h('p', { class: 'who' }, bdi(e.by?.name || e.by?.id || t('author.system')), !looked && e.why && [' · ', bdi(e.why, { class: 'why', dir: lean(e.why) })])),
    /merged|split/.test(e.type) && h('button', { type: 'button', class: 'link', onclick: (x) => busy(x.currentTarget, () => undo(e.id).then(refresh).then(drawHistory)) }, t('undo')));
}

/** changed says the fields of an event in the officer's words; what stayed as it was is not news, and the steps of a call are in its reason. */
export function changed(type, changes) {
  const own = /^(message|callback)\./.exec(type)?.[1]; // these two have states of their own
  return Object.entries(changes ?? {})
    .filter(([name, { from, to }]) => !name.startsWith('attempt ') && JSON.stringify(from) !== JSON.stringify(to))
    .map(([name, delta]) => (own ? said(own, delta) : field(name, delta))).join(' · ');
}

function field(name, delta) {
  if (name === 'confidence') return t('confidence', { n: Math.round(100 * delta.to) });
  return `${label(has(`clock.${name}`) ? 'clock' : 'field', name)}: ${said(name, delta)}`;
}

const nothing = (v) => v === null || v === undefined || v === '';

const said = (field, { from, to }) => [from, to].filter((v, i) => i || !nothing(v)).map((v) => word(field, v)).join(' → ');

/** word puts a value of the API into the officer's language. */
function word(field, v) {
  if (nothing(v)) return '–';
  if (Array.isArray(v)) return v.map((x) => word(field, x)).join(', ') || '–';
  if (typeof v === 'object') return v.name ?? v.value ?? v.id ?? '…';
  if (/^\d{4}-\d\d-\d\dT/.test(v)) return fullTime(v);
  return label(groups[field] ?? field, String(v));
}

const groups = { waits_for: 'whom', stage: 'value' };
