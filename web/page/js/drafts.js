// What an officer has begun to write, conversation by conversation. It outlives a
// reload of the tab and ends with it, as unsent words are nobody else's business.

let drafts = {};
try { drafts = JSON.parse(sessionStorage.getItem('caravan.drafts') ?? '{}'); } catch { /* storage off or spoilt: begin empty */ }

/** draft is {mode, text, channel, files, key} of a conversation, made when first asked for. */
export function draft(id) {
  return (drafts[id] ??= { mode: 'reply', text: '', channel: '', files: [], key: '' });
}

export function keepDraft() {
  const worth = Object.entries(drafts).filter(([, d]) => d.text || d.files.length)
    .map(([id, d]) => [id, { ...d, files: d.files.filter((f) => f.id) }]);
  try { sessionStorage.setItem('caravan.drafts', JSON.stringify(Object.fromEntries(worth))); } catch { /* full or off */ }
}

/** drop forgets a draft that was sent. */
export function drop(id) {
  delete drafts[id];
  keepDraft();
}

/** forget drops all of them when the officer signs out. */
export function forget() {
  drafts = {};
  keepDraft();
}
