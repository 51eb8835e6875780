// Files of a draft: chosen, dropped or pasted, they are uploaded at once.

import { request } from './api.js';
import { $, bdi, h, icon } from './dom.js';
import { size } from './format.js';
import { t } from './i18n.js';
import { fault } from './notice.js';
import { state } from './state.js';
import { draft, keepDraft } from './drafts.js';

let redraw = () => {};

async function upload(list) {
  const it = state.open;
  if (!it) return;
  await Promise.all([...list].map(async (chosen) => {
    const d = draft(it.id);
    const file = { name: chosen.name, size: chosen.size, id: '' };
    d.files.push(file);
    d.key = '';
    redraw();
    const form = new FormData();
    form.append('file', chosen, chosen.name);
    try {
      const kept = await request('POST', '/v1/attachments', { form });
      file.id = (kept.items?.[0] ?? kept).id;
    } catch (problem) {
      d.files.splice(d.files.indexOf(file), 1);
      fault(problem);
    }
    keepDraft();
    if (state.open === it) redraw();
  }));
}

/** ready tells whether every file has arrived. */
export const ready = (d) => d.files.every((f) => f.id);

export function drawFiles() {
  const d = draft(state.open.id);
  $('#files').replaceChildren(...d.files.map((f) => h('li', { class: f.id ? 'file' : 'file coming' }, icon('clip'), bdi(f.name), h('small', {}, size(f.size)),
    h('button', { type: 'button', class: 'plain drop', 'aria-label': t('file.drop', { what: f.name }), onclick: () => {
      d.files.splice(d.files.indexOf(f), 1);
      keepDraft();
      redraw();
    } }, '×'))));
}

export const dropFiles = () => { $('#file').value = ''; };

export function start(draw) {
  redraw = draw;
  $('#attach').addEventListener('click', () => $('#file').click());
  $('#file').addEventListener('change', (e) => upload(e.target.files));
  $('#text').addEventListener('paste', (e) => {
    if (e.clipboardData.files.length) { e.preventDefault(); upload(e.clipboardData.files); }
  });
  const pane = $('#conversation');
  pane.addEventListener('dragover', (e) => { if (e.dataTransfer.types.includes('Files')) { e.preventDefault(); pane.classList.add('dropping'); } });
  pane.addEventListener('dragleave', (e) => { if (!pane.contains(e.relatedTarget)) pane.classList.remove('dropping'); });
  pane.addEventListener('drop', (e) => {
    pane.classList.remove('dropping');
    if (e.dataTransfer.files.length) { e.preventDefault(); upload(e.dataTransfer.files); }
  });
}
