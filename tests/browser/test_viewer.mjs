// The viewer as an operator uses it: rank, sort, drill, undo, mistakes, share.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startDaemon } from './daemon.mjs';
import { launch, openPage, closePage, settled, rows, column, isSorted } from './browser.mjs';

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

async function open(path, options) {
  const page = await openPage(browser, daemon.url, options);
  await page.goto(path);
  await settled(page);
  return page;
}

test('the first visit ranks who talks to whom, without any set-up', async () => {
  const page = await open('/');
  assert.match(page.url(), /\/viewer$/);
  const list = await rows(page);
  assert.ok(list.length > 10, `${list.length} rows`);
  assert.equal(list[0].keys.length, 2);
  assert.ok(isSorted(column(list, 'Octets'), (a, b) => a >= b));
  assert.match(
    await page.locator('#period').textContent(),
    /^\w{3} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d – .*(CET|CEST|GMT\+[12])$/,
  );
  assert.match(await page.locator('.honesty').textContent(), /% of the period/);
  assert.equal(await page.locator('#totals .total').count(), 5);
  await closePage(page);
});

test('the sums of the table and of what it leaves out are the totals of all flows', async () => {
  const page = await open(`${DAY}&lines=20`);
  const list = await rows(page);
  assert.equal(list.length, 20);
  const shown = column(list, 'Flows').reduce((a, b) => a + b, 0);
  const foot = await page
    .locator('tfoot tr')
    .evaluateAll((lines) =>
      lines.map((line) =>
        Number(
          [...line.querySelectorAll('td.measure')]
            .find((cell) => cell.dataset.label === 'Flows')
            .textContent.replaceAll(',', ''),
        ),
      ),
    );
  const total = Number(
    (await page.locator('#totals .total').first().getAttribute('title')).replace(/[^0-9]/g, ''),
  );
  assert.equal(foot[0], shown);
  assert.equal(foot[0] + foot[1], total);
  await closePage(page);
});

test('a heading sorts over all rows, both ways', async () => {
  const page = await open(`${DAY}&lines=25`);
  const heading = page.locator('thead th.measure', { hasText: 'Flows' });
  await heading.locator('button').click();
  await settled(page);
  assert.equal(query(page).get('sort'), 'flows');
  assert.equal(await heading.getAttribute('aria-sort'), 'descending');
  const most = column(await rows(page), 'Flows');
  assert.ok(isSorted(most, (a, b) => a >= b));
  await heading.locator('button').click();
  await settled(page);
  assert.equal(query(page).get('sort'), '-flows');
  assert.equal(await heading.getAttribute('aria-sort'), 'ascending');
  const least = column(await rows(page), 'Flows');
  assert.ok(isSorted(least, (a, b) => a <= b));
  assert.ok(least[0] < most[0]);
  await page.locator('thead th', { hasText: 'Source address' }).locator('button').click();
  await settled(page);
  assert.equal(query(page).get('sort'), '-source_address');
  await closePage(page);
});

test('a drill menu filters to a host; Back undoes it', async () => {
  const page = await open(DAY);
  const before = await rows(page);
  const host = before[0].keys[0];
  await page.locator('tbody .drill').first().click();
  await page.getByRole('menuitem', { name: 'Filter to this source' }).click();
  await settled(page);
  assert.equal(query(page).get('source_address'), host);
  const filtered = await rows(page);
  assert.ok(filtered.length > 0);
  assert.ok(filtered.every((row) => row.keys[0] === host));
  assert.equal(await page.locator('#f-source_address').inputValue(), host);
  assert.match(await page.locator('#chips').textContent(), new RegExp(host.replaceAll('.', '\\.')));
  await page.goBack();
  await page.locator('#chips').waitFor({ state: 'hidden' });
  await settled(page);
  assert.equal(query(page).get('source_address'), null);
  assert.equal(await page.locator('#f-source_address').inputValue(), '');
  assert.deepEqual(
    (await rows(page)).map((row) => row.keys),
    before.map((row) => row.keys),
  );
  await closePage(page);
});

test('a drill menu excludes a host, and its chip takes it back', async () => {
  const page = await open(DAY);
  const [first] = await rows(page);
  await page.locator('tbody .drill').nth(1).click();
  await page.getByRole('menuitem', { name: 'Exclude this destination' }).click();
  await settled(page);
  assert.equal(query(page).get('dest_address'), `-${first.keys[1]}`);
  const rest = await rows(page);
  assert.ok(rest.length > 0);
  assert.ok(rest.every((row) => row.keys[1] !== first.keys[1]));
  await page.getByRole('button', { name: `Remove Destination not ${first.keys[1]}` }).click();
  await settled(page);
  assert.equal(query(page).get('dest_address'), null);
  assert.deepEqual((await rows(page))[0].keys, first.keys);
  await closePage(page);
});

test('ports have names, and excluding either end leaves out both', async () => {
  const page = await open('/viewer?report=7&start=-24h&end=now');
  assert.match(await page.locator('tbody').textContent(), /443\s*https/);
  const [first] = await rows(page);
  await page.locator('tbody .drill').first().click();
  await page.getByRole('menuitem', { name: 'Exclude this port' }).click();
  await settled(page);
  assert.equal(query(page).get('source_port'), `-${first.keys[0]}`);
  assert.equal(query(page).get('dest_port'), `-${first.keys[0]}`);
  assert.ok((await rows(page)).every((row) => row.keys[0] !== first.keys[0]));
  await closePage(page);
});

test('a mistake is explained beside its field, and nothing typed is lost', async () => {
  const page = await open(DAY);
  await page.locator('#f-source_port').fill('80,70000');
  await page.locator('#f-dest_address').fill('10.0.0.0/8');
  await page.locator('#f-nexthop_ip').fill('not an address');
  await page.locator('#f-nexthop_ip').press('Enter');
  await settled(page);
  for (const name of ['source_port', 'nexthop_ip']) {
    assert.equal(await page.locator(`#f-${name}`).getAttribute('aria-invalid'), 'true', name);
    assert.notEqual(await page.locator(`#f-${name}-error`).textContent(), '', name);
  }
  assert.equal(await page.locator('#f-dest_address').getAttribute('aria-invalid'), null);
  assert.equal(await page.locator('#f-source_port').inputValue(), '80,70000');
  assert.equal(await page.locator('#f-dest_address').inputValue(), '10.0.0.0/8');
  assert.equal(await page.locator('#f-nexthop_ip').inputValue(), 'not an address');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'f-source_port');
  assert.ok(
    await page.locator('#answer.outdated table.report').isVisible(),
    'the former answer stays, marked',
  );
  await page.locator('#f-source_port').fill('');
  await page.locator('#f-nexthop_ip').fill('');
  await page.locator('#f-dest_address').fill('');
  await page.getByRole('button', { name: 'Run report' }).click();
  await settled(page);
  assert.equal(await page.locator('[aria-invalid="true"]').count(), 0);
  assert.equal(await page.locator('#answer.outdated').count(), 0);
  await closePage(page, /status of 400/);
});

test('a mistake in a folded field unfolds it', async () => {
  const page = await open(`${DAY}&cutoff_octets=many`);
  assert.ok(await page.locator('#f-cutoff_octets').isVisible());
  assert.equal(await page.locator('#f-cutoff_octets').getAttribute('aria-invalid'), 'true');
  assert.equal(await page.locator('#f-cutoff_octets').inputValue(), 'many');
  await closePage(page, /status of 400/);
});

test('a shared address shows the same view to somebody else', async () => {
  const page = await open(DAY);
  await page.locator('thead th.measure', { hasText: 'Packets' }).locator('button').click();
  await settled(page);
  await page.locator('#f-protocols').fill('tcp');
  await page.locator('#f-dest_port').fill('443, 1024:65535');
  await page.locator('#f-lines').fill('30');
  await page.locator('#f-lines').press('Enter');
  await settled(page);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Link' }).click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const other = await open(link);
  assert.deepEqual(
    (await rows(other)).map((row) => row.keys),
    (await rows(page)).map((row) => row.keys),
  );
  assert.equal(await other.locator('#f-protocols').inputValue(), 'tcp');
  assert.equal(await other.locator('#f-dest_port').inputValue(), '443, 1024:65535');
  assert.equal(await other.locator('#f-sort').inputValue(), 'packets');
  assert.equal((await rows(other)).length, 30);
  await closePage(other);
  await closePage(page);
});

test('periods: shortcuts, and one period back and forth', async () => {
  const page = await open('/viewer');
  await page.getByRole('button', { name: '6h' }).click();
  await settled(page);
  assert.equal(query(page).get('start'), '-6h');
  assert.equal(await page.getByRole('button', { name: '6h' }).getAttribute('aria-pressed'), 'true');
  assert.equal(await page.locator('#length').textContent(), '6\u00a0h');
  const shown = await page.locator('#period').textContent();
  await page.locator('#earlier').click();
  await settled(page);
  assert.equal(await page.locator('#length').textContent(), '6\u00a0h');
  assert.match(query(page).get('start'), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);
  await page.locator('#later').click();
  await settled(page);
  const seconds = (text) => text.slice(0, text.lastIndexOf(':'));
  assert.equal(
    seconds(await page.locator('#period').textContent()).slice(0, 14),
    seconds(shown).slice(0, 14),
  );
  await closePage(page);
});

test('every report of the menu has an answer', async () => {
  const page = await open('/viewer?start=-6h&end=now');
  const reports = await page
    .locator('#f-report option')
    .evaluateAll((list) => list.map((option) => [option.value, option.textContent]));
  assert.equal(reports.length, 20);
  for (const [value, title] of reports) {
    await page.locator('#f-report').selectOption(value);
    await settled(page);
    assert.equal(query(page).get('report'), value);
    assert.equal(await page.locator('#title').textContent(), title);
    const content = value === '99' ? '.distribution tbody tr' : 'table.report tbody tr';
    assert.ok((await page.locator(content).count()) > 0, title);
  }
  await closePage(page);
});

test('an answer without flows says why', async () => {
  const page = await open(`${DAY}&source_address=203.0.113.7&dest_address=203.0.113.8`);
  assert.match(await page.locator('.empty').textContent(), /filter matched no flows/);
  await page.getByRole('button', { name: 'Remove all conditions' }).click();
  await settled(page);
  assert.ok((await rows(page)).length > 0);
  await page.goto('/viewer?report=9&start=2020-01-01T00:00:00&end=2020-01-02T00:00:00');
  await settled(page);
  assert.match(
    await page.locator('.empty').textContent(),
    /No data in this period.*run from \d{4}-.* to \d{4}-/,
  );
  await page.getByRole('button', { name: 'Show the last hour with data' }).click();
  await settled(page);
  assert.ok((await rows(page)).length > 0);
  await closePage(page);
});

test('the sampling multiplier multiplies and marks', async () => {
  const page = await open('/viewer?report=12&start=2000-01-01T00:00:00&end=now');
  const once = column(await rows(page), 'Flows');
  await page.goto('/viewer?report=12&start=2000-01-01T00:00:00&end=now&sampling_multiplier=100');
  await settled(page);
  assert.ok(await page.locator('#f-sampling_multiplier').isVisible());
  assert.deepEqual(
    column(await rows(page), 'Flows'),
    once.map((n) => n * 100),
  );
  assert.match(await page.locator('thead').textContent(), /Flows\*/);
  await closePage(page);
});

test('CSV, JSON, text and curl ask the same question', async () => {
  const page = await open(`${DAY}&lines=5&protocols=udp`);
  const [first] = await rows(page);
  const fetchText = (name) =>
    page.getByRole('link', { name }).evaluate((a) => fetch(a.href).then((r) => r.text()));
  const csv = (await fetchText('CSV')).trim().split('\r\n');
  assert.equal(csv.length, 6);
  assert.deepEqual(csv[1].split(',').slice(0, 2), first.keys);
  assert.deepEqual(JSON.parse(await fetchText('JSON')).rows[0].slice(0, 2), first.keys);
  assert.match(await fetchText('Text'), new RegExp(first.keys[0].replaceAll('.', '\\.')));
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'curl' }).click();
  assert.match(
    await page.evaluate(() => navigator.clipboard.readText()),
    /^curl -s 'http:.*protocols=udp.*'$/,
  );
  await closePage(page);
});

test('what is typed and not yet asked survives a click elsewhere', async () => {
  const page = await open(DAY);
  await page.locator('#f-protocols').fill('tcp');
  await page.locator('thead th.measure', { hasText: 'Packets' }).locator('button').click();
  await settled(page);
  assert.equal(await page.locator('#f-protocols').inputValue(), 'tcp');
  assert.equal(query(page).get('protocols'), 'tcp');
  assert.equal(query(page).get('sort'), 'packets');
  await page.locator('#f-source_as').fill('not a number');
  await page.locator('tbody .drill').first().click();
  await page.getByRole('menuitem', { name: 'Exclude this source' }).click();
  await settled(page);
  assert.equal(await page.locator('#f-source_as').inputValue(), 'not a number');
  assert.equal(await page.locator('#f-source_as').getAttribute('aria-invalid'), 'true');
  await closePage(page, /status of 400/);
});

test('a cutoff that nothing reaches is said', async () => {
  const page = await open(`${DAY}&cutoff_octets=999999999999`);
  assert.match(await page.locator('.empty').textContent(), /No row reaches the cutoff/);
  await page.getByRole('button', { name: 'Remove the cutoff' }).click();
  await settled(page);
  assert.ok((await rows(page)).length > 0);
  await closePage(page);
});
