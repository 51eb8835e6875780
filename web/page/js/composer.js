// The composer: a reply or a note, its channel, its files, and what stands in the way of sending it.

import { newKey } from './api.js';
import { isolate } from './bidi.js';
import { $, icon, options } from './dom.js';
import { called, segments, span } from './format.js';
import { label, t } from './i18n.js';
import { messages, send } from './open.js';
import { busy, toast } from './notice.js';
import { on, state } from './state.js';
import { drop, draft, keepDraft } from './drafts.js';
import { dropFiles, drawFiles, ready, start as startFiles } from './files.js';
import { catchUp, clearTrouble, passing, trouble } from './trouble.js';

const text = () => $('#text');
const written = { phone: 'sms', whatsapp: 'whatsapp', bsuid: 'whatsapp', email: 'email' };

/** reachable lists the channels a reply can go by: those in use first, then what the handles allow. */
function reachable(c) {
  const used = (c?.channels ?? []).filter((k) => k !== 'voice');
  return [...new Set([...used, ...(c?.contact?.handles ?? []).map((x) => written[x.kind]).filter(Boolean)])];
}

/** turn makes the composer write a reply or a note. */
export function turn(mode) {
  if (!state.open) return;
  const d = draft(state.open.id);
  d.mode = mode;
  keepDraft();
  draw();
  text().focus();
}

/** insert puts words where the cursor stands. */
export function insert(words) {
  const box = text();
  box.focus();
  box.setRangeText(words, box.selectionStart, box.selectionEnd, 'end');
  typed();
}

/** channel is where a reply goes unless the officer says otherwise: where the customer last wrote from. */
export function channel() {
  const it = state.open;
  const d = draft(it.id);
  const open = reachable(it.conversation);
  const last = messages(it).filter((m) => m.direction === 'in' && m.channel !== 'voice').at(-1)?.channel;
  return open.includes(d.channel) ? d.channel : open.includes(last) ? last : open[0] ?? last ?? '';
}

function opened() {
  $('#composer').hidden = !state.open;
  clearTrouble();
  if (!state.open) return;
  text().value = draft(state.open.id).text;
  draw();
}

export function draw() {
  const it = state.open;
  if (!it) return;
  const d = draft(it.id);
  const note = d.mode === 'note';
  $('#composer').classList.toggle('note', note);
  $('#mode-reply').setAttribute('aria-pressed', String(!note));
  $('#mode-note').setAttribute('aria-pressed', String(note));
  const list = reachable(it.conversation);
  options($('#channel'), list.map((k) => [k, label('channel', k)]), channel());
  $('#channel').hidden = note || list.length < 2;
  $('#pick').hidden = note;
  text().placeholder = t(note ? 'composer.note' : 'composer.reply', { name: isolate(called(it.conversation?.contact)) });
  text().setAttribute('aria-label', t(note ? 'note' : 'reply'));
  $('#send span').textContent = t(note ? 'send.note' : 'send.reply', { channel: label('channel', channel()) });
  drawWindow(note);
  drawCount(note);
  drawFiles();
  grow();
}

/** drawWindow shows WhatsApp's 24-hour service window. */
function drawWindow(note) {
  const box = $('#window');
  const until = state.open.conversation?.whatsapp_window_until;
  const shown = !note && channel() === 'whatsapp' && state.open.conversation;
  box.hidden = !shown;
  if (!shown) return;
  const left = until ? new Date(until) - Date.now() : -1;
  box.className = left > 0 ? 'open' : 'closed';
  box.replaceChildren(icon('whatsapp'), left > 0 ? t('window.open', { span: span(left) }) : t('window.closed'));
}

function drawCount(note) {
  const count = $('#count');
  const { characters, segments: n, unicode } = segments(text().value);
  count.hidden = note || channel() !== 'sms' || !characters;
  count.textContent = t('sms.count', { n, characters }) + (unicode ? ' · Unicode' : '');
}

/** grow lets the box be as high as its words, within the stylesheet's bounds. */
function grow() {
  const box = text();
  box.rows = Math.min(12, Math.max(2, box.value.split('\n').length));
}

function typed() {
  const d = draft(state.open.id);
  d.text = text().value;
  d.key = ''; // other words are another attempt
  keepDraft();
  drawCount(d.mode === 'note');
  grow();
}

/** submit sends what is written. The key stays over retries of the same words, so that they go once. */
export async function submit() {
  const it = state.open;
  const d = draft(it.id);
  const note = d.mode === 'note';
  if (!it.conversation || (!d.text.trim() && !d.files.length)) { text().focus(); return; }
  if (!ready(d)) { toast(t('file.wait')); return; }
  const body = { kind: note ? 'note' : 'reply', text: d.text };
  if (!note && channel()) body.channel = channel();
  if (d.files.length) body.attachments = d.files.map((f) => f.id);
  await deliver(it, d, body);
}

/** deliver posts a message made by the composer or the template picker; what hinders it shows above the words. */
export async function deliver(it, d, body) {
  const before = new Set(it.messages.keys());
  d.key ||= newKey();
  keepDraft();
  try {
    await sendFresh(it, body, d, before);
  } catch (problem) {
    if (!passing(problem)) d.key = ''; // refused for good: the next try is a new one
    if (state.open === it) trouble(problem, it, before, () => busy($('#send'), () => deliver(it, d, body)));
    return false;
  }
  drop(it.id);
  dropFiles();
  if (state.open === it) {
    text().value = '';
    clearTrouble();
    draw();
    text().focus();
  }
  return true;
}

/** sendFresh sends, and sends again where only a tick or a tag has moved since: nobody need read that first. */
async function sendFresh(it, body, d, before) {
  for (let again = 0; ; again++) {
    try { return await send(it, body, d.key); } catch (problem) {
      if (!problem.is?.('stale') || again === 2) throw problem;
      await catchUp(it);
      if (messages(it).some((m) => !before.has(m.id) && m.kind !== 'system')) throw problem;
      d.key = newKey();
    }
  }
}

export function start() {
  startFiles(draw);
  text().addEventListener('input', typed);
  text().addEventListener('keydown', (e) => {
    if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) { e.preventDefault(); busy($('#send'), submit); }
  });
  $('#composer').addEventListener('submit', (e) => { e.preventDefault(); busy($('#send'), submit); });
  $('#mode-reply').addEventListener('click', () => turn('reply'));
  $('#mode-note').addEventListener('click', () => turn('note'));
  $('#channel').addEventListener('change', (e) => { draft(state.open.id).channel = e.target.value; keepDraft(); draw(); });
  on('open', opened);
  on('open-loaded', draw);
  on('open-changed', draw);
  on('language', draw);
  setInterval(() => state.open && !document.hidden && drawWindow(draft(state.open.id).mode === 'note'), 30e3);
}

