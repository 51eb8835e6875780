// Search: GET /v1/search finds conversations by their messages, names and references; the
// list shows each with the words that were found.

import { get } from './api.js';

/** search answers a page as the list's own: conversations, each with the message that says it. */
export async function search(q, of) {
  const { items, next_cursor } = await get('/v1/search', { q, ...of });
  return { items: items.map(({ conversation, messages }) => ({ ...conversation, snippet: excerpt(messages[0]?.text, q) })), next_cursor };
}

/** excerpt begins a long text shortly before the first of the words looked for, where one stands there as it was written. */
export function excerpt(text, q) {
  if (!text) return undefined;
  const low = text.toLowerCase();
  const at = Math.min(...q.toLowerCase().split(/\s+/).map((w) => low.indexOf(w)).filter((i) => i >= 0), text.length);
  if (at < 30 || at === text.length) return text;
  const from = text.lastIndexOf(' ', at - 15) + 1;
  return `…${text.slice(from)}`;
}
