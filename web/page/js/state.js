// What the page knows, and how its parts hear of each other. Parts read `state`,
// change it through the module that owns the field, and then emit.

export const state = {
  me: null,          // the signed-in officer
  officers: [],      // for the assignee list; just me where the role may not list them
  desks: [],         // [{name, categories}]
  view: 'mine',      // see views.js
  sort: 'due',
  query: '',         // search words, for the view "search"
  rows: [],          // list.js
  open: null,        // open.js: {id, conversation, messages, …}
  live: 'connecting' // live.js: connecting | on | off
};

const bus = new EventTarget();

/** on calls fn with each emitted detail; the returned function stops it. */
export function on(name, fn) {
  const listener = (e) => fn(e.detail);
  bus.addEventListener(name, listener);
  return () => bus.removeEventListener(name, listener);
}

export const emit = (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail }));

/** remember and recall keep a small preference on this machine; storage may be switched off. */
export function remember(key, value) {
  try { localStorage.setItem(`caravan.${key}`, value); } catch { /* private window: lasts as long as the page */ }
}

export function recall(key) {
  try { return localStorage.getItem(`caravan.${key}`); } catch { return null; }
}

/** soon gathers calls: fn runs wait ms after the first, one run at a time, with rest ms between two runs. */
export function soon(fn, wait, rest = wait) {
  let timer = 0, running = false, again = false, ended = -Infinity;
  const run = async () => {
    timer = 0;
    running = true;
    try { await fn(); } finally {
      running = false;
      ended = performance.now();
      if (again) { again = false; call(); }
    }
  };
  const call = () => {
    if (running) again = true;
    else timer ||= setTimeout(run, Math.max(wait, ended + rest - performance.now()));
  };
  return call;
}
