// Search: GET /v1/search finds conversations and messages; the list shows conversations,
// each once, with the words that were found.

import { get } from './api.js';

/** search answers as a list of conversations, best first. */
export async function search(q) {
  const found = await get('/v1/search', { q, limit: 50 }).catch((problem) => {
    if (problem.status !== 404) throw problem;
    return get('/v1/conversations', { reference: q.replace(/\s/g, ''), limit: 50 }); // a gateway without search still knows references
  });
  const hits = found.items ?? [...(found.conversations ?? []), ...(found.messages ?? [])];
  const rows = new Map();
  for (const hit of hits) {
    const whole = hit.number !== undefined ? hit : typeof hit.conversation === 'object' ? hit.conversation : null;
    const id = whole?.id ?? hit.conversation ?? hit.message?.conversation;
    const snippet = hit.snippet ?? hit.message?.text ?? (whole === hit ? undefined : hit.text);
    if (!id) continue;
    const had = rows.get(id);
    rows.set(id, { id, whole: whole ?? had?.whole ?? null, snippet: had?.snippet ?? snippet });
  }
  const items = await Promise.all([...rows.values()].map(async ({ id, whole, snippet }) => {
    const c = whole ?? await get(`/v1/conversations/${encodeURIComponent(id)}`).catch(() => null);
    return c && { ...c, snippet };
  }));
  return { items: items.filter(Boolean), next_cursor: null };
}
