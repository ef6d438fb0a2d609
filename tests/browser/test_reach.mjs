// Reach: keyboard alone, narrow screens, both themes, hostile text, strict policy.

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

const query = (page) => new URL(page.url()).searchParams;
const DAY = '/viewer?report=10&start=-24h&end=now';
const focused = (page, property) =>
  page.evaluate((name) => {
    const node = document.activeElement;
    return name === 'visible' ? getComputedStyle(node).outlineStyle !== 'none' : node[name];
  }, property);

async function open(path, options) {
  const page = await openPage(browser, daemon.url, options);
  await page.goto(path);
  await settled(page);
  return page;
}

test('an investigation with the keyboard alone', async () => {
  const page = await open(DAY);
  await page.keyboard.press('/');
  assert.equal(await focused(page, 'id'), 'f-source_address');
  assert.ok(await focused(page, 'visible'));
  await page.keyboard.type('0.0.0.0/0');
  await page.keyboard.press('Enter');
  await settled(page);
  assert.equal(query(page).get('source_address'), '0.0.0.0/0');

  // From the form by Tab alone to the first value of the table: one stop for all values.
  for (let i = 0; i < 80 && !/drill/.test(await focused(page, 'className')); i += 1)
    await page.keyboard.press('Tab');
  assert.match(await focused(page, 'className'), /drill/);
  const list = await rows(page);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  assert.equal((await focused(page, 'textContent')).trim(), list[1].keys[1]);
  assert.ok(await focused(page, 'visible'));
  await page.keyboard.press('Enter');
  await page.getByRole('menu').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('menu').waitFor({ state: 'hidden' });
  assert.equal((await focused(page, 'textContent')).trim(), list[1].keys[1], 'Escape gives the focus back');
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  assert.match(await focused(page, 'textContent'), /Exclude/);
  await page.keyboard.press('Enter');
  await settled(page);
  assert.equal(query(page).get('dest_address'), `-${list[1].keys[1]}`);
  await closePage(page);
});

test('Tab reaches every control with a visible focus', async () => {
  const page = await open(DAY);
  const unseen = [];
  for (let i = 0; i < 50; i += 1) {
    await page.keyboard.press('Tab');
    if (!(await focused(page, 'visible')))
      unseen.push(await page.evaluate(() => document.activeElement.outerHTML.slice(0, 120)));
  }
  assert.deepEqual(unseen, []);
  await closePage(page);
});

for (const width of [375, 768, 1280, 1920]) {
  test(`nothing is wider than a window of ${width} pixels`, async () => {
    const page = await open(DAY, { viewport: { width, height: 812 } });
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok((await rows(page)).length > 0);
    assert.ok((await overflow()) <= 0, 'report');
    if (width < 1024) {
      await page.locator('#filter-toggle').click();
      assert.ok(await page.locator('#f-source_address').isVisible());
      assert.ok((await overflow()) <= 0, 'form');
    }
    for (const path of [
      '/viewer?report=99&start=-24h',
      '/viewer?report=23&start=-24h&analysis=true',
      '/viewer?report=7&source_port=70000',
    ]) {
      await page.goto(path);
      await settled(page);
      assert.ok((await overflow()) <= 0, path);
    }
    await page.goto('/status');
    await page.locator('#devices table').waitFor();
    assert.ok((await overflow()) <= 0, 'status');
    await closePage(page, /status of 400/);
  });
}

test('on a narrow screen the form opens, runs, and gives way to the answer', async () => {
  const page = await open('/viewer', { viewport: { width: 375, height: 812 } });
  assert.ok(await page.locator('#f-report').isHidden());
  await page.locator('#filter-toggle').click();
  await page.locator('#f-report').selectOption('9');
  await settled(page);
  assert.ok(await page.locator('#f-report').isHidden());
  assert.equal(await page.locator('#title').textContent(), 'Source IP');
  assert.ok(await page.locator('tbody td.measure').first().isVisible());
  await closePage(page);
});

test('light and dark: as the system, or as chosen, and remembered', async () => {
  const page = await open('/viewer', { colorScheme: 'dark' });
  const brightness = () =>
    page.evaluate(() => {
      const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
      return (r + g + b) / 3;
    });
  assert.ok((await brightness()) < 60);
  await page.locator('#theme').click();
  assert.ok((await brightness()) > 200);
  await page.reload();
  await settled(page);
  assert.ok((await brightness()) > 200);
  await closePage(page);
});

test('names and messages of any content are text, not markup', async () => {
  const hostile = '<img src=x onerror="document.title=1">';
  const page = await openPage(browser, daemon.url);
  await page.route('**/api/v1/report?*', async (route) => {
    const answer = await (await route.fetch()).json();
    answer.names = { [`port ${answer.rows[0][0]}`]: hostile };
    answer.title = hostile;
    answer.coverage.files_missing = 1;
    answer.coverage.notes = [hostile];
    await route.fulfill({ json: answer });
  });
  await page.goto('/viewer?report=5&start=-24h&end=now');
  await settled(page);
  assert.equal(await page.locator('tbody .name').first().textContent(), hostile);
  assert.equal(await page.locator('#title').textContent(), hostile);
  assert.match(await page.locator('.notice').textContent(), /<img/);
  await page.locator('tbody .drill').first().click();
  assert.match(await page.getByRole('menu').textContent(), /<img/);
  assert.equal(await page.locator('#result img, .menu img').count(), 0);
  await closePage(page);
});

test('the policy allows only our own scripts and styles', async () => {
  for (const path of ['/viewer', '/status']) {
    const policy = (await fetch(daemon.url + path)).headers.get('content-security-policy');
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
    ]) {
      assert.ok(policy.includes(part), `${path}: ${part}`);
    }
    assert.ok(!/unsafe|\*/.test(policy), policy);
  }
});

test('without JavaScript the page says where the answers are', async () => {
  const page = await openPage(browser, daemon.url, { javaScriptEnabled: false });
  for (const path of ['/viewer', '/status']) {
    await page.goto(path);
    const links = await page
      .locator('noscript a')
      .evaluateAll((list) => list.map((a) => a.getAttribute('href')))
      .catch(() => []);
    assert.match(await page.locator('body').innerText(), /needs JavaScript/);
    for (const link of links) assert.ok((await fetch(daemon.url + link)).ok, link);
  }
  await page.context().close();
});
