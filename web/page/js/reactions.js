// Reactions stand on the message they belong to, not in a line of their own. Pure.

/**
 * folded is a list of messages, oldest first, without the reactions to one of them; these stand as `signs`,
 * [{sign, name}], on that message: the latest of each author, and none that was taken back.
 */
export function folded(list) {
  const signs = new Map(list.map((m) => [m.id, new Map()]));
  for (const m of list) {
    const on = signs.get(m.reaction_to);
    if (!on) continue;
    on.delete(m.author?.id);
    if (m.text) on.set(m.author?.id, { sign: m.text, name: m.author?.name ?? '' });
  }
  return list.filter((m) => !signs.has(m.reaction_to))
    .map((m) => (signs.get(m.id).size > 0 ? { ...m, signs: [...signs.get(m.id).values()] } : m));
}
