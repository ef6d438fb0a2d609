// viewer: the FlowViewer page - a question in the form and in the URL, its answer beside it.

import { get, ApiError } from './api.js';
import { h, fill, icon, announce } from './dom.js';
import { count, duration, octetText, bitRateText, short } from './format.js';
import { setZone, span, parameter } from './time.js';
import { parse, format, parameters, changed, same } from './state.js';
import { createForm } from './form.js';
import { neighbour } from './shortcuts.js';
import { reportTable } from './table.js';
import { summaryReport } from './summary.js';
import { honestyLine } from './honesty.js';
import { whyEmpty, belowCutoff } from './empty.js';
import { showChips } from './chips.js';
import { keepFocus } from './focus.js';
import { exportBar } from './exports.js';
import { progressBar } from './progress.js';
import { run, Cancelled } from './running.js';
import { themeButton } from './theme.js';
import { showHealth } from './health.js';
import { fieldOf } from './fields.js';

const $ = (id) => document.getElementById(id);
const HEALTH_EVERY = 15000;

let state = parse(location.search);
let running = null;
let status = null;

const form = createForm($('filter'), {
  onRun: (fields) => go(changed(state, forReport(fields))),
  onReset: () => go(parse('')),
});

const statusKnown = refreshStatus();

/** A column of the former report cannot order another one. */
function forReport(fields) {
  const other = fields.report !== (state.report ?? '') || fields.keys !== (state.keys ?? '');
  return other && /_|address|port|protocol|tos|exporter|device/.test(fields.sort)
    ? { ...fields, sort: '' }
    : fields;
}

/** Show that view: remembered by the browser, so that Back is undo. */
function go(next) {
  if (!same(next, state) || location.search === '') {
    history.pushState(null, '', `${location.pathname}?${format(next)}`);
  }
  state = next;
  show();
}

function show() {
  form.write(state);
  form.clearErrors();
  const chips = showChips($('chips'), state, go);
  $('filter-count').textContent = chips > 0 ? ` (${chips > 1 ? chips - 1 : chips})` : '';
  ask();
}

async function ask() {
  if (running) running.cancel();
  const asked = state;
  const mine = run('/report', { ...parameters(asked), resolve: 'true' }, (info) => {
    if (running === mine) progressBar($('progress'), info, () => mine.cancel());
  });
  running = mine;
  $('result').setAttribute('aria-busy', 'true');
  fill($('notices'));
  try {
    const answer = await mine.answer;
    await statusKnown;
    if (running === mine) showAnswer(answer, asked);
  } catch (error) {
    if (running === mine) showFailure(error);
  } finally {
    if (running === mine) {
      running = null;
      progressBar($('progress'), null);
      $('result').setAttribute('aria-busy', 'false');
    }
  }
}

function showAnswer(answer, asked) {
  $('answer').hidden = false;
  $('answer').classList.remove('outdated');
  $('title').textContent = answer.title;
  document.title = `${answer.title} – FlowViewer`;
  showPeriod(answer);
  fill($('exports'), exportBar(answer, asked));
  const empty = (answer.totals?.flows ?? 0) === 0 && answer.stats?.flows_matched === 0;
  fill($('totals'), empty ? [] : totals(answer, asked));
  fill($('honesty'), honestyLine(answer));
  keepFocus($('body'), $('result'), () =>
    fill($('body'), empty ? whyEmpty(answer, asked, status?.devices ?? [], go) : body(answer, asked)),
  );
  announce(empty ? 'No flows' : `${answer.title}: ${count(answer.rows_total)} rows`);
  collapseForm();
}

function body(answer, asked) {
  if (answer.summary) return summaryReport(answer, asked);
  if (answer.rows.length === 0) return belowCutoff(answer, asked, go);
  const handlers = { go, onSort: (sort) => go(changed(asked, { sort })) };
  return [reportTable(answer, asked, handlers), moreLines(answer, asked)];
}

function showPeriod(answer) {
  const known = typeof answer.start === 'number' && typeof answer.end === 'number';
  const ends = known ? span(answer.start, answer.end).split(/(?<= –) /) : ['All stored flows'];
  fill(
    $('period'),
    ends.map((text) => [h('span', { class: 'nowrap' }, text), ' ']),
  );
  $('length').textContent = known ? duration(answer.end - answer.start) : '';
  for (const [id, direction] of [
    ['earlier', -1],
    ['later', 1],
  ]) {
    const to = known && neighbour(answer, direction);
    $(id).disabled = !known || to.start > Date.now() / 1000;
    $(id).onclick = () => go(changed(state, { start: parameter(to.start), end: parameter(to.end) }));
  }
}

/** Of all matched flows, whatever the table shows. */
function totals(answer, asked) {
  const t = answer.totals;
  const seconds = answer.end - answer.start;
  const mark = answer.coverage?.sampling_multiplier > 1 ? '*' : '';
  const tile = (label, value, exact) =>
    h('div', { class: 'total', title: exact }, h('dt', {}, label + mark), h('dd', {}, value));
  return [
    tile('Flows', short(t.flows), `${count(t.flows)} flows`),
    tile(
      'Octets',
      asked.units === 'off' ? count(t.octets) : octetText(t.octets),
      `${count(t.octets)} octets`,
    ),
    tile('Packets', short(t.packets), `${count(t.packets)} packets`),
    seconds > 0 &&
      tile('Average rate', bitRateText((t.octets * 8) / seconds), 'octets × 8 / length of the period'),
    !answer.summary &&
      h('div', { class: 'total' }, h('dt', {}, 'Rows'), h('dd', {}, count(answer.rows_total))),
  ];
}

function moreLines(answer, asked) {
  const shown = answer.rows.length;
  if (shown >= answer.rows_total || asked.cutoff_octets) return null;
  const steps = [250, 1000, 5000].filter((n) => n > shown).slice(0, 2);
  return h(
    'p',
    { class: 'more' },
    steps
      .map((n) =>
        h(
          'button',
          {
            type: 'button',
            class: 'quiet',
            on: { click: () => go(changed(asked, { lines: String(n) })) },
          },
          answer.rows_total <= n ? `Show all ${count(answer.rows_total)} rows` : `Show ${count(n)} rows`,
        ),
      )
      .filter((_, i) => i === 0 || answer.rows_total > steps[i - 1]),
  );
}

function showFailure(error) {
  const stale = !$('answer').hidden;
  $('answer').classList.toggle('outdated', stale);
  if (error instanceof Cancelled) {
    notice('info', 'Cancelled.', stale ? ' The table below is the previous answer.' : '');
    return;
  }
  if (!(error instanceof ApiError)) throw error;
  if (error.errors.length > 0) openForm(); // before the first wrong field gets the focus
  const inForm = error.errors.length - form.showErrors(error.errors).length;
  const details = error.errors
    .map((e) => `${fieldOf(e.parameter)?.label ?? e.parameter}: ${e.detail}`)
    .join('; ');
  const previous = stale ? ' The table below is the previous answer.' : '';
  if (inForm > 0) notice('bad', 'Not run.', ` ${details}.${previous}`, false);
  else notice('bad', error.message, ` ${details}${previous}`);
}

function notice(level, strong, rest, again = true) {
  fill(
    $('notices'),
    h(
      'div',
      { class: `notice ${level}`, role: 'alert' },
      icon('warning'),
      h('p', {}, h('strong', {}, strong), rest),
      again && h('button', { type: 'button', class: 'quiet', on: { click: show } }, 'Ask again'),
    ),
  );
}

/* On a narrow screen the form gives way to the answer. */
function setForm(open) {
  $('filter-toggle').setAttribute('aria-expanded', String(open));
  $('panel').classList.toggle('open', open);
}
const openForm = () => setForm(true);
const collapseForm = () => setForm(false);

async function refreshStatus() {
  try {
    status = await get('/status');
    setZone(status.time_zone);
    form.setDevices((status.devices ?? []).map((device) => device.name));
  } catch {
    status = null;
  }
  showHealth($('health'), status);
}

$('filter-toggle').addEventListener('click', () => setForm(!$('panel').classList.contains('open')));
window.addEventListener('popstate', () => {
  state = parse(location.search);
  show();
});
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && !event.target.matches('input, select, textarea')) {
    event.preventDefault();
    openForm();
    $('f-source_address').focus();
  }
});
themeButton($('theme'));
setInterval(refreshStatus, HEALTH_EVERY);
show();
