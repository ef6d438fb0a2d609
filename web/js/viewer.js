// viewer: the FlowViewer page - a question in the form and in the URL, its answer beside it.

import { get, ApiError } from './api.js';
import { h, fill, icon } from './dom.js';
import { setZone } from './time.js';
import { parse, format, parameters, changed, same } from './state.js';
import { SORTS, fieldOf } from './fields.js';
import { createForm } from './form.js';
import { showAnswer, markOutdated } from './answer.js';
import { showChips } from './chips.js';
import { progressBar } from './progress.js';
import { run, Cancelled } from './running.js';
import { themeButton } from './theme.js';
import { showHealth } from './health.js';

const $ = (id) => document.getElementById(id);
const HEALTH_EVERY = 15000;

let state = parse(location.search);
let running = null;
let status = null;

const form = createForm($('filter'), {
  onRun: () => go((current) => current),
  onReset: () => view(parse('')),
});
const statusKnown = refreshStatus();

// ---- views ----

/** The view of the form as it stands: what was typed but not yet asked counts too, so that a
 * click elsewhere never throws it away. */
function typed() {
  const fields = form.read();
  const other = fields.report !== (state.report ?? '') || fields.keys !== (state.keys ?? '');
  const column = fields.sort.replace(/^-/, '');
  // A column of the former report cannot order another one.
  if (other && !SORTS.some(([measure]) => measure === column)) fields.sort = '';
  return changed(state, fields);
}

/** Show the view that a change makes of the current one. */
function go(change) {
  view(change(typed()));
}

/** The browser remembers each view, so that Back is undo. */
function view(next) {
  if (!same(next, state) || location.search === '') {
    history.pushState(null, '', `${location.pathname}?${format(next)}`);
  }
  state = next;
  show();
}

function show() {
  form.write(state);
  form.clearErrors();
  const conditions = showChips($('chips'), state, go);
  $('filter-count').textContent = conditions > 0 ? ` (${conditions})` : '';
  ask();
}

// ---- question and answer ----

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
    if (running !== mine) return;
    showAnswer(answer, asked, { devices: status?.devices ?? [], go });
    openForm(false);
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

function showFailure(error) {
  const previous = markOutdated() ? ' What is shown below is the previous answer.' : '';
  if (error instanceof Cancelled) {
    notice('info', 'Cancelled.', previous);
    return;
  }
  if (!(error instanceof ApiError)) throw error;
  if (error.errors.length === 0) {
    notice('bad', error.message, previous);
    return;
  }
  openForm(true); // before the first wrong field gets the focus
  const homeless = form.showErrors(error.errors);
  const told = ({ parameter, detail }) => `${fieldOf(parameter)?.label ?? parameter}: ${detail}`;
  notice('bad', 'Not run.', ` ${error.errors.map(told).join('; ')}.${previous}`, homeless.length > 0);
}

function notice(level, strong, rest, again = true) {
  const button = () => h('button', { type: 'button', class: 'quiet', on: { click: show } }, 'Ask again');
  const text = h('p', {}, h('strong', {}, strong), rest);
  fill(
    $('notices'),
    h('div', { class: `notice ${level}`, role: 'alert' }, icon('warning'), text, again && button()),
  );
}

// ---- around it ----

/** On a narrow screen the form and the answer take turns. */
function openForm(open) {
  $('filter-toggle').setAttribute('aria-expanded', String(open));
  $('panel').classList.toggle('open', open);
}

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

$('filter-toggle').addEventListener('click', () => openForm(!$('panel').classList.contains('open')));
window.addEventListener('popstate', () => {
  state = parse(location.search);
  show();
});
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target.matches('input, select, textarea')) return;
  event.preventDefault();
  openForm(true);
  $('f-source_address').focus();
});
themeButton($('theme'));
setInterval(refreshStatus, HEALTH_EVERY);
show();
