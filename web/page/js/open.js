// The open conversation: what is loaded of it, how it is kept fresh, how it is changed.

import { get, patch, pages, post, Problem } from './api.js';
import { emit, on, soon, state } from './state.js';
import { about } from './live.js';
import { askWhy } from './why.js';

const path = (id, rest = '') => `/v1/conversations/${encodeURIComponent(id)}${rest}`;
const rank = { received: 0, queued: 1, sending: 2, uncertain: 3, sent: 4, delivered: 5, read: 6, failed: 7, canceled: 8 };

/** open loads a conversation and its messages; the officer may have moved on before they come. */
export async function open(id) {
  if (state.open?.id === id) return;
  const it = { id, conversation: state.rows.find((r) => r.id === id) ?? null, messages: new Map(), loaded: false, unread: 0, problem: null };
  state.open = it;
  emit('open');
  await load(it);
}

/** close leaves nothing open. */
export function close() {
  state.open = null;
  emit('open');
}

async function load(it) {
  try {
    const [conversation] = await Promise.all([get(path(it.id)), loadMessages(it)]);
    it.conversation = conversation;
    it.unread = conversation.unread ?? 0;
    it.problem = null;
    it.loaded = true;
  } catch (problem) {
    it.problem = problem;
  }
  if (state.open !== it) return;
  emit('open-loaded');
}

export const retry = () => state.open && load(state.open);

async function loadMessages(it) {
  await pages(path(it.id, '/messages'), it.cursor, (items, cursor) => {
    it.cursor = cursor; // where the last page begins, so that a refresh reads only that one
    items.forEach((m) => keep(it, m));
  });
}

/** keep takes a message in; an answer that was slow on the way never turns a tick back. */
function keep(it, message) {
  const had = it.messages.get(message.id);
  if (had && (rank[message.status] ?? 0) < (rank[had.status] ?? 0)) return;
  it.messages.set(message.id, message);
}

/** messages in the order they were written. */
export const messages = (it) => [...it.messages.values()]
  .sort((a, b) => new Date(a.created_at) - new Date(b.created_at) || a.id.localeCompare(b.id, 'en', { numeric: true }));

/** refresh reads the conversation and its newest messages again. */
export async function refresh() {
  const it = state.open;
  if (!it?.loaded) return;
  try {
    const [conversation] = await Promise.all([get(path(it.id)), loadMessages(it)]);
    take(it, conversation);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem; // a problem here shows in the live state, and passes
  }
  if (state.open === it) emit('open-changed');
}

function take(it, conversation) {
  if ((conversation?.version ?? -1) >= (it.conversation?.version ?? 0)) it.conversation = conversation;
}

const refreshSoon = soon(refresh, 60);
on('event', ({ data }) => { if (state.open && about(data) === state.open.id) refreshSoon(); });
on('resumed', refreshSoon);

const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/**
 * change patches the open conversation. When somebody else changed it meanwhile, the
 * change is made again on the fresh state, unless it touches what they changed.
 */
export async function change(fields) {
  const it = state.open;
  let base = it.conversation;
  for (let again = 0; ; again++) {
    try {
      const fresh = await patch(path(it.id), fields, { version: base.version });
      take(it, fresh?.id ? fresh : await get(path(it.id)));
      break;
    } catch (problem) {
      if (problem.is?.('promised') && !fields.why) {
        const why = await askWhy();
        if (!why) throw problem;
        fields = { ...fields, why };
        continue;
      }
      if (problem.status !== 409 || again === 3) throw problem;
      const fresh = await get(path(it.id));
      take(it, fresh);
      emit('open-changed');
      if (Object.keys(fields).some((k) => !same(base[k], fresh[k]))) throw problem;
      base = fresh;
    }
  }
  emit('open-changed');
  emit('touched', it.id);
}

/** seen tells that the conversation's own officer has its newest messages before his eyes. */
export async function seen() {
  const it = state.open;
  if (document.hidden || !it?.conversation?.unread || it.conversation.assignee?.id !== state.me?.id) return;
  it.unread = 0;
  await change({ read: true }).catch(() => null); // the badge stays until the next look
}

/** send posts a message. The version is the one whose messages the officer has before his eyes. */
export async function send(it, body, key) {
  const message = await post(path(it.id, '/messages'), body, { key, version: it.conversation.version });
  if (message?.id) keep(it, message);
  if (state.open === it) {
    emit('open-changed');
    refreshSoon();
  }
  emit('touched', it.id);
}

export const history = (id) => get(path(id, '/history'), { limit: 200 });
export const undo = (event) => post(`/v1/undo/${encodeURIComponent(event)}`, {});
export const promise = (id, wish) => post(path(id, '/callbacks'), wish);
