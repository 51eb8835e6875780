// A Chromium for the tests, and the little they share.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const env = process.env;
export const url = env.CARAVAN_URL;
export const mocked = env.CARAVAN_MOCK === '1';
const email = env.CARAVAN_EMAIL, password = env.CARAVAN_PASSWORD;

/** browse runs fn with a new page; a fault of the page's own, or a broken policy, fails the test. */
export async function browse(options, fn) {
  const browser = await chromium.launch({ executablePath: env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(90_000) // a slow machine is slow, and nothing waits in full when all is well;
    const faults = [];
    page.on('pageerror', (e) => faults.push(`page: ${e.message}`));
    page.on('console', (m) => { if (m.type() === 'error' && /Content Security Policy|Uncaught/.test(m.text())) faults.push(`console: ${m.text()}`); });
    await fn(page, context);
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
  }
}

export async function signIn(page, hash = '#/mine') {
  await page.goto(`${url}/${hash}`);
  await page.fill('#email', email);
  await page.fill('#password', password);
  await page.click('#signin-go');
  await page.waitForSelector('body[data-stage="in"]');
  await page.waitForSelector('#live[data-state="on"]');
}

/** tell asks the stand-in to do something (mock only). */
export async function tell(what, body) {
  const answer = await fetch(`${url}/mock/${what}`, { method: 'POST', body: JSON.stringify(body ?? {}) });
  assert.ok(answer.ok, `${what}: ${answer.status}`);
  return answer.status === 204 ? null : answer.json();
}

/**
 * customerWrites makes a message arrive. Against a real server CARAVAN_INBOUND_URL says
 * where to post, CARAVAN_INBOUND_BODY what ({text} stands for the words, URL-encoded
 * unless CARAVAN_INBOUND_TYPE is JSON). Without them a live arrival is not tested: false.
 */
export async function customerWrites(text, conversation) {
  if (mocked) { await tell('inbound', { text, conversation }); return true; }
  if (!env.CARAVAN_INBOUND_URL) return false;
  const type = env.CARAVAN_INBOUND_TYPE || 'application/x-www-form-urlencoded';
  const words = type.includes('json') ? JSON.stringify(text).slice(1, -1) : encodeURIComponent(text);
  const answer = await fetch(env.CARAVAN_INBOUND_URL, { method: 'POST', headers: { 'Content-Type': type },
    body: (env.CARAVAN_INBOUND_BODY || 'Body={text}').replace('{text}', words) });
  assert.ok(answer.ok, `inbound: ${answer.status}`);
  return true;
}
