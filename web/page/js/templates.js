// The template picker: choose, fill in, see it as the customer will, send it or take its words.

import { explain, get, newKey, post } from './api.js';
import { lean } from './bidi.js';
import { $, bdi, h, options, words as plain } from './dom.js';
import { languages, label, t } from './i18n.js';
import { busy, fault } from './notice.js';
import { on, state } from './state.js';
import { channel, deliver, insert } from './composer.js';
import { draft } from './drafts.js';

let all = null, chosen = null, attempt = '', turn = 0;

/** pick opens the picker, at a template if one is named. */
export async function pick(name) {
  if (!state.open?.conversation) return;
  try { all ??= (await get('/v1/templates', { limit: 200 })).items; } catch (problem) { fault(problem); return; }
  $('#tp-search').value = '';
  choose(all.find((x) => x.name === name) ?? null);
  drawList();
  $('#template-dialog').showModal();
  if (chosen) ([...$('#tp-vars').querySelectorAll('[name]')].find((i) => !i.value) ?? $('#tp-send')).focus();
}

const fits = (x) => !x.channels?.length || x.channels.includes(channel());
const title = (x) => label('template', x.name);

function drawList() {
  const words = $('#tp-search').value.trim().toLowerCase();
  const list = all.filter((x) => `${x.name} ${title(x)} ${x.description ?? ''}`.toLowerCase().includes(words)).sort((a, b) => fits(b) - fits(a));
  $('#tp-list').replaceChildren(...list.map((x) => h('li', {}, h('button', { type: 'button', class: 'plain', 'aria-pressed': String(x === chosen),
    disabled: !fits(x), onclick: () => { choose(x); drawList(); } }, h('strong', {}, bdi(title(x))), x.description && h('small', { dir: 'auto' }, x.description)))));
}

const variables = (x) => (x?.variables ?? []).map((v) => (typeof v === 'string' ? { name: v } : v));

function choose(x) {
  chosen = x;
  attempt = newKey();
  $('#tp-form').hidden = !x;
  if (!x) return;
  const spoken = x.languages?.length ? x.languages : Object.keys(languages);
  const wanted = state.open.conversation.language;
  options($('#tp-language'), spoken.map((l) => [l, languages[l] ?? l]), [wanted, 'en'].find((l) => spoken.includes(l)) ?? spoken[0]);
  $('#tp-vars').replaceChildren(...variables(x).map((v) => h('label', { title: v.description }, h('span', {}, label('variable', v.name),
    v.required === false && h('small', {}, ` ${t('optional')}`)), field(v))));
  preview();
}

const kinds = { date: 'date', datetime: 'datetime-local', url: 'url', phone: 'tel' };

/** field asks for a variable in the way its type is best given. */
function field(v) {
  const shared = { name: v.name, dataset: { type: v.type ?? 'string' }, oninput: soonPreview };
  if (v.values?.length) return options(h('select', shared), [['', ''], ...v.values.map((x) => [x, label('value', x)])], '');
  if (v.type === 'list') return h('textarea', { ...shared, rows: 2, dir: 'auto' });
  return h('input', { ...shared, type: kinds[v.type] ?? 'text', value: known(v.name), dir: v.type === 'url' || v.type === 'phone' || v.type === 'reference' ? 'ltr' : 'auto' });
}

const worded = {
  list: (text) => text.split('\n').map((x) => x.trim()).filter(Boolean),
  datetime: (text) => new Date(text).toISOString()
};

/** known fills in what the conversation already tells. */
function known(name) {
  const c = state.open.conversation;
  const reference = (kind) => c.references?.find((r) => r.kind === kind)?.value;
  const facts = { name: c.contact?.name, customer: c.contact?.name, customer_name: c.contact?.name, officer: state.me.name, officer_name: state.me.name,
    reference: c.references?.[0]?.value, awb: reference('awb'), booking: reference('booking'), booking_reference: reference('booking'),
    number: c.number, ticket: c.number, conversation: c.number };
  return facts[name] ?? '';
}

const filled = () => Object.fromEntries([...$('#tp-vars').querySelectorAll('[name]')].filter((i) => i.value.trim())
  .map((i) => [i.name, (worded[i.dataset.type] ?? ((text) => text))(i.value.trim())]));

/** named is the name that every template may use without declaring it; a send fills it in by itself. */
const named = () => (state.open.conversation.contact?.name ? { name: state.open.conversation.contact.name } : {});

let timer = 0;
function soonPreview() {
  attempt = newKey();
  clearTimeout(timer);
  timer = setTimeout(preview, 250);
}

async function preview() {
  if (!chosen) return;
  const mine = ++turn;
  const box = $('#tp-preview');
  try {
    const shown = await post(`/v1/templates/${encodeURIComponent(chosen.name)}/preview`,
      { language: $('#tp-language').value, channel: channel() || undefined, variables: { ...named(), ...filled() } });
    if (mine !== turn) return;
    box.className = 'bubble';
    box.replaceChildren(...[shown.subject && h('p', { class: 'subject', dir: 'auto' }, shown.subject), h('p', { class: 'text', dir: lean(shown.text) }, plain(shown.text)),
      (shown.warnings ?? []).map((w) => h('p', { class: 'quiet', dir: 'auto' }, w.text ?? w.message ?? w))].flat().filter(Boolean));
    box.dataset.text = shown.text ?? '';
  } catch (problem) {
    if (mine !== turn) return;
    box.className = 'bubble wanting';
    box.replaceChildren(h('p', { dir: 'auto' }, explain(problem)));
    box.dataset.text = '';
  }
  $('#tp-send').disabled = $('#tp-insert').disabled = !box.dataset.text;
}

async function sendIt() {
  const it = state.open;
  const body = { kind: 'reply', template: chosen.name, language: $('#tp-language').value, variables: filled() };
  if (channel()) body.channel = channel();
  $('#template-dialog').close();
  const own = { key: attempt, text: '', files: [] };
  const words = { ...draft(it.id) };
  if (await deliver(it, own, body) && words.text) Object.assign(draft(it.id), words); // the half-written reply stays
  $('#text').value = draft(it.id).text;
}

export function start() {
  $('#pick').addEventListener('click', () => pick(''));
  $('#tp-search').addEventListener('input', drawList);
  $('#tp-language').addEventListener('change', soonPreview);
  $('#tp-form').addEventListener('submit', (e) => { e.preventDefault(); busy($('#tp-send'), sendIt); });
  $('#tp-insert').addEventListener('click', () => {
    const words = $('#tp-preview').dataset.text;
    $('#template-dialog').close();
    insert(words);
  });
  on('signed-out', () => { all = null; });
}
