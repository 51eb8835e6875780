// The live feed: GET /v1/events, Server-Sent Events read with fetch. The browser's
// own EventSource would hide what we need: the answer's status (401, 503), comments
// (the server's heartbeat, by which a dead line is noticed), events of a name we do
// not know, and Last-Event-ID after a refusal.

import { emit, state } from './state.js';

const SILENCE = 45e3;                 // ms without even a heartbeat: the line is dead
const WAITS = [500, 1e3, 2e3, 5e3, 10e3]; // ms before the next try
let stopper = null;

/** follow keeps the feed open until stop. Emits "event" for each, and "live" as the state changes. */
export async function follow() {
  stop();
  const own = (stopper = new AbortController());
  let last = '', tries = 0;
  while (!own.signal.aborted) {
    try {
      await once(own, last, (id) => { last = id; }, () => {
        if (tries > 0 || state.live === 'off') emit('resumed');
        tries = 0;
        say('on');
      });
    } catch (cause) {
      if (own.signal.aborted) return;
      if (cause.status === 401) { emit('signed-out'); return; }
    }
    if (own.signal.aborted) return;
    say('off');
    await pause(WAITS[Math.min(tries++, WAITS.length - 1)], own.signal);
  }
}

export function stop() {
  stopper?.abort();
  stopper = null;
}

function say(live) {
  if (state.live === live) return;
  state.live = live;
  emit('live');
}

/** once reads one connection to its end. */
async function once(own, last, keep, opened) {
  const line = new AbortController();
  const end = () => line.abort();
  own.signal.addEventListener('abort', end);
  let dog = setTimeout(end, SILENCE);
  try {
    const headers = { Accept: 'text/event-stream', ...(last && { 'Last-Event-ID': last }) };
    const answer = await fetch('/v1/events', { headers, signal: line.signal, cache: 'no-store' });
    if (!answer.ok) throw Object.assign(new Error('feed refused'), { status: answer.status });
    opened();
    const read = parser((event) => {
      if (event.id !== undefined) keep(event.id);
      if (event.name === 'reset') emit('resumed'); // our place in the feed is lost: read everything again
      else if (event.data !== null) emit('event', event);
    });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      clearTimeout(dog);
      dog = setTimeout(end, SILENCE);
      read(part.value);
    }
  } finally {
    clearTimeout(dog);
    own.signal.removeEventListener('abort', end);
  }
}

/** pause waits, or less if the network comes back or the officer looks at the page again. */
function pause(ms, signal) {
  return new Promise((done) => {
    const over = () => {
      clearTimeout(timer);
      removeEventListener('online', over);
      document.removeEventListener('visibilitychange', over);
      signal.removeEventListener('abort', over);
      done();
    };
    const timer = setTimeout(over, ms);
    addEventListener('online', over);
    document.addEventListener('visibilitychange', over);
    signal.addEventListener('abort', over);
  });
}

/**
 * parser reads a text/event-stream in pieces cut anywhere (HTML Standard, 9.2.6)
 * and hands on {id, name, data}, with data parsed where it is JSON.
 */
export function parser(hand) {
  let rest = '', event = {};
  return (piece) => {
    rest += piece;
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === '') {
        if (event.data !== undefined || event.id !== undefined) hand({ id: event.id, name: event.event ?? 'message', data: event.data === undefined ? null : parsed(event.data) });
        event = {};
        continue;
      }
      const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
      if (field === 'data') event.data = event.data === undefined ? value : `${event.data}\n${value}`;
      else if (field === 'id' || field === 'event') event[field] = value;
    }
  };
}

function parsed(text) {
  try { return JSON.parse(text); } catch { return text; }
}

/** about tells which conversation an event is about, whichever way it says so; '' if none. */
export function about(data) {
  const c = data?.conversation ?? data?.conversation_id ?? data?.message?.conversation;
  return (typeof c === 'object' ? c?.id : c) ?? '';
}
