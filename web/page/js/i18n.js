// The page's own words in three languages. A dictionary maps a key to a text with
// {places}, or to plural forms by CLDR category. Numbers are shown in Latin digits
// and dates in the Gregorian calendar everywhere, as the references beside them are.

import en from './lang/en.js';
import ar from './lang/ar.js';
import ms from './lang/ms.js';

export const languages = { en: 'English', ar: 'العربية', ms: 'Bahasa Melayu' };
export const dictionaries = { en, ar, ms };
const locales = { en: 'en-GB', ar: 'ar-u-ca-gregory-nu-latn', ms: 'ms-MY' };

let current = 'en';

export const language = () => current;
export const locale = () => locales[current];
export const direction = () => (current === 'ar' ? 'rtl' : 'ltr');
export const has = (key) => key in dictionaries[current] || key in en;

/** use switches the language; unknown ones fall to English. */
export function use(name) {
  current = name in dictionaries ? name : 'en';
}

/** preferred picks the first of the browser's languages that we speak. */
export function preferred(wanted) {
  return wanted.map((l) => l.toLowerCase().split('-')[0]).find((l) => l in dictionaries) ?? 'en';
}

/** t says key in the officer's language; a plural form is chosen by values.n. */
export function t(key, values = {}) {
  let text = dictionaries[current][key] ?? en[key] ?? key;
  if (typeof text === 'object') text = text[new Intl.PluralRules(current).select(values.n ?? 0)] ?? text.other;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** label says a word of the API (a status, a category), or shows it readably where we have no word for it. */
export function label(group, word) {
  if (!word) return '';
  const key = `${group}.${word}`;
  return has(key) ? t(key) : String(word).replaceAll('_', ' ');
}

/** deskName is our word for a built-in desk, or what the desk calls itself. */
export const deskName = ({ name, title }) => (has(`desk.${name}`) ? t(`desk.${name}`) : title || label('desk', name));

/** translate puts words into elements marked data-t, data-t-label, data-t-hint and data-t-title. */
export function translate(root) {
  for (const el of root.querySelectorAll('[data-t]')) el.textContent = t(el.dataset.t);
  for (const el of root.querySelectorAll('[data-t-label]')) el.setAttribute('aria-label', t(el.dataset.tLabel));
  for (const el of root.querySelectorAll('[data-t-hint]')) el.setAttribute('placeholder', t(el.dataset.tHint));
  for (const el of root.querySelectorAll('[data-t-title]')) el.setAttribute('title', t(el.dataset.tTitle));
}
