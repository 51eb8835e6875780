// Some changes want a reason: a conversation solved while a call-back is still owed.

import { $ } from './dom.js';

/** askWhy answers the officer's words, or '' if he thought better of it. */
export function askWhy() {
  const dialog = $('#why');
  $('#why-text').value = '';
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((done) => {
    $('#why-form').onsubmit = () => { dialog.returnValue = 'yes'; };
    dialog.addEventListener('close', () => done(dialog.returnValue ? $('#why-text').value.trim() : ''), { once: true });
  });
}
