// Small words for building the page, and for talking to the simulator.

// h makes an element: h('p.note', {dir: 'auto'}, 'text', child, …). Properties that
// start with "on" are listeners; false, null and undefined are left out.
export function h(spec, props = {}, ...children) {
  const [tag, ...classes] = spec.split('.');
  const el = document.createElement(tag || 'div');
  if (classes.length) el.className = classes.join(' ');
  for (const [k, v] of Object.entries(props)) {
    if (k.startsWith('on')) el.addEventListener(k.slice(2), v);
    else if (v === true) el.setAttribute(k, '');
    else if (v !== false && v != null) el.setAttribute(k, v);
  }
  el.append(...children.flat().filter((c) => c != null && c !== false));
  return el;
}

export const $ = (selector) => document.querySelector(selector);

let hide;
export function toast(text) {
  const box = $('#toast');
  box.textContent = text;
  box.hidden = false;
  clearTimeout(hide);
  hide = setTimeout(() => { box.hidden = true; }, 6000);
}

// post acts as a customer; a refusal is shown and answered with null.
export async function post(path, body = {}) {
  try {
    const res = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    const doc = await res.json();
    if (!res.ok) throw new Error(doc.error || res.statusText);
    return doc;
  } catch (err) {
    toast(`That did not work: ${err.message}`);
    return null;
  }
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
export const time = (iso) => clock.format(new Date(iso));

// rtl tells the direction of a language tag, for speech that names its language.
export const dirOf = (language) => (/^(ar|arb|fa|ur|he)\b/i.test(language || '') ? 'rtl' : language ? 'ltr' : 'auto');

// keepAtEnd redraws a scrolling box and stays at its end if it was there.
export function keepAtEnd(box, draw) {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  draw();
  if (atEnd) box.scrollTop = box.scrollHeight;
}
