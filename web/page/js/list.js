// The list pane: pages of the view's conversations. The server decides what is in a
// view and in which order; the page reads again what it shows and moves only what moved.

import { get, explain, Problem } from './api.js';
import { isolate } from './bidi.js';
import { $, h, icon, keyed, holdPlace } from './dom.js';
import { deskName, label, t } from './i18n.js';
import { emit, on, recall, remember, soon, state } from './state.js';
import { viewNamed } from './views.js';
import { paint, row } from './row.js';
import { search } from './search.js';

const PAGE = 50, MOST = 200; // rows a page; rows the server gives at once
let next = null, generation = 0, loading = false, failed = null, missed = false;

const rowsBox = () => $('#rows');
const page = (of) => (state.view === 'search' ? search(state.query, of) : get('/v1/conversations', { ...viewNamed(state.view).query, sort: state.sort, ...of }));

/** show turns the list to a view. */
export async function show(view) {
  state.view = view;
  state.sort = viewNamed(view).sort ?? recall('sort') ?? 'due';
  $('#sort').value = state.sort;
  state.rows = [];
  next = null;
  rowsBox().scrollTop = 0;
  draw();
  await read(PAGE);
}

/** read loads the first `limit` rows anew and keeps those that were loaded below. */
async function read(limit) {
  const mine = ++generation;
  loading = true;
  drawFoot();
  try {
    const { items, next_cursor } = await page({ limit });
    if (mine !== generation) return;
    const ids = new Set(items.map((r) => r.id));
    const below = next_cursor && state.rows.length > limit ? state.rows.slice(limit).filter((r) => !ids.has(r.id)) : [];
    if (!below.length) next = next_cursor;
    state.rows = [...items, ...below];
    failed = null;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (mine === generation) failed = problem;
  } finally {
    if (mine === generation) loading = false;
  }
  draw();
  look();
}

async function more() {
  if (!next || loading) return;
  const mine = generation;
  loading = true;
  drawFoot();
  try {
    const { items, next_cursor } = await page({ limit: PAGE, cursor: next });
    if (mine !== generation) return;
    const known = new Set(state.rows.map((r) => r.id));
    state.rows = [...state.rows, ...items.filter((r) => !known.has(r.id))];
    next = next_cursor;
    failed = null;
  } catch (problem) {
    failed = problem;
  } finally {
    if (mine === generation) loading = false;
  }
  draw();
  look();
}

const end = new IntersectionObserver((seen) => seen.some((s) => s.isIntersecting) && more(), { root: rowsBox(), rootMargin: '600px' });

/** look asks anew whether the end is near: who came to it during a read has not been heard. */
function look() {
  end.disconnect();
  if (!failed) end.observe($('#rowend'));
}

/** again reads what is shown once more; rows beyond what one answer holds are left to scrolling. */
const again = soon(async () => {
  if (!state.me || state.view === 'search' || state.view === 'rounds') return;
  missed = document.hidden; // nobody looks: read when somebody does
  if (!missed) await read(Math.min(MOST, Math.max(PAGE, state.rows.length)));
}, 80, 700);

function draw() {
  const box = rowsBox();
  holdPlace(box, () => keyed($('#rowlist'), state.rows, (r) => r.id, row, paint));
  mark();
  drawFoot();
  emit('rows');
}

function drawFoot() {
  const foot = $('#rowfoot');
  const empty = !state.rows.length;
  rowsBox().setAttribute('aria-busy', String(loading));
  if (failed) {
    foot.replaceChildren(h('p', { class: 'empty' }, explain(failed)), h('button', { type: 'button', onclick: () => read(PAGE) }, t('again')));
  } else if (loading) {
    foot.replaceChildren(...(empty ? [1, 2, 3, 4].map(() => h('div', { class: 'ghost' })) : [h('p', { class: 'more' }, '…')]));
  } else if (empty) {
    foot.replaceChildren(h('div', { class: 'empty' }, icon('check'), h('p', {}, t(state.view === 'search' ? 'list.nothing' : 'list.empty'))));
  } else foot.replaceChildren();
}

/** mark shows which row is open. */
function mark() {
  for (const el of $('#rowlist').children) {
    const link = el.firstElementChild;
    if (el.dataset.key === state.open?.id) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
}

let cursor = 0;

/** step moves the cursor by whole rows; rows that vanished leave it where it stood. */
export function step(by) {
  const links = [...$(state.view === 'rounds' ? '#rounditems' : '#rowlist').children].map((el) => el.firstElementChild);
  if (!links.length) return;
  const here = links.indexOf(document.activeElement);
  const opened = links.findIndex((l) => l.getAttribute('aria-current'));
  if (here >= 0) cursor = here + by;
  else if (opened >= 0) cursor = opened + by;
  else cursor = Math.min(cursor, links.length - 1);
  cursor = Math.max(0, Math.min(links.length - 1, cursor));
  links[cursor].focus({ preventScroll: true });
  links[cursor].scrollIntoView({ block: 'nearest' });
  if (cursor >= links.length - 5) more();
}

export const focusList = () => step(0);

export function start() {
  $('#sort').addEventListener('change', (e) => {
    state.sort = e.target.value;
    remember('sort', state.sort);
    rowsBox().scrollTop = 0;
    read(PAGE);
  });
  $('#rowlist').addEventListener('focusin', (e) => { cursor = [...$('#rowlist').children].indexOf(e.target.closest('li')); });
  document.addEventListener('visibilitychange', () => missed && again());
  on('event', again);
  on('resumed', again);
  on('touched', again);
  on('open', mark);
  on('language', () => { for (const el of $('#rowlist').children) el.dataset.print = ''; draw(); });
}

export const viewName = (v) => (v.group === 'desks' ? deskName(v) : label('view', v.name));
export const viewTitle = () => (state.view === 'search' ? t('view.search', { q: isolate(state.query) }) : viewName(viewNamed(state.view)));
