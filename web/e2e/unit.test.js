// The pure parts of the page, without a browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dictionaries, t, use } from '../page/js/i18n.js';
import { called, countdown, nextClock, segments, span } from '../page/js/format.js';
import { about, parser } from '../page/js/live.js';
import { lean, pieces } from '../page/js/bidi.js';
import { changed } from '../page/js/history.js';
import { excerpt } from '../page/js/search.js';
import { state } from '../page/js/state.js';
import { viewNamed, views } from '../page/js/views.js';
import { folded } from '../page/js/reactions.js';

test('every language says everything, with the same places', () => {
  const places = (text) => [...new Set((typeof text === 'string' ? text : text.other).match(/\{\w+\}/g) ?? [])].sort();
  for (const [name, words] of Object.entries(dictionaries)) {
    assert.deepEqual(Object.keys(words).sort(), Object.keys(dictionaries.en).sort(), name);
    for (const key of Object.keys(words)) assert.deepEqual(places(words[key]), places(dictionaries.en[key]), `${name} ${key}`);
  }
});

test('times are said in their greatest units', () => {
  use('en');
  const min = 60e3, hour = 60 * min;
  for (const [ms, want] of [[0, '0:00'], [65e3, '1:05'], [599e3, '9:59'], [10 * min, '10 min'], [59.9 * min, '59 min'],
    [hour, '1 h 0 min'], [9.5 * hour, '9 h 30 min'], [47 * hour, '47 h'], [49 * hour, '2 d'], [-65e3, '1:05']]) assert.equal(span(ms), want);
});

test('a clock is late at its instant and not before', () => {
  use('en');
  const now = Date.parse('2026-11-21T10:00:00Z');
  assert.deepEqual(countdown('2026-11-21T10:00:00Z', now), { text: '0:00', mood: 'soon' });
  assert.equal(countdown('2026-11-21T09:59:59Z', now).mood, 'late');
  assert.equal(countdown('2026-11-21T10:30:00Z', now).mood, 'calm');
  assert.equal(nextClock([{ state: 'met', due_at: '2026-01-01T00:00:00Z' }, { name: 'b', state: 'running', due_at: '2026-01-03T00:00:00Z' },
    { name: 'a', state: 'breached', due_at: '2026-01-02T00:00:00Z' }]).name, 'a');
  assert.equal(nextClock(undefined), null);
});

test('an SMS is counted as GSM 03.38 and UCS-2 count it', () => {
  for (const [text, n, unicode] of [['', 0, false], ['a'.repeat(160), 1, false], ['a'.repeat(161), 2, false], ['€'.repeat(80), 1, false],
    ['€'.repeat(81), 2, false], ['م'.repeat(70), 1, true], ['م'.repeat(71), 2, true], ['ok ✓', 1, true]]) {
    const got = segments(text);
    assert.equal(got.segments, n, text.slice(0, 3) + text.length);
    assert.equal(got.unicode, unicode);
  }
});

test('the feed is read the same wherever it is cut', () => {
  const stream = ': hi\r\n\r\nid: 7\r\nevent: message.received\r\ndata: {"conversation":"42"}\r\n\r\ndata: a\ndata: b\n\nid: 8\n\nevent: x\rdata: {"message":{"conversation":"9"}}\r\r';
  const want = [{ id: '7', name: 'message.received', data: { conversation: '42' } }, { id: undefined, name: 'message', data: 'a\nb' },
    { id: '8', name: 'message', data: null }, { id: undefined, name: 'x', data: { message: { conversation: '9' } } }];
  for (let cut = 0; cut <= stream.length; cut++) {
    const got = [];
    const read = parser((e) => got.push(e));
    read(stream.slice(0, cut));
    read(stream.slice(cut));
    read('\n');
    assert.deepEqual(got, want, `cut at ${cut}`);
  }
  assert.deepEqual(want.map((e) => about(e.data)), ['42', '', '', '9']);
});

test('who has told no name is known by how he reached us', () => {
  use('en');
  const handles = [{ kind: 'sms' }, { kind: 'phone', value: '+15005550142' }];
  assert.equal(called({ name: 'Sarah', handles }), 'Sarah');
  assert.equal(called({ name: '', handles }), '+15005550142');
  assert.equal(called({ name: '', handles: [] }), 'No name');
  assert.equal(called(undefined), 'No name');
});

test('plural forms follow the language', () => {
  use('ar');
  assert.equal(t('below', { n: 2 }), 'رسالتان جديدتان ↓');
  assert.equal(t('below', { n: 5 }), '5 رسائل جديدة ↓');
  use('en');
  assert.equal(t('no.such.key'), 'no.such.key');
});

test('mixed text runs the way most of its words do', () => {
  for (const [text, want] of [['Ok ممكن أرسل الـ invoice PDF الحين؟ والـ AWB الثاني', 'rtl'], ['Salam, kastam Jeddah, بعدين كيف؟ pls advise', 'ltr'],
    ['٠٥٠ ١٢٣', 'auto'], ['', 'auto'], [undefined, 'auto'], ['شحنتي https://track.example.com/a/b/c/d/e', 'rtl']]) assert.equal(lean(text), want, text);
});

test('numbers in groups and addresses are set apart, and no letter is lost', () => {
  for (const [text, want] of [['رقمي +966 55 123 4567 لو', ['+966 55 123 4567']], ['٠٥٠ ١٢٣ ٤٥٦٧', ['٠٥٠ ١٢٣ ٤٥٦٧']], ['on 2026-11-15.', ['2026-11-15']],
    ['(https://a.example/x?y=1).', ['https://a.example/x?y=1']], ['12 kg', []], ['', []]]) {
    assert.deepEqual(pieces(text).filter((p) => p.kind !== 'text').map((p) => p.text), want);
    assert.equal(pieces(text).map((p) => p.text).join(''), text);
  }
});

test('reactions stand on their message, the latest of each person', () => {
  const by = (id) => ({ id, name: `Mr ${id}` });
  const list = [{ id: '1', text: 'Out for delivery' }, { id: '2', reaction_to: '1', text: '👍', author: by('a') }, { id: '3', reaction_to: '1', text: '🙏', author: by('b') },
    { id: '4', text: 'thanks' }, { id: '5', reaction_to: '1', text: '👎', author: by('a') }, { id: '6', reaction_to: '1', text: '', author: by('b') }, { id: '7', reaction_to: '0', text: '👍', author: by('a') }];
  assert.deepEqual(folded(list), [{ id: '1', text: 'Out for delivery', signs: [{ sign: '👎', name: 'Mr a' }] }, { id: '4', text: 'thanks' }, list[6]]);
  assert.deepEqual(folded([]), []);
});

test('the history says what an event changed in the officer\'s words, and nothing of a machine\'s', () => {
  use('en');
  const rung = { 'c-cb1': { from: 'dialing', to: 'scheduled' }, 'attempt c-cb1.1': { from: null, to: { call_sid: 'CA1', seconds: 0 } } };
  for (const [type, changes, want] of [
    ['callback.changed', rung, 'Dialling → Scheduled'],
    ['callback.changed', { 'c-cb1': { from: 'dialing', to: 'dialing' } }, ''],
    ['conversation.changed', { priority: { from: 'normal', to: 'high' }, tags: { from: [], to: ['vip', 'gcc'] } }, 'Priority: Normal → High · Tags: – → vip, gcc'],
    ['conversation.assigned', { assignee: { from: null, to: { id: 'o1', name: 'Aisha' } } }, 'Officer: Aisha'],
    ['clock.moved', { first_response: { from: null, to: '2026-11-22T13:37:34.597Z' } }, `First reply: ${new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', hour12: false }).format(new Date('2026-11-22T13:37:34Z'))}`],
    ['conversation.opened', undefined, '']
  ]) assert.equal(changed(type, changes), want, type);
});

test('what was found stands where a row still shows it', () => {
  const long = 'Peace be upon you, I hope that you are well. My parcel is with customs since Monday.';
  for (const [text, q, want] of [
    [undefined, 'customs', undefined], ['', 'customs', undefined], ['held by customs', 'CUSTOMS', 'held by customs'],
    [long, 'customs', '…parcel is with customs since Monday.'], [long, 'zoll', long], [long, 'monday peace', long],
    ['السلام عليكم ورحمة الله وبركاته، كيف حالكم، شحنتي محتجزة في الجمارك', 'الجمارك', '…شحنتي محتجزة في الجمارك']
  ]) assert.equal(excerpt(text, q), want);
});

test('a desk of the company\'s own has a view, and triage comes last', () => {
  const desks = () => views().filter((v) => v.group === 'desks').map((v) => v.name);
  assert.deepEqual(desks(), ['booking', 'trace', 'triage']);
  state.desks = [{ name: 'triage', categories: ['spam'] }, { name: 'order-to-cash', title: 'Orders', categories: ['invoice'] }];
  assert.deepEqual(desks(), ['order-to-cash', 'triage']);
  assert.deepEqual(viewNamed('order-to-cash').query.desk, 'order-to-cash');
  assert.equal(viewNamed('trace').name, 'mine');
  state.desks = [];
});
