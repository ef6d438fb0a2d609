// browser: Chromium, and pages that remember everything that went wrong in them.

import { createRequire } from 'node:module';
import path from 'node:path';
import assert from 'node:assert/strict';

const require = createRequire(path.join(process.env.BROWSER_MODULES, 'package.json'));
const { chromium } = require('playwright-core');

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, args: ARGUMENTS });

/** A page of its own profile. page.faults: errors of scripts, console and Content-Security-Policy. */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: 1280, height: 800 },
    ...options,
  });
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(String(error.stack)));
  page.on('console', (message) => {
    // A query may not have begun yet, or be forgotten, when its progress is asked for: 404.
    if (/\/api\/v1\/queries\//.test(message.location().url)) return;
    if (message.type() === 'error' || message.type() === 'warning') page.faults.push(message.text());
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`Content-Security-Policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return page;
}

/** Closes the page; nothing may have gone wrong in it but what is expected. */
export async function closePage(page, expected = /$^/) {
  const faults = page.faults.filter((fault) => !expected.test(fault));
  await page.context().close();
  assert.deepEqual(faults, []);
}

/** Wait until the answer to the last question is on the page. */
export async function settled(page) {
  await page.locator('#result[aria-busy="false"]').waitFor();
}

/** Cells of the report, as the daemon's exact numbers where there are any. */
export async function rows(page) {
  return page.locator('table.report tbody tr').evaluateAll((list) =>
    list.map((row) => ({
      keys: [...row.querySelectorAll('td.key .value')].map((node) => node.textContent),
      measures: Object.fromEntries(
        [...row.querySelectorAll('td.measure')].map((cell) => [
          cell.dataset.label,
          Number((cell.querySelector('[title]')?.title ?? cell.textContent).replace(/[^0-9]/g, '')),
        ]),
      ),
    })),
  );
}

export const column = (list, label) => list.map((row) => row.measures[label]);
export const isSorted = (list, order) => list.every((value, i) => i === 0 || order(list[i - 1], value));
