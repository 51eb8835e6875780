// An officer's day in small, in a real browser. The tests under "any server" run against
// whatever CARAVAN_URL names; the rest need the stand-in's hand on the world.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { browse, customerWrites, mocked, signIn, tell } from './browser.js';

const toTheEnd = (page) => page.locator('#rows').evaluate((box) => { box.scrollTop = box.scrollHeight; });
const rows = (page) => page.locator('#rowlist .row');
const words = () => `hello from the test ${Date.now().toString(36)}`;

describe('any server', () => {
  test('a wrong password is said in plain words', () => browse({}, async (page) => {
    await page.goto(process.env.CARAVAN_URL);
    await page.fill('#email', 'nobody@example.com');
    await page.fill('#password', 'wrong');
    await page.click('#signin-go');
    await page.waitForFunction(() => document.querySelector('#signin-fault').textContent.length > 0);
  }));

  test('a live message arrives, is answered, and its tick turns', () => browse({}, async (page) => {
    await signIn(page, '#/all');
    const said = words();
    if (!(await customerWrites(said))) return;
    const row = rows(page).filter({ hasText: said });
    await row.waitFor();
    await row.click();
    await page.locator('.message.in .text', { hasText: said }).waitFor();
    await page.keyboard.press('r');
    await page.keyboard.type('We are looking into it.');
    await page.keyboard.press('Control+Enter');
    const mine = page.locator('.message.out', { hasText: 'We are looking into it.' });
    await mine.waitFor();
    assert.equal(await page.inputValue('#text'), '');
    if (mocked) {
      assert.ok(await mine.locator('.tickmark.queued').count());
      const conversation = (await page.evaluate(() => location.hash)).split('/')[2];
      await tell('receipt', { conversation, status: 'delivered' });
    }
    await mine.locator('.tickmark.sent, .tickmark.delivered, .tickmark.read').waitFor();
  }));

  test('an open round is ticked off item by item', { skip: !mocked && 'needs an open round' }, () => browse({}, async (page) => {
    await signIn(page, '#/rounds');
    const items = page.locator('#rounditems li');
    await items.first().waitFor();
    const before = await items.count();
    const key = await items.first().getAttribute('data-key');
    assert.match(await page.textContent('#round-state'), /0 of \d+ looked at/);
    await items.first().locator('.row').click();
    await page.waitForSelector('#messages .message');
    await items.first().locator('.ticks button').nth(1).click();
    await page.locator(`#rounditems li[data-key="${key}"]`).waitFor({ state: 'detached' });
    assert.equal(await items.count(), before - 1);
    assert.match(await page.textContent('#round-state'), /1 of \d+ looked at/);
    await page.click('#views a[href="#/all"]');
    await rows(page).first().waitFor();
    assert.ok(await page.locator('#rounds').isHidden());
  }));

  test('the page turns to Arabic and back', () => browse({}, async (page) => {
    await signIn(page, '#/all');
    await page.selectOption('#language', 'ar');
    assert.equal(await page.getAttribute('html', 'dir'), 'rtl');
    const views = await page.locator('#views').boundingBox();
    assert.ok(views.x > 640, 'the views stand on the right');
    await page.reload();
    await page.waitForSelector('body[data-stage="in"]');
    assert.equal(await page.getAttribute('html', 'lang'), 'ar');
    await page.selectOption('#language', 'ms');
    assert.equal(await page.getAttribute('html', 'dir'), 'ltr');
    assert.equal(await page.textContent('#view-title'), 'Semua terbuka');
  }));

  test('the keys move, open, search and help', () => browse({}, async (page) => {
    await signIn(page, '#/all');
    await rows(page).nth(1).waitFor();
    await page.keyboard.press('j');
    const first = await page.evaluate(() => document.activeElement.closest('li')?.dataset.key);
    await page.keyboard.press('j');
    const second = await page.evaluate(() => document.activeElement.closest('li')?.dataset.key);
    assert.ok(first && second && first !== second);
    await page.evaluate(() => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'ن', code: 'KeyK', bubbles: true })));
    assert.equal(await page.evaluate(() => document.activeElement.closest('li')?.dataset.key), first, 'an Arabic layout moves too');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#messages .message');
    await page.keyboard.press('?');
    await page.waitForSelector('#help[open]');
    await page.keyboard.press('Escape');
    await page.keyboard.press('n');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'text');
    assert.ok(await page.locator('#composer.note').count());
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'search');
  }));
});

describe('the stand-in', { skip: !mocked }, () => {
  const open = async (page, id, view = 'all') => {
    await signIn(page, `#/${view}/${id}`);
    await page.waitForSelector('#messages .message');
  };

  test('a stale reply keeps its words, shows what came, and goes once', () => browse({}, async (page) => {
    await open(page, '1044');
    await tell('feed', { down: true });
    await page.waitForSelector('#live[data-state="off"]');
    await page.fill('#text', 'Our courier will ring you.');
    await customerWrites('I moved to another address!', '1044');
    const before = (await tell('posted')).posted;
    await page.click('#send');
    await page.locator('#trouble blockquote', { hasText: 'another address' }).waitFor();
    assert.equal(await page.inputValue('#text'), 'Our courier will ring you.');
    await page.click('#trouble div button');
    await page.locator('.message.out', { hasText: 'Our courier will ring you.' }).waitFor();
    assert.equal((await tell('posted')).posted, before + 1);
    await tell('feed', { down: false });
    await page.waitForSelector('#live[data-state="on"]');
  }));

  test('a version that moved without a message does not trouble the officer', () => browse({}, async (page) => {
    await open(page, '1044');
    await tell('silent', { conversation: '1044' });
    await page.fill('#text', 'Quiet one.');
    await page.click('#send');
    await page.locator('.message.out', { hasText: 'Quiet one.' }).waitFor();
    assert.ok(await page.isHidden('#trouble'));
  }));

  test('a lost answer is tried again under the same key and lands once', () => browse({}, async (page) => {
    await open(page, '1044');
    const before = (await tell('posted')).posted;
    const keys = [];
    await page.route('**/messages', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      keys.push(route.request().headers()['idempotency-key']);
      if (keys.length > 1) return route.continue();
      await route.fetch();
      return route.abort();
    });
    await page.fill('#text', 'Only once.');
    await page.click('#send');
    await page.click('#trouble div button');
    await page.waitForFunction(() => document.querySelector('#text').value === '');
    assert.equal(keys.length, 2);
    assert.equal(keys[0], keys[1]);
    assert.equal((await tell('posted')).posted, before + 1);
  }));

  test('a closed window offers the templates that fit', () => browse({}, async (page) => {
    await open(page, '1045');
    assert.ok(await page.locator('#window.closed').count());
    await page.fill('#text', 'Too late for this.');
    await page.click('#send');
    await page.click('#trouble .fitting button');
    await page.waitForSelector('#template-dialog[open]');
    await page.locator('#tp-preview', { hasText: 'EHE261499378MY' }).waitFor();
    await page.click('#tp-send');
    await page.locator('.message.out .template').waitFor();
    assert.equal(await page.inputValue('#text'), 'Too late for this.');
  }));

  test("a customer's HTML runs nowhere", () => browse({}, async (page) => {
    await open(page, '1043');
    await page.click('.original button');
    await page.frameLocator('.original iframe').locator('h1').waitFor();
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal(await page.getAttribute('.original iframe', 'sandbox'), '');
  }));

  test('fields, files and promises are changed in place', () => browse({}, async (page) => {
    await open(page, '1047');
    await page.keyboard.press('a');
    await page.waitForFunction(() => document.querySelector('#f-assignee').value === 'o1');
    await page.selectOption('#f-priority', 'high');
    await page.waitForFunction(() => document.querySelector('.row[aria-current]')?.classList.contains('priority-high'));
    await page.setInputFiles('#file', { name: 'فاتورة.txt', mimeType: 'text/plain', buffer: Buffer.from('x') });
    await page.locator('#files .file:not(.coming)').waitFor();
    await page.click('#promise');
    await page.selectOption('#cb-phone', 'other');
    await page.fill('#cb-other', '+966500000009');
    await page.click('#cb-go');
    await page.locator('#d-callbacks .callback', { hasText: '+966500000009' }).waitFor();
    await page.click('#tab-history');
    await page.locator('.event', { hasText: 'Priority' }).waitFor();
    await page.click('#solve');
    await page.waitForFunction(() => document.querySelector('#f-status').value === 'solved');
  }));

  test('a search shows the words that were found', () => browse({}, async (page) => {
    await signIn(page, '#/all');
    await page.fill('#search', 'tracking says');
    await page.press('#search', 'Enter');
    await page.locator('.row-preview', { hasText: 'tracking says' }).waitFor();
    assert.match(await page.textContent('#view-title'), /tracking says/);
    assert.equal(await page.locator('#sort').isVisible(), false);
    await page.click('#views a[href="#/mine"]');
    await page.waitForFunction(() => document.querySelector('#search').value === '');
  }));

  test('a conversation that is not there is nothing to answer', () => browse({}, async (page) => {
    await signIn(page, '#/all/99999');
    await page.locator('#thread-state .empty').waitFor();
    assert.equal(await page.locator('#composer').isVisible(), false);
    await page.evaluate(() => { location.hash = '#/all/1042'; });
    await page.locator('#messages .message').first().waitFor();
    assert.equal(await page.locator('#composer').isVisible(), true);
  }));

  test('who comes to the end during a read is given more after it', () => browse({}, async (page) => {
    await signIn(page, '#/all');
    await rows(page).nth(40).waitFor();
    let release;
    const held = new Promise((r) => { release = r; });
    await page.route(/v1\/conversations\?/, async (route) => { await held; await route.continue(); }, { times: 1 });
    const asked = page.waitForRequest(/v1\/conversations\?/);
    await customerWrites(words());
    await asked;
    await toTheEnd(page);
    release();
    await rows(page).nth(60).waitFor({ state: 'attached' });
  }));

  test('the list keeps its place while rows arrive above it', () => browse({}, async (page) => {
    await signIn(page, '#/all');
    const sorted = page.waitForResponse(/sort=-updated/);
    await page.selectOption('#sort', '-updated');
    await sorted;
    await page.locator('#rows[aria-busy="false"]').waitFor();
    await toTheEnd(page);
    await rows(page).nth(60).waitFor({ state: 'attached' });
    await page.locator('#rows').evaluate((box) => { box.scrollTop = 1500; });
    const top = () => page.locator('#rows').evaluate((box) => {
      const y = box.getBoundingClientRect().top;
      const li = [...box.querySelectorAll('li')].find((x) => x.getBoundingClientRect().bottom > y + 1);
      return { key: li.dataset.key, at: Math.round(li.getBoundingClientRect().top - y) };
    });
    const before = await top();
    const said = words();
    await customerWrites(said);
    await rows(page).filter({ hasText: said }).waitFor({ state: 'attached' });
    assert.deepEqual(await top(), before);
  }));
});
