// answer: the right side of the viewer - title, period, totals, honesty line and table of one
// answer. go(change): show the view that change(current view) gives.

import { h, fill, announce } from './dom.js';
import { count, duration, octetText, bitRateText, short } from './format.js';
import { span, parameter } from './time.js';
import { changed } from './state.js';
import { neighbour } from './shortcuts.js';
import { reportTable } from './table.js';
import { summaryReport } from './summary.js';
import { honestyLine } from './honesty.js';
import { whyEmpty, belowCutoff } from './empty.js';
import { keepFocus } from './focus.js';
import { exportBar } from './exports.js';

const $ = (id) => document.getElementById(id);
const STEPS = [250, 1000, 5000];

export function showAnswer(answer, asked, { devices, go }) {
  const empty = answer.stats?.flows_matched === 0;
  $('answer').hidden = false;
  $('answer').classList.remove('outdated');
  $('title').textContent = answer.title;
  document.title = `${answer.title} – FlowViewer`;
  showPeriod(answer, go);
  fill($('exports'), exportBar(answer, asked));
  fill($('totals'), empty ? [] : totals(answer, asked));
  fill($('honesty'), honestyLine(answer));
  keepFocus($('body'), $('result'), () => {
    fill($('body'), empty ? whyEmpty(answer, asked, devices, go) : body(answer, asked, go));
  });
  announce(empty ? 'No flows' : `${answer.title}: ${count(answer.rows_total)} rows`);
}

/** The former answer stays in sight while there is no new one, but says so by its looks. */
export function markOutdated() {
  const there = !$('answer').hidden;
  $('answer').classList.toggle('outdated', there);
  return there;
}

function body(answer, asked, go) {
  if (answer.summary) return summaryReport(answer, asked);
  if (answer.rows.length === 0) return belowCutoff(answer, go);
  return [reportTable(answer, asked, go), moreLines(answer, asked, go)];
}

function showPeriod(answer, go) {
  const known = typeof answer.start === 'number' && typeof answer.end === 'number';
  const ends = known ? span(answer.start, answer.end).split(/(?<= –) /) : ['All stored flows'];
  const whole = (text, i) => [i > 0 && ' ', h('span', { class: 'nowrap' }, text)];
  fill($('period'), ends.map(whole));
  $('length').textContent = known ? duration(answer.end - answer.start) : '';
  showNeighbour($('earlier'), known && neighbour(answer, -1), go);
  showNeighbour($('later'), known && neighbour(answer, 1), go);
}

function showNeighbour(button, to, go) {
  button.disabled = !to || to.start > Date.now() / 1000;
  button.onclick = () =>
    go((state) => changed(state, { start: parameter(to.start), end: parameter(to.end) }));
}

/** Of all matched flows, whatever the table shows. */
function totals(answer, asked) {
  const t = answer.totals;
  const seconds = answer.end - answer.start;
  const mark = answer.coverage?.sampling_multiplier > 1 ? '*' : '';
  const octets = asked.units === 'off' ? count(t.octets) : octetText(t.octets);
  const rate = bitRateText((t.octets * 8) / seconds);
  const tile = (label, value, exact) =>
    h('div', { class: 'total', title: exact }, h('dt', {}, label), h('dd', {}, value));
  return [
    tile(`Flows${mark}`, short(t.flows), `${count(t.flows)} flows`),
    tile(`Octets${mark}`, octets, `${count(t.octets)} octets`),
    tile(`Packets${mark}`, short(t.packets), `${count(t.packets)} packets`),
    seconds > 0 && tile(`Average rate${mark}`, rate, 'octets × 8 / length of the period'),
    !answer.summary && tile('Rows', count(answer.rows_total), 'groups of matched flows'),
  ];
}

function moreLines(answer, asked, go) {
  const shown = answer.rows.length;
  if (shown >= answer.rows_total || asked.cutoff_octets) return null;
  const larger = STEPS.filter((n) => n > shown);
  const useful = larger.filter((_, i) => i === 0 || answer.rows_total > larger[i - 1]).slice(0, 2);
  return h(
    'p',
    { class: 'more' },
    useful.map((n) => {
      const label =
        answer.rows_total <= n ? `Show all ${count(answer.rows_total)} rows` : `Show ${count(n)} rows`;
      const more = () => go((state) => changed(state, { lines: String(n) }));
      return h('button', { type: 'button', class: 'quiet', on: { click: more } }, label);
    }),
  );
}
