// What stands in the way of a message, shown above it while the words stay where they are:
// the conversation changed meanwhile, the WhatsApp window is closed, the customer opted out.

import { explain } from './api.js';
import { lean } from './bidi.js';
import { $, bdi, h, icon, words as plain } from './dom.js';
import { label, t } from './i18n.js';
import { messages, refresh } from './open.js';
import { clockTime } from './format.js';
import { state } from './state.js';

const box = () => $('#trouble');

export function clearTrouble() {
  box().hidden = true;
  box().replaceChildren();
}

/** passing tells whether the same request may succeed later, so that its key is kept. */
export const passing = (problem) => problem.status === 0 || problem.status === 429 || problem.status >= 500 || Boolean(problem.is?.('in-flight'));

/** catchUp reads what the officer has not seen. */
export async function catchUp(it) {
  if (state.open === it) await refresh();
}

/** trouble shows why a message did not go; `retry` tries the same once more. */
export async function trouble(problem, it, before, retry) {
  if (problem.is?.('stale')) await catchUp(it);
  if (state.open !== it) return;
  box().hidden = false;
  box().replaceChildren(icon('warn'), h('div', {}, words(problem, it, before, retry)),
    h('button', { type: 'button', class: 'plain drop', 'aria-label': t('close'), onclick: clearTrouble }, '×'));
}

function words(problem, it, before, retry) {
  const again = (name) => h('button', { type: 'button', onclick: retry }, t(name));
  if (problem.is?.('stale')) {
    const fresh = messages(it).filter((m) => !before.has(m.id));
    return [h('p', {}, h('strong', {}, t('stale.title'))),
      fresh.map((m) => h('blockquote', {}, h('small', {}, bdi(m.author?.name ?? ''), ' · ', clockTime(m.created_at)), h('p', { dir: lean(m.text) }, plain(m.text || m.subject || '…')))),
      again('stale.send')];
  }
  if (problem.is?.('window-closed')) {
    const fitting = (problem.body.templates ?? []).map((x) => (typeof x === 'string' ? { name: x } : x));
    return [h('p', {}, h('strong', {}, explain(problem))),
      fitting.length ? h('p', {}, t('window.fitting')) : null,
      h('p', { class: 'fitting' }, fitting.map((x) => h('button', { type: 'button', onclick: () => pick(x.name) }, icon('template'), bdi(label('template', x.name)))),
        !fitting.length && h('button', { type: 'button', onclick: () => pick('') }, icon('template'), t('template.pick')))];
  }
  return [h('p', {}, h('strong', {}, explain(problem))), h('p', { class: 'quiet' }, t('kept')), passing(problem) && again('again')];
}

const pick = async (name) => (await import('./templates.js')).pick(name);
