// Saying things: short notices at the foot of the page, and words for screen readers.

import { $, h } from './dom.js';
import { explain } from './api.js';
import { t } from './i18n.js';

/** toast shows a notice for a few seconds; a fault stays until it is put away. */
export function toast(text, kind = 'done') {
  const box = h('div', { class: `toast ${kind}`, role: kind === 'fault' ? 'alert' : 'status' }, h('span', {}, text),
    h('button', { type: 'button', class: 'plain', 'aria-label': t('close'), onclick: () => box.remove() }, '×'));
  const all = $('#toasts');
  if (kind === 'done') all.querySelectorAll('.done').forEach((old) => old.remove());
  all.append(box);
  while (all.children.length > 3) all.firstElementChild.remove();
  if (kind !== 'fault') setTimeout(() => box.remove(), 4000);
}

export const fault = (problem) => toast(explain(problem), 'fault');

/** say tells a screen reader politely. */
export function say(text) {
  $('#announce').textContent = text;
}

/** busy runs fn while the button is disabled, and shows what goes wrong. */
export async function busy(button, fn) {
  if (button?.disabled) return;
  if (button) button.disabled = true;
  try { await fn(); } catch (problem) { fault(problem); } finally { if (button) button.disabled = false; }
}
