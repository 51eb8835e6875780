// Small tools for building the page: elements, icons, isolated text, keyed lists.
// Nothing here ever parses HTML, so a customer's words stay words.

import { pieces } from './bidi.js';

const SVG = 'http://www.w3.org/2000/svg';

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/**
 * h makes an element. Attributes: `class`, `dataset` (object), `on…` listeners,
 * true/false for bare attributes, null/undefined to leave out; everything else
 * is set as an attribute. Children may be nested arrays, strings or nothing.
 */
export function h(tag, attrs, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) el.addEventListener(name.slice(2), value);
    else if (name === 'dataset') Object.assign(el.dataset, value);
    else if (name === 'value') el.value = value;
    else el.setAttribute(name, value === true ? '' : value);
  }
  el.append(...children.flat(3).filter((c) => c !== null && c !== undefined && c !== false && c !== ''));
  return el;
}

/** icon draws a symbol of icons.svg; with a label it speaks, without it is decoration. */
export function icon(name, label) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', `icon icon-${name}`);
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `/icons.svg#${name}`);
  svg.append(use);
  if (!label) {
    svg.setAttribute('aria-hidden', 'true');
    return svg;
  }
  const title = document.createElementNS(SVG, 'title');
  title.textContent = label;
  svg.setAttribute('role', 'img');
  svg.prepend(title);
  return svg;
}

/** bdi keeps a name from turning the line around it. */
export const bdi = (text, attrs) => h('bdi', attrs, text);

/** code keeps a number, phone or reference in its own left-to-right order. */
export const code = (text) => h('bdi', { dir: 'ltr', class: 'code' }, text);

/**
 * keyed makes parent's children follow items, reusing, moving and dropping
 * elements by key, without losing the focus or what the officer was looking at.
 */
export function keyed(parent, items, keyOf, make, update) {
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  const old = new Map([...parent.children].map((el) => [el.dataset.key, el]));
  const wanted = new Set(items.map(keyOf));
  for (const [key, el] of old) if (!wanted.has(key)) el.remove();
  let at = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let el = old.get(key);
    if (el) update?.(el, item);
    else {
      el = make(item);
      el.dataset.key = key;
    }
    if (el === at) at = at.nextElementSibling;
    else parent.insertBefore(el, at);
  }
  if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
}

/** holdPlace runs change and then scrolls so that what was at the top of the box still is. */
export function holdPlace(box, change) {
  const top = box.getBoundingClientRect().top;
  const anchor = box.scrollTop > 4 && $$('[data-key]', box).find((el) => el.getBoundingClientRect().bottom > top + 1);
  const before = anchor && anchor.getBoundingClientRect().top;
  change();
  if (anchor?.isConnected) box.scrollTop += anchor.getBoundingClientRect().top - before;
}

/** options fills a select with [value, label] pairs and keeps the choice. */
export function options(select, pairs, value) {
  if (value !== null && value !== undefined && value !== '' && !pairs.some(([v]) => v === value)) {
    pairs = [...pairs, [value, value]];
  }
  select.replaceChildren(...pairs.map(([v, label]) => h('option', { value: v }, label)));
  select.value = value ?? '';
  return select;
}

/**
 * words shows plain text: numbers in their own order and, where it is wanted, web
 * addresses as links that tell nothing to the other side.
 */
export function words(text, { links = false } = {}) {
  return pieces(text).map((p) => {
    if (p.kind === 'number') return h('bdo', { dir: 'ltr' }, p.text);
    if (p.kind === 'link' && links) return h('a', { href: p.text, target: '_blank', rel: 'noopener noreferrer nofollow', dir: 'ltr' }, p.text);
    return p.kind === 'link' ? h('bdi', { dir: 'ltr' }, p.text) : p.text;
  });
}
