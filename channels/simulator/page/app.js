// The customer's side: who is being played, what is open, and the live stream of
// that person's telephone and mailbox.
import { $, h, post } from './dom.js';
import { chat } from './chat.js';
import { icon } from './icons.js';
import { mailbox } from './mail.js';
import { telephone } from './phone.js';

const main = $('main');
const seen = JSON.parse(sessionStorage.getItem('seen') || '{}'); // what has been looked at, by person and place
let world, person, view, stream;

const apps = {};

// notice remembers that count items of a place were looked at, and tells how many were not.
function notice(place, count, looking) {
  const key = `${person.id}/${place}`;
  if (looking) {
    seen[key] = count;
    sessionStorage.setItem('seen', JSON.stringify(seen));
  }
  return Math.max(0, count - (seen[key] || 0));
}

const narrow = matchMedia('(max-width: 899px)');
const open = () => main.dataset.tab;
const looking = (place) => !document.hidden && (open() === place || (place === 'mail' && !narrow.matches));

function badge(place, text) {
  const b = $(`#tab-${place} .badge`);
  b.hidden = !text;
  b.textContent = text || '';
}

function select(tab, focus) {
  main.dataset.tab = tab;
  for (const t of document.querySelectorAll('[role=tab]')) {
    const on = t.dataset.tab === tab;
    t.setAttribute('aria-selected', on);
    t.tabIndex = on ? 0 : -1;
    if (on && focus) t.focus();
  }
  if (view) draw();
}

function draw() {
  const fromCompany = (list) => list.filter((m) => !m.mine).length;
  apps.whatsapp.draw(view.whatsapp);
  apps.sms.draw(view.sms);
  apps.phone.draw(view.call, view.calls);
  apps.mail.draw(view.letters);
  badge('whatsapp', notice('whatsapp', fromCompany(view.whatsapp), looking('whatsapp')));
  badge('sms', notice('sms', fromCompany(view.sms), looking('sms')));
  badge('mail', notice('mail', view.letters.filter((l) => !l.sent).length, looking('mail')));
  badge('phone', view.call?.wait === 'ringing' ? '!' : view.call ? '●' : '');
  notice('all', view.others[person.id].arrived, !document.hidden);
  $('#alerts').hidden = !view.alerts;
  $('#alerts').textContent = `${view.alerts} alerts`;
  drawPeople();
  if (looking('whatsapp') && view.whatsapp.some((m) => !m.mine && m.status === 'delivered')) post('/play/read', { person: person.id });
}

const initials = (name) => name.replace(/[^\p{L} ]/gu, ' ').trim().split(/\s+/).slice(0, 2).map((w) => [...w][0]).join(' ');

function drawPeople() {
  const focused = document.activeElement?.dataset?.person;
  $('#people').replaceChildren(...world.people.map((p) => {
    const glance = view?.others[p.id];
    const fresh = glance && p.id !== person.id ? Math.max(0, glance.arrived - (seen[`${p.id}/all`] || 0)) : 0;
    const has = [p.whatsapp && 'WhatsApp', p.phone && 'SMS', p.phone && 'Phone', p.email && 'Mail'].filter(Boolean);
    return h('button.person', { 'data-person': p.id, 'aria-current': p.id === person?.id ? 'true' : null, onclick: () => become(p) },
      h('span.face', { 'aria-hidden': 'true' }, initials(p.name)),
      h('span.who', {}, h('b', { dir: 'auto', lang: p.language }, p.name), h('small', {}, p.about), h('small.has', {}, has.join(' · '))),
      glance?.ringing && h('span.badge.ring', { title: 'The telephone rings' }, icon('phone')),
      fresh > 0 && h('span.badge', { title: 'New' }, String(fresh)));
  }));
  if (focused) $(`[data-person="${focused}"]`)?.focus();
}

function become(p) {
  person = p;
  view = null;
  history.replaceState(null, '', `#${p.id}`);
  for (const app of Object.values(apps)) app.become(p);
  drawPeople();
  const can = { whatsapp: p.whatsapp, sms: p.phone, phone: p.phone, mail: p.email };
  select(can[open()] ? open() : Object.keys(can).find((k) => can[k]));
  stream?.close();
  stream = new EventSource(`/play/events?person=${encodeURIComponent(p.id)}`);
  stream.onopen = () => { $('#link').textContent = 'live'; $('#link').className = 'link live'; };
  stream.onerror = () => { $('#link').textContent = 'connection lost, trying again…'; $('#link').className = 'link'; };
  stream.onmessage = (e) => {
    const before = view?.call;
    view = JSON.parse(e.data);
    if (view.call?.wait === 'ringing' && before?.sid !== view.call.sid) select('phone');
    else draw();
  };
}

async function start() {
  world = await (await fetch('/play/world')).json();
  apps.whatsapp = chat($('#whatsapp'), true, world.numbers.whatsapp);
  apps.sms = chat($('#sms'), false, world.numbers.sms);
  apps.phone = telephone($('#phone'), world.numbers.voice);
  apps.mail = mailbox($('#mail'), world.mailbox);
  for (const tab of document.querySelectorAll('[role=tab]')) tab.querySelector('.icon-here').replaceWith(icon(tab.dataset.tab));
  $('[role=tablist]').addEventListener('click', (e) => {
    const tab = e.target.closest('[role=tab]');
    if (tab) select(tab.dataset.tab);
  });
  $('[role=tablist]').addEventListener('keydown', (e) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!step) return;
    const tabs = [...document.querySelectorAll('[role=tab]')].filter((t) => t.offsetParent);
    const at = tabs.findIndex((t) => t.dataset.tab === open());
    select(tabs[(at + step + tabs.length) % tabs.length].dataset.tab, true);
  });
  document.addEventListener('visibilitychange', () => { if (view) draw(); });
  narrow.addEventListener('change', () => { if (!narrow.matches && open() === 'mail') select('whatsapp'); });
  const [id, tab] = location.hash.slice(1).split('/');
  if (tab && apps[tab]) main.dataset.tab = tab;
  become(world.people.find((p) => p.id === id) || world.people[0]);
}

start();
