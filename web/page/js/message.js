// One message as the thread shows it: a bubble by direction, a note, a call, or a line of the system's.

import { lean } from './bidi.js';
import { bdi, code, h, icon, words } from './dom.js';
import { clockTime, fullTime, size } from './format.js';
import { label, t } from './i18n.js';

/** bubble draws a message. `led` is true where the same author went before it. */
export function bubble(m, led) {
  const li = h('li', {});
  repaint(li, m, led);
  return li;
}

/** repaint draws it anew if it has changed, and leaves an opened original alone. */
export function repaint(li, m, led) {
  const print = JSON.stringify([m, led]);
  if (li.dataset.print === print) return;
  const original = li.querySelector('iframe');
  if (original && li.dataset.words === m.text) {
    li.querySelector('.meta')?.replaceWith(meta(m));
    return;
  }
  li.dataset.print = print;
  li.dataset.words = m.text ?? '';
  li.className = `message ${kind(m)}${led ? ' led' : ''}`;
  li.dataset.status = m.status ?? '';
  if (kind(m) === 'system') {
    li.replaceChildren(h('p', { dir: 'auto' }, m.text, ' ', h('time', { datetime: m.created_at, title: fullTime(m.created_at) }, clockTime(m.created_at))));
    return;
  }
  li.replaceChildren(...[
    !led && h('p', { class: 'author' }, author(m)),
    h('div', { class: 'bubble' }, parts(m)),
    m.signs && h('ul', { class: 'signs', 'aria-label': t('reactions') }, m.signs.map((s) => h('li', { title: s.name }, h('span', { 'aria-label': t('reaction.of', { name: s.name, sign: s.sign }) }, s.sign)))),
    meta(m)].filter(Boolean));
}

function kind(m) {
  if (m.kind === 'note' || m.kind === 'system') return m.kind;
  return `${m.direction === 'out' ? 'out' : 'in'}${m.kind === 'call' ? ' call' : ''}`;
}

function author(m) {
  const name = m.author?.name || (m.author?.type === 'system' ? t('author.system') : m.from || t('contact.unnamed'));
  return [m.kind === 'note' && icon('note', t('note')), bdi(name)];
}

function parts(m) {
  return [
    m.quoted && h('blockquote', { class: 'quoted', dir: lean(m.quoted.text) },
      m.quoted.author && h('small', {}, bdi(m.quoted.author)), h('p', {}, m.quoted.id ? words(m.quoted.text || '📎') : t('quoted.elsewhere'))),
    m.fields?.Forwarded === 'true' && h('p', { class: 'aside' }, t('forwarded')),
    m.fields?.ReferralHeadline && h('p', { class: 'aside', dir: 'auto' }, t('referral'), ' ', bdi(m.fields.ReferralHeadline)),
    m.kind === 'call' && h('p', { class: 'call-line' }, icon('voice'), t(m.direction === 'out' ? 'call.out' : 'call.in')),
    m.subject && h('p', { class: 'subject', dir: lean(m.subject) }, words(m.subject)),
    m.text && h('p', { class: 'text', dir: lean(m.text), lang: m.language && m.language !== 'mixed' ? m.language : null }, words(m.text, { links: true })),
    m.html && original(m),
    m.attachments?.length > 0 && h('ul', { class: 'files' }, m.attachments.map(file))
  ];
}

/** original offers the customer's own HTML, in a frame that may run nothing, reach nothing and know nothing. */
function original(m) {
  const box = h('div', { class: 'original' });
  const toggle = h('button', { type: 'button', class: 'link', 'aria-expanded': 'false' }, t('original.show'));
  toggle.addEventListener('click', () => {
    const shown = box.querySelector('iframe');
    if (shown) shown.remove();
    else box.append(h('iframe', { sandbox: '', referrerpolicy: 'no-referrer', title: t('original.title'), srcdoc: m.html }));
    toggle.textContent = t(shown ? 'original.show' : 'original.hide');
    toggle.setAttribute('aria-expanded', String(!shown));
  });
  box.append(toggle);
  return box;
}

const picture = /^image\/(png|jpeg|gif|webp|avif)$/;

function file(a) {
  if (a.removed) return h('li', { class: 'file gone' }, icon('clip'), bdi(a.name || t('file.unnamed')), h('small', {}, t('file.removed')));
  const href = `/v1/attachments/${encodeURIComponent(a.id)}`;
  const type = (a.content_type ?? '').split(';')[0].trim().toLowerCase();
  if (picture.test(type)) {
    return h('li', {}, h('a', { href, target: '_blank', rel: 'noopener' }, h('img', { src: href, alt: a.name ?? '', loading: 'lazy' })));
  }
  if (type.startsWith('audio/')) {
    return h('li', {}, h('audio', { src: href, controls: true, preload: 'none', 'aria-label': a.name ?? '' }), a.transcript && h('p', { class: 'quiet', dir: 'auto' }, `“${a.transcript}”`));
  }
  return h('li', {}, h('a', { class: 'file', href, download: a.name ?? '' }, icon('clip'), bdi(a.name || t('file.unnamed')), h('small', {}, size(a.size))));
}

const ticks = { queued: 'wait', sending: 'wait', uncertain: 'unsure', sent: 'tick', delivered: 'ticks', read: 'ticks', failed: 'fail', canceled: 'fail' };

function meta(m) {
  const trouble = ['failed', 'uncertain', 'canceled'].includes(m.status);
  const why = m.error && [m.error.text, m.error.code && ` (${m.error.code})`];
  return h('p', { class: 'meta' },
    m.channel && m.kind !== 'note' && icon(m.channel, label('channel', m.channel)),
    m.template && h('span', { class: 'template' }, icon('template', t('template')), bdi(m.template)),
    h('time', { datetime: m.created_at, title: fullTime(m.created_at) }, clockTime(m.created_at)),
    m.direction === 'out' && m.kind !== 'note' && ticks[m.status] && h('span', { class: `tickmark ${m.status}`, title: label('message', m.status) }, icon(ticks[m.status], label('message', m.status))),
    trouble && h('span', { class: 'trouble' }, label('message', m.status), why && ': ', why && h('bdi', {}, why)),
    m.to && trouble && code(m.to));
}
