// The details pane: who the customer is, what it is about, what is owed, and the fields an officer may change.

import { get } from './api.js';
import { $, bdi, code, h, icon, options } from './dom.js';
import { fullTime } from './format.js';
import { deskName, label, t } from './i18n.js';
import { clock } from './clock.js';
import { change } from './open.js';
import { fault, toast } from './notice.js';
import { on, state } from './state.js';
import { desks, priorities, statuses } from './views.js';
import { drawCallbacks, loadCallbacks } from './callbacks.js';

let others = { contact: '', items: [] };

function draw() {
  const c = state.open?.conversation;
  $('#details').hidden = !c;
  if (!c) return;
  section('#d-contact', contact(c));
  section('#d-references', references(c));
  section('#d-clocks', clocks(c));
  drawFields(c);
  section('#d-tags', tags(c));
  section('#d-others', otherOnes(c));
  drawCallbacks();
}

/** section replaces what a section holds, unless the officer is typing in it or nothing in it has changed. */
function section(where, children) {
  const box = $(where);
  if (box.contains(document.activeElement) && /INPUT|SELECT/.test(document.activeElement.tagName) && document.activeElement.value) return;
  const next = h('div', {}, children);
  if (next.innerHTML !== box.innerHTML) box.replaceChildren(...next.childNodes);
}

function contact(c) {
  return [
    h('p', { class: 'person' }, bdi(c.contact?.name || t('contact.unnamed')), c.language && h('span', { class: 'tag' }, label('language', c.language))),
    h('ul', { class: 'handles' }, (c.contact?.handles ?? []).map((x) => h('li', {},
      icon({ phone: 'voice', email: 'email', whatsapp: 'whatsapp' }[x.kind] ?? 'person', label('handle', x.kind)),
      code(x.value), copy(x.value))))
  ];
}

function copy(text) {
  return h('button', { type: 'button', class: 'plain copy', 'aria-label': t('copy.what', { what: text }), title: t('copy'),
    onclick: () => navigator.clipboard?.writeText(text).then(() => toast(t('copied'))) }, icon('copy'));
}

function references(c) {
  const list = c.references ?? [];
  return [
    h('ul', { class: 'references' }, list.map((r) => h('li', { class: r.valid === false ? 'invalid' : '' },
      h('span', { class: 'ref-kind' }, label('reference', r.kind), r.carrier && [' · ', bdi(label('carrier', r.carrier))]),
      h('span', { class: 'ref-value' }, code(r.value), copy(r.value)),
      h('span', { class: 'ref-valid', title: t(r.valid ? 'reference.valid' : 'reference.invalid') }, icon(r.valid ? 'check' : 'fail', t(r.valid ? 'reference.valid' : 'reference.invalid'))),
      dropper(t('reference.drop', { what: r.value }), () => save({ references: list.filter((x) => x !== r) }))))),
    adder('reference', (value) => !list.some((r) => r.value === value) && save({ references: [...list, { kind: c.desk === 'booking' ? 'booking' : 'awb', value }] }))
  ];
}

function clocks(c) {
  const list = c.clocks ?? [];
  if (!list.length) return [h('p', { class: 'quiet' }, t('clocks.none'))];
  return [h('ul', { class: 'clocks' }, list.map((k) => h('li', {}, h('span', {}, label('clock', k.name)),
    k.state === 'paused' && k.paused_by && h('small', {}, t('clock.waits', { whom: label('whom', k.paused_by) })), clock(k))))];
}

function tags(c) {
  const list = c.tags ?? [];
  return [
    h('ul', { class: 'tags' }, list.map((x) => h('li', { class: 'tag' }, bdi(x), dropper(t('tag.drop', { what: x }), () => save({ tags: list.filter((y) => y !== x) }))))),
    adder('tag', (x) => !list.includes(x) && save({ tags: [...list, x] }))
  ];
}

const dropper = (title, act) => h('button', { type: 'button', class: 'plain drop', 'aria-label': title, title, onclick: act }, '×');

function adder(what, add) {
  const input = h('input', { type: 'text', 'aria-label': t(`${what}.add`), placeholder: t(`${what}.add`), maxlength: 64, dir: 'auto' });
  return h('form', { class: 'adder', onsubmit: (e) => {
    e.preventDefault();
    const value = input.value.trim();
    input.value = '';
    if (value) add(value);
  } }, input);
}

function otherOnes(c) {
  const list = others.contact === c.contact?.id ? others.items.filter((x) => x.id !== c.id) : [];
  if (!list.length) return [h('p', { class: 'quiet' }, t('others.none'))];
  return [h('ul', { class: 'others' }, list.map((x) => h('li', {}, h('a', { href: `#/${state.view}/${encodeURIComponent(x.id)}` },
    code(`#${x.number}`), ' ', h('span', { dir: 'auto' }, x.subject || x.preview || label('category', x.category)),
    h('small', {}, (c.related ?? []).includes(x.id) ? t('related') : label('status', x.status), ' · ', fullTime(x.updated_at))))))];
}

async function loadOthers() {
  const c = state.open?.conversation;
  if (!c?.contact?.id) return;
  const near = await get('/v1/conversations', { contact: c.contact.id, limit: 6 }).catch(() => ({ items: [] }));
  const far = await Promise.all((c.related ?? []).filter((id) => !near.items.some((x) => x.id === id)).slice(0, 6)
    .map((id) => get(`/v1/conversations/${encodeURIComponent(id)}`).catch(() => null)));
  others = { contact: c.contact.id, items: [...far.filter(Boolean), ...near.items] };
  if (state.open?.conversation?.contact?.id === c.contact.id) draw();
}

const save = (fields) => change(fields).then(() => toast(t('saved')), (problem) => { fault(problem); draw(); });

function drawFields(c) {
  const free = (id, pairs, value) => document.activeElement?.id !== id && options($(`#${id}`), pairs, value);
  const words = (group, list) => list.map((w) => [w, label(group, w)]);
  const all = desks();
  free('f-status', words('status', statuses), c.status);
  free('f-priority', words('priority', priorities), c.priority);
  free('f-desk', all.map((d) => [d.name, deskName(d)]), c.desk);
  free('f-category', words('category', [...new Set([...all.find((d) => d.name === c.desk)?.categories ?? [], c.category].filter(Boolean))]), c.category);
  const known = state.officers.filter((o) => !o.disabled || o.id === c.assignee?.id);
  const people = c.assignee && !known.some((o) => o.id === c.assignee.id) ? [...known, c.assignee] : known;
  free('f-assignee', [['', t('assignee.none')], ...people.map((o) => [o.id, o.availability && o.availability !== 'available'
    ? `${o.name} (${label('availability', o.availability)})` : o.name])], c.assignee?.id ?? '');
  free('f-snooze', [['', c.snoozed_until && new Date(c.snoozed_until) > Date.now() ? t('snooze.until', { when: fullTime(c.snoozed_until) }) : t('snooze.none')],
    ...Object.keys(snoozes).map((k) => [k, t(`snooze.${k}`)]), ...(c.snoozed_until ? [['wake', t('snooze.wake')]] : [])], '');
  $('#confidence').textContent = c.confidence ? t('confidence', { n: Math.round(c.confidence * 100) }) : '';
}

const morning = (days) => {
  const at = new Date();
  at.setDate(at.getDate() + days);
  at.setHours(9, 0, 0, 0);
  return at;
};
const snoozes = {
  hour: () => new Date(Date.now() + 3600e3), four: () => new Date(Date.now() + 4 * 3600e3),
  tomorrow: () => morning(1), week: () => morning(7)
};

export function start() {
  const field = (id, fields) => $(id).addEventListener('change', (e) => {
    const { value } = e.target;
    e.target.blur();
    save(fields(value));
  });
  field('#f-status', (status) => ({ status }));
  field('#f-priority', (priority) => ({ priority }));
  field('#f-desk', (desk) => ({ desk }));
  field('#f-category', (category) => ({ category }));
  field('#f-assignee', (id) => ({ assignee: id || null }));
  field('#f-snooze', (name) => ({ snoozed_until: snoozes[name]?.().toISOString() ?? null }));
  $('#hide-details').addEventListener('click', () => document.body.classList.remove('details-open'));
  on('open', draw);
  on('open-loaded', () => { draw(); loadOthers(); loadCallbacks(); });
  on('open-changed', draw);
  on('officers', draw);
  on('language', draw);
}
