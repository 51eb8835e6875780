// Where the page starts. The address's hash says what is shown: #/VIEW, #/VIEW/CONVERSATION
// or #/search/CONVERSATION?words. Each part starts itself and hears of the rest through state.js.

import { get } from './api.js';
import { $, h, icon } from './dom.js';
import { t } from './i18n.js';
import { about, follow, stop } from './live.js';
import { close, open } from './open.js';
import { on, soon, state } from './state.js';
import { viewNamed, views } from './views.js';
import * as clock from './clock.js';
import * as callbacks from './callbacks.js';
import * as composer from './composer.js';
import * as conversation from './conversation.js';
import * as details from './details.js';
import * as keyboard from './keyboard.js';
import * as list from './list.js';
import * as rounds from './rounds.js';
import * as session from './session.js';
import * as templates from './templates.js';

let shown = null; // the view and words the list was last turned to
const counts = {};

function route() {
  if (!state.me) return;
  const [, view = '', id = '', words = ''] = /^#\/([\w-]*)\/?([^?]*)\??(.*)$/.exec(location.hash) ?? [];
  const name = view === 'search' ? 'search' : viewNamed(view).name;
  if (name === 'search' && words) state.query = decodeURIComponent(words);
  const now = `${name} ${name === 'search' ? state.query : ''}`;
  if (now !== shown) {
    shown = now;
    $('#rounds').hidden = name !== 'rounds';
    $('#rows').hidden = name === 'rounds';
    $('#sort').hidden = name === 'rounds' || name === 'search'; // found: the server's own order
    $('#search').value = name === 'search' ? state.query : '';
    if (name === 'rounds') turn(name);
    else list.show(name).then(countSoon);
  }
  document.body.classList.remove('details-open');
  if (id) open(decodeURIComponent(id));
  else if (state.open) close();
  drawViews();
}

/** turn shows the rounds in the list's place. */
function turn(name) {
  state.view = name;
  rounds.show();
}

function drawViews() {
  const all = views();
  const groups = [...new Set(all.map((v) => v.group ?? ''))];
  $('#views').replaceChildren(...groups.map((g) => h('ul', {}, all.filter((v) => (v.group ?? '') === g).map((v) => h('li', {},
    h('a', { href: `#/${v.name}`, 'aria-current': v.name === state.view ? 'page' : null }, icon(v.icon), h('span', {}, list.viewName(v)),
      counts[v.name] ? h('span', { class: `count ${v.name}` }, counts[v.name]) : null))))));
  $('#view-title').textContent = list.viewTitle();
  drawTitle();
}

const drawTitle = () => { document.title = `${counts.mine ? `(${counts.mine}) ` : ''}${list.viewTitle()} · Caravan`; };

/** count reads how much stands in the views an officer answers for. */
async function count() {
  if (!state.me) return;
  await Promise.all(views().filter((v) => v.counted).map(async (v) => {
    if (v.rounds) {
      counts[v.name] = (await rounds.unseen()) || '';
      return;
    }
    const page = await get('/v1/conversations', { ...v.query, limit: 50 }).catch(() => null);
    if (page) counts[v.name] = page.items.length ? `${page.items.length}${page.next_cursor ? '+' : ''}` : '';
  }));
  drawViews();
}
const countSoon = soon(count, 1000, 5000);

function drawLive() {
  $('#live').dataset.state = document.body.dataset.live = state.live;
  $('#live span').textContent = t(`live.${state.live}`);
}

function start() {
  for (const part of [list, rounds, conversation, details, callbacks, composer, templates, keyboard]) part.start();
  clock.run();
  on('signed-in', () => { shown = null; route(); follow(); count(); });
  on('signed-out', () => { stop(); shown = null; close(); state.rows = []; });
  on('desks', route);
  on('event', ({ data, name }) => { if (about(data) || name === 'round.changed') countSoon(); });
  on('touched', countSoon);
  on('language', () => { drawViews(); drawLive(); });
  on('live', drawLive);
  addEventListener('hashchange', route);
  $('#search-form').addEventListener('submit', (e) => {
    e.preventDefault();
    const words = $('#search').value.trim();
    location.hash = words ? `#/search/?${encodeURIComponent(words)}` : '#/mine';
    $('#search').blur();
  });
  session.start();
  drawLive();
  session.enter();
}

start();
