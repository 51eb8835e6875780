// Times, lengths and counts as officers read them. Pure: the time is a parameter.

import { t, locale } from './i18n.js';

const MIN = 60e3, HOUR = 60 * MIN, DAY = 24 * HOUR;
const formats = new Map();

function dated(name, at, how) {
  const key = `${locale()} ${name}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale(), how));
  return formats.get(key).format(new Date(at));
}

export const clockTime = (at) => dated('time', at, { hour: '2-digit', minute: '2-digit', hour12: false });
export const fullTime = (at) => dated('full', at, { dateStyle: 'medium', timeStyle: 'short', hour12: false });
const sameDay = (a, b) => new Date(a).toDateString() === new Date(b).toDateString();

/** when is short: the time today, the weekday this week, else the date. */
export function when(at, now) {
  if (!at) return '';
  if (sameDay(at, now)) return clockTime(at);
  if (Math.abs(now - new Date(at)) < 6 * DAY) return dated('weekday', at, { weekday: 'short', hour: '2-digit', minute: '2-digit', hour12: false });
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return sameYear ? dated('day', at, { day: 'numeric', month: 'short' }) : dated('date', at, { day: 'numeric', month: 'short', year: 'numeric' });
}

/** day names the day a message stands under. */
export function day(at, now) {
  if (sameDay(at, now)) return t('day.today');
  if (sameDay(at, now - DAY)) return t('day.yesterday');
  return dated('longday', at, { weekday: 'long', day: 'numeric', month: 'long' });
}

/** span says a length of time (ms) in its two greatest units; the last ten minutes tick. */
export function span(ms) {
  const a = Math.abs(ms);
  if (a < 10 * MIN) return `${Math.floor(a / MIN)}:${String(Math.floor(a / 1000) % 60).padStart(2, '0')}`;
  if (a < HOUR) return t('span.m', { m: Math.floor(a / MIN) });
  if (a < 10 * HOUR) return t('span.hm', { h: Math.floor(a / HOUR), m: Math.floor(a / MIN) % 60 });
  if (a < 2 * DAY) return t('span.h', { h: Math.floor(a / HOUR) });
  return t('span.d', { d: Math.floor(a / DAY) });
}

/** countdown says how a due time stands: the text and how pressing it is (late, soon, calm). */
export function countdown(due, now) {
  const left = new Date(due) - now;
  if (left < 0) return { text: t('clock.late', { span: span(left) }), mood: 'late' };
  return { text: t('clock.left', { span: span(left) }), mood: left < 30 * MIN ? 'soon' : 'calm' };
}

/** nextClock is the one to watch: the earliest that runs or has been missed. */
export function nextClock(clocks) {
  return (clocks ?? []).filter((c) => c.state === 'running' || c.state === 'breached')
    .sort((a, b) => new Date(a.due_at) - new Date(b.due_at))[0] ?? null;
}

/** size says bytes. */
export function size(bytes) {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  let n = bytes ?? 0, u = 0;
  while (n >= 1000 && u < units.length - 1) { n /= 1000; u++; }
  return new Intl.NumberFormat(locale(), { style: 'unit', unit: units[u], unitDisplay: 'short', maximumFractionDigits: n < 10 && u > 0 ? 1 : 0 }).format(n);
}

// GSM 03.38 basic set; the extension's characters take two places (3GPP TS 23.038).
const GSM = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/;

/** segments counts what a text costs as SMS: {characters, segments, unicode}. */
export function segments(text) {
  const unicode = !GSM.test(text);
  const length = unicode ? text.length : text.length + (text.match(/[\^{}\\[~\]|€]/g)?.length ?? 0);
  const [one, many] = unicode ? [70, 67] : [160, 153];
  return { characters: length, segments: length === 0 ? 0 : length <= one ? 1 : Math.ceil(length / many), unicode };
}

/** called is the customer's name; who has told none is known by his first address. */
export const called = (contact) => contact?.name || contact?.handles?.find((x) => x.value)?.value || t('contact.unnamed');
