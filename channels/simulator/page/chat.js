// A thread of messages: WhatsApp or SMS.
import { h, keepAtEnd, post, time } from './dom.js';
import { icon } from './icons.js';

const patience = 5000; // ms before an untaken message offers to be sent again

// ticks are the customer's own: one when sent, two when the gateway has it.
function ticks(m, redraw) {
  if (m.taken) return h('span.ticks', { title: 'The gateway has it' }, '✓✓');
  const age = Date.now() - new Date(m.at);
  if (age < patience) {
    setTimeout(redraw, patience - age + 50);
    return h('span.ticks', { title: 'Sent' }, '✓');
  }
  return h('button.again', { title: 'The gateway refused it or was away', onclick: () => post(`/play/messages/${m.sid}/redeliver`) }, 'not taken · deliver again');
}

// receipt is what the company is told about its message.
function receipt(m) {
  const mark = { sent: '✓', delivered: '✓✓', read: '✓✓' }[m.status];
  if (!mark) return h('span.lost', {}, `${m.status} ${m.error || ''}`);
  return h(`span.ticks${m.status === 'read' ? '.read' : ''}`, { title: 'The company sees this' }, `${mark} ${m.status}`);
}

function medium(m) {
  const src = `/play/media/${m.sid}`;
  if (m.content_type.startsWith('image/')) return h('img', { src, alt: m.name || 'picture' });
  return h('a.file', { href: src, target: '_blank' }, icon('clip'), m.name || m.content_type);
}

function bubble(m, redraw) {
  return h(`li.bubble${m.mine ? '.mine' : ''}${m.error ? '.failed' : ''}`, {},
    (m.media || []).map(medium),
    m.location && h('span.place', {}, icon('place'), h('bdi', {}, m.location.label || ''), h('bdi', {}, ` ${m.location.latitude}, ${m.location.longitude}`)),
    m.text && h('span.text', { dir: 'auto' }, m.text),
    h('small', {}, time(m.at), ' ', m.mine ? ticks(m, redraw) : receipt(m)));
}

const place = { latitude: 21.4225, longitude: 39.8262, label: 'Makkah' };

export function chat(box, whatsapp, company) {
  let person, messages = [], drawn = '';
  const list = h('ol.messages', { 'aria-live': 'polite', 'aria-label': 'Messages' });
  const samples = h('div.samples', { role: 'group', 'aria-label': 'One-click messages' });
  const text = h('textarea', { rows: 1, dir: 'auto', 'aria-label': 'Message', placeholder: 'Message' });
  const file = h('input', { type: 'file', hidden: true, onchange: attach });
  const form = h('form.compose', { onsubmit: (e) => { e.preventDefault(); submit(); } },
    whatsapp && h('button', { type: 'button', title: 'Send a file', 'aria-label': 'Send a file', onclick: () => file.click() }, icon('clip')),
    whatsapp && h('button', { type: 'button', title: 'Send where you are', 'aria-label': 'Send where you are', onclick: () => send({ location: place }) }, icon('place')),
    file, text, h('button.send', { type: 'submit', 'aria-label': 'Send', title: 'Send' }, icon('send')));
  const absent = h('p.absent', { hidden: true }, `This customer has no ${whatsapp ? 'WhatsApp' : 'telephone number'}.`);
  box.append(h('div.bar', {}, h('b', {}, 'Caravan Travel & Courier'), h('small', {}, company)), absent, list, samples, form);

  text.addEventListener('keydown', (e) => {
    if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) { e.preventDefault(); submit(); }
  });
  text.addEventListener('input', grow);
  function grow() {
    text.style.height = 'auto';
    text.style.height = `${Math.min(text.scrollHeight, 120)}px`;
  }

  function send(message) {
    list.scrollTop = list.scrollHeight;
    return post('/play/messages', { person: person.id, whatsapp, ...message });
  }
  async function submit() {
    const words = text.value.trim();
    if (!words) return;
    text.value = '';
    grow();
    if (!(await send({ text: words })) && !text.value) text.value = words;
  }
  async function attach() {
    const [f] = file.files;
    if (!f) return;
    const bytes = new Uint8Array(await f.arrayBuffer());
    let binary = '';
    for (let i = 0; i < bytes.length; i += 0x8000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
    file.value = '';
    send({ text: text.value.trim(), media: [{ name: f.name, content_type: f.type || 'application/octet-stream', content: btoa(binary) }] });
    text.value = '';
  }
  function draw(next) {
    messages = next;
    const now = JSON.stringify(next);
    if (now === drawn) return;
    drawn = now;
    keepAtEnd(list, () => list.replaceChildren(...(messages.length
      ? messages.map((m) => bubble(m, redraw))
      : [h('li.empty', {}, 'No messages yet. Pick one below, or write your own.')])));
  }
  function redraw() {
    drawn = '';
    draw(messages);
  }

  return {
    become(p) {
      person = p;
      drawn = '';
      const here = Boolean(whatsapp ? p.whatsapp : p.phone);
      absent.hidden = here;
      for (const el of [list, samples, form]) el.hidden = !here;
      text.lang = p.language;
      samples.replaceChildren(...p.samples.map((s) => h('button', { type: 'button', dir: 'auto', lang: p.language, title: s.text, onclick: () => send({ text: s.text }) }, s.title)));
      list.replaceChildren();
      requestAnimationFrame(() => { list.scrollTop = list.scrollHeight; });
    },
    draw,
  };
}
