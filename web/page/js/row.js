// One conversation as a row of the list.

import { lean } from './bidi.js';
import { bdi, code, h, icon, words } from './dom.js';
import { called, nextClock, when, fullTime } from './format.js';
import { label, t } from './i18n.js';
import { clock } from './clock.js';
import { state } from './state.js';

export function row(c) {
  const li = h('li', {}, h('a', { class: 'row' }));
  paint(li, c);
  return li;
}

/** paint draws a row anew if anything it shows has changed; the link stays, and with it the focus. */
export function paint(li, c) {
  const print = JSON.stringify([c.version, c.updated_at, c.unread, c.preview, c.clocks, c.assignee, c.snippet, state.view]);
  if (li.dataset.print === print) return;
  li.dataset.print = print;
  const link = li.firstElementChild;
  link.href = `#/${state.view}/${encodeURIComponent(c.id)}`;
  link.className = `row priority-${c.priority ?? 'normal'}${c.unread ? ' unread' : ''}`;
  link.replaceChildren(
    h('span', { class: 'row-top' },
      h('span', { class: 'row-channels' }, (c.channels ?? []).map((k) => icon(k, label('channel', k)))),
      bdi(called(c.contact), { class: 'row-name' }),
      c.unread > 0 && h('span', { class: 'badge', title: t('row.unread', { n: c.unread }) }, String(c.unread)),
      h('time', { class: 'row-when', title: fullTime(c.updated_at), datetime: c.updated_at }, when(c.updated_at, Date.now()))),
    h('span', { class: 'row-words' },
      c.subject && h('span', { class: 'row-subject', dir: lean(c.subject) }, words(c.subject)),
      h('span', { class: 'row-preview', dir: lean(c.snippet ?? c.preview) }, words(c.snippet ?? c.preview))),
    h('span', { class: 'row-foot' }, foot(c)));
}

function foot(c) {
  const watch = nextClock(c.clocks);
  const pressing = c.priority === 'urgent' || c.priority === 'high';
  return [
    pressing && h('span', { class: `tag ${c.priority}` }, label('priority', c.priority)),
    h('span', { class: 'row-kind' }, label('category', c.category) || label('desk', c.desk)),
    c.references?.[0] && code(c.references[0].value),
    h('span', { class: 'gap' }),
    state.view !== 'mine' && owner(c),
    watch ? clock(watch) : c.status !== 'open' && h('span', { class: `state ${c.status}` }, label('status', c.status))
  ];
}

function owner(c) {
  if (!c.assignee) return h('span', { class: 'row-owner none', title: t('assignee.none') }, '–');
  const mine = c.assignee.id === state.me?.id;
  return h('span', { class: `row-owner${mine ? ' me' : ''}`, title: c.assignee.name }, bdi(initials(c.assignee.name)));
}

/** initials are the first letters of the first and last name, in any script. */
export function initials(name) {
  const words = (name ?? '').trim().split(/\s+/).filter(Boolean);
  const first = (w) => [...w][0]?.toLocaleUpperCase() ?? '';
  return words.length > 1 ? `${first(words[0])}\u200C${first(words.at(-1))}` : first(words[0] ?? '?');
}
