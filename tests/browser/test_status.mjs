// The status page: what is stored, what failed and why, and what runs.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startDaemon } from './daemon.mjs';
import { launch, openPage, closePage } from './browser.mjs';

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

async function open() {
  const page = await openPage(browser, daemon.url);
  await page.goto('/status');
  await page.locator('#devices table').waitFor();
  return page;
}

test('devices with their flows, and the failed file with its reason', async () => {
  const page = await open();
  const { devices } = await (await fetch(`${daemon.url}/api/v1/status`)).json();
  const shown = await page
    .locator('#devices tbody tr')
    .evaluateAll((list) => list.map((row) => [...row.cells].slice(0, 2).map((cell) => cell.textContent)));
  assert.deepEqual(
    shown,
    devices.map((d) => [d.name, d.flows.toLocaleString('en-GB')]),
  );
  assert.match(await page.locator('#ingest').textContent(), /All flow files are read/);
  const failed = page.locator('#files tbody tr', { hasText: 'ft-v05.2026-01-01.000000' });
  await failed.waitFor();
  assert.match(await failed.locator('.state').textContent(), /failed/);
  assert.notEqual(await failed.locator('td').nth(3).textContent(), '');
  await page.locator('#devices a', { hasText: 'edge_2' }).click();
  await page.locator('table.report').waitFor();
  assert.equal(await page.locator('#f-device').inputValue(), 'edge_2');
  await closePage(page);
});

test('it refreshes itself without touching what did not change', async () => {
  const page = await open();
  await page.evaluate(() => {
    document.querySelector('#devices tbody td').marker = 'kept';
  });
  let rounds = 0;
  await page.route('**/api/v1/status', async (route) => {
    const status = await (await route.fetch()).json();
    rounds += 1;
    status.devices[0].flows = 1234567;
    await route.fulfill({ json: status });
  });
  await page.locator('#devices td', { hasText: '1,234,567' }).waitFor();
  assert.ok(rounds >= 1);
  assert.equal(await page.evaluate(() => document.querySelector('#devices tbody td').marker), 'kept');
  await closePage(page);
});

test('a pause of ingest is loud on every page', async () => {
  const page = await openPage(browser, daemon.url);
  await page.route('**/api/v1/status', async (route) => {
    const status = await (await route.fetch()).json();
    status.ingest.state = 'disk-full';
    status.ingest.reason = '12 MB are free, 512 MB are kept in reserve';
    await route.fulfill({ json: status });
  });
  await page.goto('/status');
  await page.locator('#ingest .notice.bad', { hasText: '12 MB are free' }).waitFor();
  await page.goto('/viewer');
  await page.locator('#health.bad', { hasText: 'Disk full' }).waitFor();
  await closePage(page);
});

test('a running query is listed and can be cancelled', async () => {
  const page = await openPage(browser, daemon.url);
  const cancelled = [];
  await page.route('**/api/v1/queries', (route) =>
    route.fulfill({
      json: {
        queries:
          cancelled.length > 0
            ? []
            : [
                {
                  id: 'q 1',
                  description: 'report?report=9',
                  state: 'running',
                  progress: 0.5,
                  flows_scanned: 5,
                  flows_total: 10,
                  started: 1,
                  elapsed_ms: 100,
                },
              ],
      },
    }),
  );
  await page.route('**/api/v1/queries/*', (route) => {
    cancelled.push([route.request().method(), route.request().url().split('/').pop()]);
    return route.fulfill({ json: {} });
  });
  await page.goto('/status');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.locator('#queries', { hasText: 'None running' }).waitFor();
  assert.deepEqual(cancelled, [['DELETE', 'q%201']]);
  await closePage(page);
});

test('Rescan asks the daemon to look again', async () => {
  const page = await open();
  const asked = page.waitForResponse((response) => response.url().endsWith('/api/v1/ingest/rescan'));
  await page.getByRole('button', { name: 'Rescan directories' }).click();
  const response = await asked;
  assert.equal(response.request().method(), 'POST');
  assert.ok(response.ok());
  await page.getByRole('button', { name: 'Rescan started' }).waitFor();
  await closePage(page);
});

test('a daemon that is gone is said; the page goes on asking', async () => {
  const page = await open();
  await page.route('**/api/v1/status', (route) => route.abort());
  await page.locator('#notices .notice.bad', { hasText: 'does not answer' }).waitFor();
  await page.unroute('**/api/v1/status');
  await page.locator('#notices .notice').waitFor({ state: 'detached' });
  await closePage(page, /ERR_FAILED/);
});
