// The telephone: dial the company, hear what it says as text, press keys, speak by
// typing, and meet incoming calls.
import { dirOf, h, keepAtEnd, post, time } from './dom.js';
import { icon } from './icons.js';

const keys = [['1', ''], ['2', 'ABC'], ['3', 'DEF'], ['4', 'GHI'], ['5', 'JKL'], ['6', 'MNO'], ['7', 'PQRS'], ['8', 'TUV'], ['9', 'WXYZ'], ['*', ''], ['0', '+'], ['#', '']];

const hints = {
  ringing: 'It rings…',
  gather: 'It waits for a key.',
  record: 'After the tone: type what you would say.',
  dial: 'Calling somebody for you…',
  bridged: 'You are connected. Type what you would say.',
  queue: 'You are waiting for an officer.',
  conference: 'You are in a conference. Type what you would say.',
};

function line(l) {
  const cls = { company: '', customer: '.mine', other: '', event: '.event' }[l.who];
  return h(`li.bubble.spoken${cls}`, { lang: l.language }, h('span.text', { dir: l.who === 'event' ? 'ltr' : dirOf(l.language) }, l.text));
}

function step(s) {
  const said = Object.entries(s.said || {}).map(([k, v]) => `${k}=${v}`).join(' ');
  return h('li', {}, h('details', {}, h('summary', {}, `${time(s.at)} ${s.path.split('?')[0].replace(/^.*\/voice/, '/voice')} ${said}`),
    (s.faults || []).map((f) => h('p.fault', {}, f)), h('pre', { dir: 'ltr' }, h('code', {}, s.twiml))));
}

const past = { completed: '✔', busy: 'declined', 'no-answer': 'missed', canceled: 'missed', failed: 'failed' };

function logged(c) {
  const out = c.direction === 'inbound';
  const missed = !out && c.status !== 'completed';
  return h(`li${missed ? '.missed' : ''}`, {}, h('span', {}, out ? '↗ you called the company' : '↙ the company called'), h('small', {}, `${past[c.status] || c.status} · ${time(c.created)}`));
}

export function telephone(box, company) {
  let person, call = null, calls = [], drawn = '', since;
  const screen = h('div.screen');
  box.append(screen);

  const act = (action, body) => post(`/play/calls/${call.sid}/${action}`, body);
  const dial = () => post('/play/calls', { person: person.id });
  const press = (key) => { if (call?.wait === 'gather' || call?.wait === 'record') act('press', { keys: key }); };

  document.addEventListener('keydown', (e) => {
    if (!call || !box.offsetParent || e.ctrlKey || e.metaKey || e.altKey) return;
    if (/^(input|textarea|select)$/i.test(e.target.tagName)) return;
    if (/^[0-9*#]$/.test(e.key)) press(e.key);
  });
  setInterval(() => {
    const t = box.querySelector('.timer');
    if (!t || !since) return;
    const s = Math.max(0, Math.floor((Date.now() - since) / 1000));
    t.textContent = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
  }, 500);

  const pad = (live) => h('div.pad', { role: 'group', 'aria-label': 'Keypad' },
    keys.map(([k, letters]) => h('button', { type: 'button', disabled: !live, onclick: () => press(k) }, h('b', {}, k), h('small', { 'aria-hidden': 'true' }, letters))));

  function idle() {
    if (!person.phone) return [h('p.absent', {}, 'This customer has no telephone number.')];
    return [
      h('div.bar', {}, h('b', {}, 'Phone'), h('small', {}, person.phone)),
      h('div.dial', {}, h('p', {}, 'Caravan Travel & Courier', h('br'), h('small', {}, company)), h('button.green', { onclick: dial }, icon('phone'), ' Call the company')),
      h('ol.log', { 'aria-label': 'Past calls' }, calls.length ? calls.map(logged) : h('li.empty', {}, 'No calls yet.')),
    ];
  }

  function ringing() {
    return [h('div.incoming', { role: 'alertdialog', 'aria-label': 'Incoming call' },
      h('div.pulse', { 'aria-hidden': 'true' }, icon('phone')), h('b', {}, 'Caravan Travel & Courier'), h('small', {}, `calls from ${call.from}`),
      h('div.choices', {},
        h('button.green', { onclick: () => act('answer') }, 'Answer'),
        h('button.red', { onclick: () => act('decline') }, 'Decline'),
        h('button', { onclick: () => act('voicemail') }, 'Voicemail'),
        h('button', { onclick: () => act('let-ring') }, 'Let it ring')))];
  }

  function talking() {
    const speaks = ['record', 'bridged', 'conference'].includes(call.wait) || call.speech;
    const keyed = call.wait === 'gather' || call.wait === 'record';
    const words = h('textarea', { rows: 2, dir: 'auto', lang: person.language, 'aria-label': 'What you say', placeholder: call.wait === 'record' ? 'Your recorded message…' : 'What you say…' });
    const say = (action) => { if (words.value.trim()) act(action, { text: words.value.trim() }); };
    words.addEventListener('keydown', (e) => {
      if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) { e.preventDefault(); say('speak'); }
    });
    return [
      h('div.bar', {}, h('b', {}, 'Caravan Travel & Courier'), h('small.timer', {}, '0:00')),
      h('ol.messages.transcript', { 'aria-live': 'polite', 'aria-label': 'What is said' }, call.lines.map(line)),
      (call.steps || []).length > 0 && h('details.steps', {}, h('summary', {}, `What the gateway served: ${call.steps.length} ${call.steps.length === 1 ? 'document' : 'documents'}`), h('ol', {}, call.steps.map(step))),
      h('p.hint', {}, `${hints[call.wait] || '…'}${call.keys ? ` Pressed: ${call.keys}` : ''}`),
      speaks && h('div.say', {}, words,
        h('div', {}, h('button', { onclick: () => say('speak') }, call.wait === 'record' ? 'Record, then #' : 'Say'),
          call.wait === 'record' && h('button', { onclick: () => say('speak-and-hang-up') }, 'Record, hang up'))),
      keyed && !(call.wait === 'record') && pad(true),
      h('div.choices', {},
        keyed && h('button', { onclick: () => act('silence') }, 'Say nothing'),
        h('button.red', { onclick: () => act('hang-up') }, 'Hang up')),
    ];
  }

  function redraw() {
    const now = JSON.stringify([person?.id, call, calls]);
    if (now === drawn) return;
    const sameWait = screen.dataset.wait === `${call?.sid}/${call?.wait}`;
    const typed = sameWait ? screen.querySelector('textarea')?.value : '';
    const focused = document.activeElement?.tagName === 'TEXTAREA' && screen.contains(document.activeElement);
    drawn = now;
    screen.dataset.wait = `${call?.sid}/${call?.wait}`;
    since = call?.answered ? new Date(call.answered) : null;
    screen.replaceChildren(...(call ? (call.wait === 'ringing' ? ringing() : talking()) : idle()).filter(Boolean));
    const words = screen.querySelector('textarea');
    if (words && typed) words.value = typed;
    if (words && (focused || !sameWait) && box.offsetParent) words.focus();
    const lines = screen.querySelector('.transcript');
    if (lines) keepAtEnd(lines, () => { lines.scrollTop = lines.scrollHeight; });
    if (call?.wait === 'ringing' && !sameWait) screen.querySelector('button')?.focus();
  }

  return {
    become(p) { person = p; call = null; calls = []; drawn = ''; redraw(); },
    draw(live, ended) { call = live; calls = ended; redraw(); },
  };
}
