// Pictures of the page to look at, into the folder CARAVAN_SHOTS.

import { browse, signIn, tell } from './browser.js';

const out = process.env.CARAVAN_SHOTS;
const shot = (page, name) => page.screenshot({ path: `${out}/${name}.png` });
const open = async (page, view, id) => {
  await signIn(page, `#/${view}/${id}`);
  await page.waitForSelector('#messages .message');
  await page.locator('#d-others li, #d-others .quiet').first().waitFor();
};

for (const colorScheme of ['light', 'dark']) {
  await browse({ colorScheme }, async (page) => {
    await open(page, 'all', '1042');
    await shot(page, `${colorScheme}-en`);
    await page.click('#tab-history');
    await page.waitForSelector('.event');
    await shot(page, `${colorScheme}-history`);
    await page.click('#tab-messages');
    await page.selectOption('#language', 'ar');
    await shot(page, `${colorScheme}-ar`);
    await page.selectOption('#language', 'ms');
    await page.evaluate(() => { location.hash = '#/all/1043'; });
    await page.locator('.message', { hasText: 'Assalamualaikum' }).waitFor();
    await page.click('.original button');
    await page.keyboard.press('n');
    await shot(page, `${colorScheme}-ms-mail-note`);
  });
}

await browse({}, async (page) => {
  await page.goto(process.env.CARAVAN_URL);
  await page.waitForSelector('#signin');
  await shot(page, 'signin');
  await open(page, 'all', '1045');
  await page.fill('#text', 'Salam Puan Aisyah, dokumen sudah kami hantar kepada pihak kastam pagi tadi.');
  await page.click('#send');
  await page.waitForSelector('#trouble .fitting');
  await shot(page, 'window-closed');
  await page.click('#trouble .fitting button');
  await page.locator('#tp-preview', { hasText: 'customs' }).waitFor();
  await shot(page, 'template');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.click('#promise');
  await shot(page, 'callback');
  await page.keyboard.press('Escape');
  await page.evaluate(() => { location.hash = '#/all/1044'; });
  await page.locator('.message', { hasText: 'tracking says' }).waitFor();
  await tell('feed', { down: true });
  await page.waitForSelector('#live[data-state="off"]');
  await page.fill('#text', 'Dear Mr O’Connor, we are looking into it.');
  await tell('inbound', { conversation: '1044', text: 'I am at 14 Rose Lane now, not Elm Street!' });
  await page.click('#send');
  await page.waitForSelector('#trouble blockquote');
  await shot(page, 'stale');
  await tell('feed', { down: false });
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await shot(page, 'help');
  await page.keyboard.press('Escape');
  await page.evaluate(() => { location.hash = '#/all/1046'; });
  await page.locator('.message.call').waitFor();
  await shot(page, 'call');
});

await browse({ viewport: { width: 390, height: 780 } }, async (page) => {
  await signIn(page, '#/all');
  await page.locator('.row').nth(3).waitFor();
  await shot(page, 'phone-list');
  await page.selectOption('#language', 'ar');
  await page.evaluate(() => { location.hash = '#/all/1042'; });
  await page.locator('#messages .message').first().waitFor();
  await shot(page, 'phone-ar');
  await page.click('#show-details');
  await shot(page, 'phone-details');
});
