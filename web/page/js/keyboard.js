// The keys. They go by their place on the keyboard where the layout is not Latin,
// so an officer who writes Arabic need not switch layouts to move.

import { $ } from './dom.js';
import { fault } from './notice.js';
import { close } from './open.js';
import { focusList, step } from './list.js';
import { showMessages, solve, take } from './conversation.js';
import { turn } from './composer.js';
import { pick } from './templates.js';
import { state } from './state.js';

const write = (mode) => () => { showMessages(); turn(mode); };
const opened = (act) => () => state.open?.conversation && act();

const keys = {
  j: () => step(1),
  k: () => step(-1),
  r: opened(write('reply')),
  n: opened(write('note')),
  t: opened(() => pick('')),
  a: opened(() => state.open.conversation.assignee?.id !== state.me.id && take().catch(fault)),
  s: opened(() => solve().catch(fault)),
  u: () => { location.hash = `#/${state.view}`; close(); focusList(); },
  '/': () => { $('#search').focus(); $('#search').select(); },
  '?': () => $('#help').showModal()
};

/** letter is the key that was meant: its character if that is ASCII, else its place. */
function letter(e) {
  if (/^[\x20-\x7e]$/.test(e.key)) return e.key.toLowerCase();
  if (e.code === 'Slash') return e.shiftKey ? '?' : '/';
  return /^Key[A-Z]$/.test(e.code) ? e.code.slice(3).toLowerCase() : e.key === '؟' ? '?' : '';
}

const writing = (el) => el.matches('input, textarea, select, [contenteditable]');

export function start() {
  document.addEventListener('keydown', (e) => {
    if (!state.me || e.isComposing || e.ctrlKey || e.metaKey || e.altKey || $('dialog[open]')) return;
    if (e.key === 'Escape' && writing(e.target)) {
      e.target.blur();
      focusList();
      return;
    }
    if (writing(e.target)) return;
    const act = keys[letter(e)];
    if (!act) return;
    e.preventDefault();
    act();
  });
  $('#show-help').addEventListener('click', () => $('#help').showModal());
  for (const d of document.querySelectorAll('dialog')) {
    d.addEventListener('click', (e) => { if (e.target === d || e.target.closest('[data-close]')) d.close(); });
  }
}
