// status: the daemon at a glance, refreshed in place every few seconds.

import { get, post, remove } from './api.js';
import { h, hidden, icon, announce } from './dom.js';
import { count, duration, octetText, short, coverageText, milliseconds, plural } from './format.js';
import { setZone, moment } from './time.js';
import { patch } from './patch.js';
import { themeButton } from './theme.js';
import { healthOf, showHealth } from './health.js';

const $ = (id) => document.getElementById(id);
const EVERY = 3000;
const FILES = 100;

// ---- tables ----

/** columns: [label, cell(row), numeric]. */
function table(label, columns, rows, rowClass = () => '') {
  return h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': label },
    h(
      'table',
      { class: 'plain-table' },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          columns.map(([name, , numeric]) =>
            h(
              'th',
              { scope: 'col', class: numeric ? 'number' : undefined },
              name === '' ? hidden('Action') : name,
            ),
          ),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map((row) =>
          h(
            'tr',
            { class: rowClass(row) || undefined },
            columns.map(([, cell, numeric]) => h('td', { class: numeric ? 'number' : undefined }, cell(row))),
          ),
        ),
      ),
    ),
  );
}

const lagText = (d) =>
  typeof d.lag_seconds === 'number' ? `${duration(Math.max(0, Math.round(d.lag_seconds)))}` : '–';
const isSilent = (d) => d.lag_seconds > 15 * 60;
const alarmed = (n) => (n > 0 ? h('strong', { class: 'alarm' }, count(n)) : '0');

const DEVICE_COLUMNS = [
  [
    'Device',
    (d) => [
      h('a', { href: `/viewer?report=10&start=-1h&end=now&device=${encodeURIComponent(d.name)}` }, d.name),
      d.configured === false && h('span', { class: 'muted' }, ' no longer configured'),
      d.readable === false && h('strong', { class: 'alarm' }, ` ${d.error || 'directory unreadable'}`),
    ],
  ],
  ['Flows', (d) => count(d.flows), true],
  ['First flow', (d) => moment(d.first)],
  ['Last flow', (d) => moment(d.last)],
  ['Lag', (d) => (isSilent(d) ? h('strong', { class: 'alarm' }, lagText(d)) : lagText(d)), true],
  ['Source files', (d) => count(d.source_files), true],
  ['Queued', (d) => count(d.queued_files), true],
  ['Damaged', (d) => alarmed(d.damaged_files), true],
  ['Failed', (d) => alarmed(d.failed_files), true],
  ['Source size', (d) => octetText(d.source_bytes), true],
  ['Store size', (d) => octetText(d.store_bytes), true],
  [
    'Store / source',
    (d) => (d.source_bytes > 0 ? `${Math.round((d.store_bytes / d.source_bytes) * 100)}\u00a0%` : '–'),
    true,
  ],
];

const FILE_COLUMNS = [
  ['State', (f) => h('span', { class: `state ${f.state}` }, f.state)],
  ['Device', (f) => f.device],
  ['File', (f) => h('code', {}, f.path)],
  ['Reason', (f) => f.reason ?? ''],
  ['Flows used', (f) => count(f.flows), true],
  ['Size', (f) => octetText(f.bytes), true],
  ['Seen', (f) => moment(f.seen)],
];

/** "report?report=10&start=-1h" without what only the page needs; a report opens in the viewer. */
function question(description) {
  const [path, query = ''] = description.split('?');
  const parameters = new URLSearchParams(query);
  for (const name of ['query_id', 'resolve']) parameters.delete(name);
  const text = [...parameters].map(([name, value]) => `${name}=${value}`).join(' ');
  if (path !== 'report') return h('code', {}, `${path} ${text}`);
  return h('a', { class: 'question', href: `/viewer?${parameters}` }, h('code', {}, text));
}

const QUERY_COLUMNS = [
  ['State', (q) => h('span', { class: `state ${q.state}` }, q.state)],
  ['Question', (q) => question(q.description)],
  [
    'Progress',
    (q) =>
      q.state === 'running'
        ? h('progress', { max: '1', value: q.progress, 'aria-label': 'Progress' })
        : `${short(q.flows_scanned)} flows`,
  ],
  ['Started', (q) => moment(q.started)],
  ['Time', (q) => milliseconds(q.elapsed_ms), true],
  [
    '',
    (q) =>
      q.state === 'running' || q.state === 'waiting'
        ? h('button', { type: 'button', class: 'small', 'data-cancel': q.id }, 'Cancel')
        : '',
  ],
];

// ---- parts ----

function figures(status) {
  const devices = status.devices ?? [];
  const sum = (member) => devices.reduce((total, d) => total + (d[member] ?? 0), 0);
  const wrong = sum('failed_files') + sum('damaged_files');
  const tile = (label, value, level) =>
    h('div', { class: `total ${level ?? ''}` }, h('dt', {}, label), h('dd', {}, value));
  const ratio =
    sum('source_bytes') > 0
      ? ` (${Math.round((sum('store_bytes') / sum('source_bytes')) * 100)}\u00a0%)`
      : '';
  return [
    tile('Flows stored', short(sum('flows'))),
    tile('Devices', count(devices.length)),
    tile('Files in queue', count(status.ingest?.queue)),
    tile('Failed or damaged files', count(wrong), wrong > 0 ? 'warn' : ''),
    tile('Stored size (of source)', `${octetText(sum('store_bytes'))}${ratio}`),
    tile('Queries running', count(status.queries?.running ?? 0)),
  ];
}

function ingestNodes(status) {
  const ingest = status.ingest ?? {};
  const health = healthOf(status);
  const working = ingest.queue > 0;
  const running = !ingest.state || ingest.state === 'running';
  const nodes = [];
  if (health.level === 'bad' || health.level === 'warn') {
    nodes.push(
      h(
        'div',
        { class: `notice ${health.level}` },
        icon('warning'),
        h(
          'p',
          {},
          h('strong', {}, `${health.text}. `),
          health.detail && `${health.detail.replace(/\.$/, '')}.`,
          ingest.state === 'disk-full' && ' Queries go on; reading resumes by itself when there is room.',
        ),
      ),
    );
  }
  if (working) {
    nodes.push(
      h(
        'div',
        { class: 'ingest-line' },
        h('progress', { max: '1', value: ingest.progress ?? 0, 'aria-label': 'Flow files read' }),
        h(
          'span',
          {},
          `${coverageText(ingest.progress ?? 0)} read · ${plural(ingest.queue, 'file')} to go · ${short(Math.round(ingest.rate_flows_per_second ?? 0))} flows/s`,
        ),
      ),
    );
  } else if (running) {
    nodes.push(
      h('p', { class: 'ingest-idle' }, icon('good'), 'All flow files are read; waiting for new ones.'),
    );
  }
  nodes.push(
    h(
      'p',
      { class: 'muted' },
      `Watching with ${ingest.watcher ?? 'nothing'}`,
      ` · since start ${count(ingest.files_done)} files with ${short(ingest.flows_done)} flows read`,
    ),
  );
  return nodes;
}

function about(status) {
  const parts = [`flowviewerd ${status.version}`, `up ${duration(Math.round(status.uptime))}`];
  if (status.processors) parts.push(`${count(status.processors)} processors`);
  if (status.memory_bytes) parts.push(`${octetText(status.memory_bytes)} resident`);
  parts.push(status.time_zone || 'system time zone');
  return parts.join(' · ');
}

function showStatus(status) {
  setZone(status.time_zone);
  showHealth($('health'), status);
  $('about').textContent = about(status);
  patch($('figures'), figures(status));
  patch($('ingest'), ingestNodes(status));
  patch(
    $('devices'),
    status.devices?.length > 0
      ? [table('Devices', DEVICE_COLUMNS, status.devices)]
      : [
          h(
            'p',
            { class: 'muted' },
            'No device is configured. The config file names their directories: device NAME directory "PATH"',
          ),
        ],
  );
}

function showFiles(failed, damaged) {
  const files = [...failed.files, ...damaged.files];
  const total = (failed.total ?? failed.files.length) + (damaged.total ?? damaged.files.length);
  $('files-section').hidden = files.length === 0;
  if (files.length === 0) return;
  patch($('files'), [
    table('Failed and damaged files', FILE_COLUMNS, files),
    total > files.length &&
      h('p', { class: 'muted' }, `The newest ${count(files.length)} of ${count(total)}.`),
  ]);
}

function showQueries(queries) {
  const list = [...queries].sort((a, b) => (b.state === 'running') - (a.state === 'running')).slice(0, 12);
  patch(
    $('queries'),
    list.length > 0
      ? [table('Queries', QUERY_COLUMNS, list)]
      : [h('p', { class: 'muted' }, 'None running, none lately.')],
  );
}

// ---- rounds ----

async function refresh() {
  try {
    const [status, queries] = await Promise.all([get('/status'), get('/queries')]);
    const wrong = (status.devices ?? []).some((d) => d.failed_files > 0 || d.damaged_files > 0);
    showStatus(status);
    showQueries(queries.queries ?? []);
    const none = { files: [], total: 0 };
    const lists = wrong
      ? await Promise.all(['failed', 'damaged'].map((state) => get('/ingest/files', { state, limit: FILES })))
      : [none, none];
    showFiles(...lists);
    patch($('notices'), []);
    $('status').classList.remove('outdated');
  } catch (error) {
    showHealth($('health'), null);
    $('status').classList.add('outdated');
    patch($('notices'), [
      h(
        'div',
        { class: 'notice bad', role: 'alert' },
        icon('warning'),
        h('p', {}, h('strong', {}, error.message), ' What is shown here is old; this page keeps asking.'),
      ),
    ]);
  }
}

/** A hidden page does not ask. */
async function round() {
  if (!document.hidden) await refresh();
  setTimeout(round, EVERY);
}

$('queries').addEventListener('click', async (event) => {
  const id = event.target.closest('[data-cancel]')?.dataset.cancel;
  if (!id) return;
  event.target.disabled = true;
  await remove(`/queries/${encodeURIComponent(id)}`).catch(() => {}); // it may just have ended
  announce('Query cancelled');
  refresh();
});

$('rescan').addEventListener('click', async () => {
  const button = $('rescan');
  button.disabled = true;
  try {
    await post('/ingest/rescan');
    button.textContent = 'Rescan started';
    announce('Rescan started');
  } catch (error) {
    button.textContent = error.message;
  }
  refresh();
  setTimeout(() => {
    button.textContent = 'Rescan directories';
    button.disabled = false;
  }, 2000);
});

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) refresh();
});
themeButton($('theme'));
round();
