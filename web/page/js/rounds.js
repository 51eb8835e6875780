// Review rounds: what the open ones cover, and ticking it off. A round is chosen above the
// list; each conversation in it opens as anywhere else.

import { get, post, Problem } from './api.js';
import { $, h, icon, keyed, options } from './dom.js';
import { fullTime } from './format.js';
import { label, t } from './i18n.js';
import { fault } from './notice.js';
import { on, recall, remember, soon, state } from './state.js';
import { paint, row } from './row.js';

const PAGE = 100;
let rounds = [], chosen = null, items = [], next = null, generation = 0;

const shown = () => state.view === 'rounds';

/** unseen is how much the open rounds still want looked at. */
export async function unseen() {
  const page = await get('/v1/rounds', { state: 'open', limit: 50 }).catch(() => null);
  return page ? page.items.reduce((n, r) => n + r.items - r.seen, 0) : null;
}

/** show turns to the open rounds, and to the one that was looked at last. */
export async function show() {
  rounds = [];
  items = [];
  draw();
  await read();
}

async function read() {
  const mine = ++generation;
  try {
    const page = await get('/v1/rounds', { state: 'open', limit: 50 });
    if (mine !== generation) return;
    rounds = page.items;
    const same = (r) => `${r.desk}/${r.round}` === recall('round');
    chosen = rounds.find((r) => r.id === chosen?.id) ?? rounds.find(same) ?? rounds[0] ?? null;
    if (chosen) {
      const list = await get(`/v1/rounds/${encodeURIComponent(chosen.id)}/items`, { state: 'open', limit: PAGE, assignee: $('#round-mine').checked ? 'me' : '' });
      if (mine !== generation) return;
      items = list.items;
      next = list.next_cursor;
    } else items = [];
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem; // it shows in the live state, and passes
  }
  draw();
}

const again = soon(async () => { if (state.me && shown() && !document.hidden) await read(); }, 200, 1000);

function draw() {
  $('#round-head').hidden = !rounds.length;
  options($('#round'), rounds.map((r) => [r.id, `${label('desk', r.desk)} · ${label('round', r.round)} (${r.seen}/${r.items})`]), chosen?.id);
  $('#round-state').textContent = chosen ? `${t('round.seen', { seen: chosen.seen, items: chosen.items })} · ${t('round.until', { when: fullTime(chosen.ends_at) })}` : '';
  keyed($('#rounditems'), items.filter((i) => i.row), (i) => i.conversation, entry, repaint);
  $('#roundfoot').replaceChildren(...(items.length ? [next && h('p', { class: 'more' }, t('round.more'))].filter(Boolean)
    : [h('div', { class: 'empty' }, icon('check'), h('p', {}, t(rounds.length ? 'round.done' : 'round.none')))]));
}

/** entry is a row of the list, with the outcomes it can be ticked off with. */
function entry(item) {
  const li = row(item.row);
  li.append(h('p', { class: 'ticks', role: 'group', 'aria-label': t('round.tick') },
    (chosen.outcomes.length ? chosen.outcomes : ['seen']).map((o) => h('button', { type: 'button', onclick: (e) => tick(e.currentTarget, item, o) }, label('review', o)))));
  return li;
}

function repaint(li, item) { paint(li, item.row); }

async function tick(button, item, outcome) {
  const group = button.parentElement;
  for (const b of group.children) b.disabled = true;
  try {
    await post(`/v1/rounds/${encodeURIComponent(chosen.id)}/items/${encodeURIComponent(item.conversation)}`, { outcome });
  } catch (problem) {
    fault(problem);
    for (const b of group.children) b.disabled = false;
    if (!(problem instanceof Problem) || problem.status !== 409) return; // 409: somebody else was quicker, or it is over
  }
  await read();
}

export function start() {
  $('#round').addEventListener('change', (e) => {
    chosen = rounds.find((r) => r.id === e.target.value) ?? null;
    if (chosen) remember('round', `${chosen.desk}/${chosen.round}`);
    items = [];
    $('#rounditems').replaceChildren();
    read();
  });
  $('#round-mine').addEventListener('change', read);
  on('event', again);
  on('resumed', again);
  on('touched', again);
  on('language', () => { $('#rounditems').replaceChildren(); if (shown()) draw(); });
}
