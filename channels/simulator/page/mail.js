// The customer's mailbox: list, one open letter, and a form to write.
import { h, post, time } from './dom.js';
import { icon } from './icons.js';

function body(l) {
  if (!l.html) return h('div.text', { dir: 'auto' }, l.text);
  // No scripts run in there; same origin only so that its height can be read.
  const frame = h('iframe', { sandbox: 'allow-same-origin', title: 'Mail', srcdoc: `<base target="_blank"><style>body{font:15px/1.6 system-ui,sans-serif;margin:0;overflow-wrap:anywhere;color:#1f2a2e;background:#fff}</style><div dir="auto" style="display:flow-root">${l.html}</div>` });
  frame.addEventListener('load', () => { frame.style.height = `${frame.contentDocument.body.scrollHeight + 24}px`; });
  return frame;
}

export function mailbox(box, company) {
  let person, letters = [], open = null, replyTo = null, drawn = '';
  const list = h('ol.letters', { 'aria-label': 'Letters' });
  const reader = h('article.letter', { hidden: true });
  const subject = h('input', { dir: 'auto', 'aria-label': 'Subject', placeholder: 'Subject', required: true });
  const text = h('textarea', { rows: 6, dir: 'auto', 'aria-label': 'Text', placeholder: 'Write to the company…', required: true });
  const samples = h('div.samples', { role: 'group', 'aria-label': 'One-click letters' });
  const form = h('form.write', { hidden: true, onsubmit: submit },
    h('p', {}, 'To ', h('b', {}, company)), samples, subject, text,
    h('div.choices', {}, h('button.green', { type: 'submit' }, 'Send'), h('button', { type: 'button', onclick: () => { replyTo = null; form.hidden = true; redraw(); } }, 'Discard')));
  const head = h('div.bar', {});
  const absent = h('p.absent', { hidden: true }, 'This customer has no mail address.');
  box.append(head, absent, list, reader, form);

  function compose(to) {
    replyTo = to;
    form.hidden = false;
    subject.value = to ? (/^re:/i.test(to.subject) ? to.subject : `Re: ${to.subject}`) : '';
    samples.hidden = Boolean(to);
    if (!to) { open = null; redraw(); }
    (to ? text : subject).focus();
    form.scrollIntoView({ block: 'nearest' });
  }
  async function submit(e) {
    e.preventDefault();
    const sent = await post('/play/mail', { person: person.id, subject: subject.value, text: text.value, reply_to: replyTo?.id || '' });
    if (!sent) return;
    text.value = subject.value = '';
    replyTo = null;
    form.hidden = true;
    open = sent.id;
    redraw();
  }
  function entry(l) {
    return h('li', {}, h('button', { 'aria-current': l.id === open ? 'true' : null, onclick: () => { open = l.id; form.hidden = true; redraw(); } },
      h('span', {}, h('b', { dir: 'auto' }, l.sent ? 'You' : l.from), h('small', {}, time(l.at))),
      h('span.subject', { dir: 'auto' }, l.subject || '(no subject)')));
  }
  function redraw() {
    const now = JSON.stringify([person?.id, open, letters.map((l) => l.id)]);
    if (now === drawn) return;
    drawn = now;
    const newest = letters.slice().reverse();
    list.replaceChildren(...(newest.length ? newest.map(entry) : [h('li.empty', {}, 'No letters yet. Write one, and the answer will come here.')]));
    const l = letters.find((x) => x.id === open);
    reader.hidden = !l;
    if (!l) return;
    reader.replaceChildren(
      h('h2', { dir: 'auto' }, l.subject || '(no subject)'),
      h('p.meta', {}, h('span', { dir: 'auto' }, l.sent ? `You → ${l.to}` : `${l.from} → you`), ` · ${time(l.at)}`),
      body(l),
      (l.attachments || []).map((name) => h('span.file', {}, icon('clip'), name)),
      h('div.choices', {}, !l.sent && h('button.green', { onclick: () => compose(l) }, 'Reply')));
  }

  return {
    become(p) {
      person = p;
      letters = [];
      open = null;
      drawn = '';
      const here = Boolean(p.email && company);
      absent.hidden = here;
      absent.textContent = company ? 'This customer has no mail address.' : 'There is no mail server here.';
      form.hidden = true;
      list.hidden = !here;
      text.lang = subject.lang = p.language;
      head.replaceChildren(h('b', {}, 'Mailbox'), h('small', {}, p.email || ''), here ? h('button.green', { onclick: () => compose(null) }, 'New letter') : '');
      samples.replaceChildren(...p.samples.map((s) => h('button', { type: 'button', dir: 'auto', lang: p.language, onclick: () => { subject.value = s.subject || s.title; text.value = s.text; } }, s.title)));
      redraw();
    },
    draw(next) {
      letters = next;
      if (!open && form.hidden && next.length) open = next[next.length - 1].id;
      redraw();
    },
  };
}
