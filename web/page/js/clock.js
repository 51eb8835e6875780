// Clocks that run on the page: every element with data-due is brought up to date once a second.

import { h, $$ } from './dom.js';
import { countdown, fullTime } from './format.js';
import { label, t } from './i18n.js';

/** clock draws one clock of a conversation as a pill that counts down. */
export function clock(c) {
  const title = `${label('clock', c.name)} · ${fullTime(c.due_at)}`;
  if (c.state === 'paused') return h('span', { class: 'clock paused', title }, t('clock.paused'));
  if (c.state === 'met') return h('span', { class: 'clock met', title }, t('clock.met'));
  const el = h('time', { class: 'clock', datetime: c.due_at, title, dataset: { due: c.due_at } });
  tick(el, Date.now());
  return el;
}

function tick(el, now) {
  const { text, mood } = countdown(el.dataset.due, now);
  if (el.textContent !== text) el.textContent = text;
  if (el.dataset.mood !== mood) el.dataset.mood = mood;
}

/** run starts the second hand; a page nobody looks at does not tick. */
export function run() {
  const all = () => {
    if (document.hidden) return;
    const now = Date.now();
    $$('[data-due]').forEach((el) => tick(el, now));
  };
  setInterval(all, 1000);
  document.addEventListener('visibilitychange', all);
}
