// The officers' API: requests, problems (RFC 9457), and how a problem reads to an officer.

import { emit, recall, remember } from './state.js';
import { has, label, t } from './i18n.js';

let csrf = recall('csrf') ?? '';

/** keepToken keeps the CSRF token that sign-in (or /v1/me) told us. */
export function keepToken(token) {
  if (token === undefined || token === null) return;
  csrf = token;
  remember('csrf', token);
}

/** Problem is any answer that is not 2xx; status 0 means that no answer came. */
export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail || body?.title || `HTTP ${status}`);
    this.status = status;
    this.body = body ?? {};
  }

  /** is tells the problem's kind by the last part of its type. */
  is(name) { return String(this.body.type ?? '').split(/[/:#]/).pop() === name; }
}

const kinds = { 0: 'offline', 401: 'unauthorized', 403: 'forbidden', 404: 'not-found', 409: 'stale', 413: 'too-large', 422: 'invalid', 429: 'too-many-requests' };

/** explain says a problem in the officer's language where we know its kind, else in the server's words. */
export function explain(problem) {
  if (!(problem instanceof Problem)) return String(problem?.message ?? problem);
  const named = String(problem.body.type ?? '').split(/[/:#]/).pop();
  const kind = has(`problem.${named}`) ? named : kinds[problem.status] ?? (problem.status >= 500 ? 'unavailable' : '');
  const faults = (problem.body.errors ?? []).map(fault).filter(Boolean);
  if (kind === 'invalid') return `${t('problem.invalid')}: ${faults.join('; ') || problem.message}`;
  return kind ? t(`problem.${kind}`) : problem.body.detail || problem.body.title || t('problem.other', { status: problem.status });
}

/** fault says what is wrong at one place, such as body.variables.awb. */
function fault({ location = '', message = '' }) {
  const what = location.split('.').slice(1).pop() ?? '';
  const name = what && label(location.includes('.variables.') ? 'variable' : 'field', what);
  return name && /missing|required|empty/.test(message) && message.length < 24 ? t('fault.missing', { what: name }) : [name, message].filter(Boolean).join(' ');
}

/** newKey names one attempt to do one thing; repeating it under the same key does it once. */
export function newKey() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  return [...b].map((x) => x.toString(16).padStart(2, '0')).join('');
}

/**
 * request calls the API. query: object, empty values left out; json or form: the
 * body; version: sent as If-Match; key: Idempotency-Key, made anew for a POST
 * without one. Answers the parsed body; throws Problem.
 */
export async function request(method, path, { query, json, form, version, key, signal } = {}) {
  const headers = { Accept: 'application/json' };
  if (json !== undefined) headers['Content-Type'] = 'application/json';
  if (method !== 'GET' && csrf) headers['X-CSRF-Token'] = csrf;
  if (method === 'POST') headers['Idempotency-Key'] = key ?? newKey();
  if (version !== undefined) headers['If-Match'] = `"${version}"`;
  const search = new URLSearchParams(Object.entries(query ?? {}).filter(([, v]) => v !== undefined && v !== null && v !== ''));
  const url = search.size ? `${path}?${search}` : path;
  let answer;
  try {
    answer = await fetch(url, { method, headers, body: form ?? (json === undefined ? undefined : JSON.stringify(json)), signal });
  } catch (cause) {
    if (cause.name === 'AbortError') throw cause;
    throw new Problem(0, { type: 'offline' });
  }
  const body = await readBody(answer);
  if (answer.ok) return body;
  if (answer.status === 401 && path !== '/v1/session') emit('signed-out');
  throw new Problem(answer.status, body);
}

async function readBody(answer) {
  if (!/json/.test(answer.headers.get('Content-Type') ?? '')) return null;
  try { return await answer.json(); } catch { return null; }
}

export const get = (path, query, more) => request('GET', path, { query, ...more });
export const post = (path, json, more) => request('POST', path, { json, ...more });
export const patch = (path, json, more) => request('PATCH', path, { json, ...more });
export const remove = (path, more) => request('DELETE', path, more);

/** pages walks a list from cursor to its end, 200 at a time, handing each page to fn with the cursor it came from. */
export async function pages(path, cursor, fn) {
  do {
    const page = await get(path, { limit: 200, cursor });
    fn(page.items ?? [], cursor);
    cursor = page.next_cursor;
  } while (cursor);
}
