// A question that takes long: progress, cancel, and answers that come too late.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startDaemon } from './daemon.mjs';
import { launch, openPage, closePage, settled, rows } from './browser.mjs';

let daemon;
let browser;

before(async () => {
  daemon = await startDaemon();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await daemon?.stop();
});

/** Holds the answers of questions about the last seven days until released. */
async function slowDown(page) {
  const held = [];
  const cancelled = [];
  await page.route(/\/api\/v1\/report\?.*start=-7d/, (route) => held.push(route));
  await page.route('**/api/v1/queries/*', (route) => {
    const id = route.request().url().split('/').pop();
    if (route.request().method() === 'DELETE') cancelled.push(id);
    return route.fulfill({
      json: {
        id,
        state: 'running',
        progress: 0.42,
        flows_scanned: 42000000,
        flows_total: 100000000,
        elapsed_ms: 900,
      },
    });
  });
  return { held, cancelled };
}

test('progress shows, and Cancel stops the query on the daemon', async () => {
  const page = await openPage(browser, daemon.url);
  await page.goto('/viewer');
  await settled(page);
  const shown = await rows(page);
  const slow = await slowDown(page);
  await page.getByRole('button', { name: '7d' }).click();
  const progress = page.locator('#progress');
  await progress.locator('.progress-text', { hasText: '42' }).waitFor();
  assert.match(await progress.textContent(), /42\u00a0% · 42.00\u00a0M of 100.00\u00a0M flows/);
  await progress.getByRole('button', { name: 'Cancel' }).click();
  await settled(page);
  assert.match(await page.locator('#notices').textContent(), /Cancelled/);
  assert.ok(await progress.isHidden());
  const asked = new URL(slow.held[0].request().url()).searchParams.get('query_id');
  assert.deepEqual(slow.cancelled, [asked]);
  assert.deepEqual(
    (await rows(page)).map((row) => row.keys),
    shown.map((row) => row.keys),
    'the former answer stays',
  );
  assert.equal(await page.locator('#f-start').inputValue(), '-7d');
  await closePage(page);
});

test('a new question ends the one before', async () => {
  const page = await openPage(browser, daemon.url);
  await page.goto('/viewer');
  await settled(page);
  const slow = await slowDown(page);
  await page.getByRole('button', { name: '7d' }).click();
  await page.locator('#progress .progress-text').waitFor();
  await page.getByRole('button', { name: '6h' }).click();
  await settled(page);
  assert.equal(slow.cancelled.length, 1);
  assert.equal(await page.locator('#length').textContent(), '6\u00a0h');
  assert.equal(await page.locator('#notices').textContent(), '');
  await closePage(page);
});

test('a daemon that does not answer is said, and asking again works', async () => {
  const page = await openPage(browser, daemon.url);
  await page.goto('/viewer');
  await settled(page);
  await page.route('**/api/v1/report?*', (route) => route.abort());
  await page.getByRole('button', { name: 'Run report' }).click();
  await page.locator('#notices', { hasText: 'does not answer' }).waitFor();
  await page.unroute('**/api/v1/report?*');
  await page.getByRole('button', { name: 'Ask again' }).click();
  await settled(page);
  assert.equal(await page.locator('#notices').textContent(), '');
  await closePage(page, /ERR_FAILED/);
});
