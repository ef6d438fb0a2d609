// summary: report 99 - totals, averages and how sizes and times are distributed.

import { h } from './dom.js';
import { count, octetText, bitRateText, percent, duration, milliseconds } from './format.js';

const decimal = (n) =>
  typeof n === 'number' ? n.toLocaleString('en-GB', { maximumFractionDigits: 1 }) : '–';
const perSecond = (n) => (typeof n === 'number' ? `${decimal(n)}\u00a0/s` : '–');

/** [label, value(summary, units), explanation] */
const AVERAGES = [
  [
    'Flow time',
    (s) => milliseconds(Math.round(s.average_flow_milliseconds)),
    'sum of the flows’ durations / flows',
  ],
  ['Packet size', (s) => `${decimal(s.average_packet_octets)} octets`, 'octets / packets'],
  [
    'Flow size',
    (s, units) => (units ? octetText(s.average_flow_octets) : `${decimal(s.average_flow_octets)} octets`),
    'octets / flows',
  ],
  ['Packets per flow', (s) => decimal(s.average_flow_packets), 'packets / flows'],
];
const TIMES = [
  [
    'Duration of data',
    (s) => duration(Math.round(s.data_milliseconds / 1000)),
    'first start to last end, by the exporters’ clocks',
  ],
  ['Flows per second', (s) => perSecond(s.flows_per_second), 'over the duration of data'],
  ['Bit rate', (s) => bitRateText(s.kbits_per_second * 1000), 'over the duration of data'],
  ['Time of export', (s) => duration(s.real_seconds), 'first to last export'],
  ['Flows per second exported', (s) => perSecond(s.real_flows_per_second), 'over the time of export'],
  ['Bit rate exported', (s) => bitRateText(s.real_kbits_per_second * 1000), 'over the time of export'],
  ['Sum of flow times', (s) => duration(Math.round(s.duration / 1000)), 'of all matched flows'],
];

/** [member, heading, unit of the bounds] */
const DISTRIBUTIONS = [
  ['packet_octets', 'Packet size', 'octets'],
  ['flow_packets', 'Packets per flow', 'packets'],
  ['flow_octets', 'Octets per flow', 'octets'],
  ['flow_milliseconds', 'Flow time', 'ms'],
];

function facts(title, list, summary, units) {
  return h(
    'section',
    { class: 'card' },
    h('h3', {}, title),
    h(
      'dl',
      { class: 'facts' },
      list.map(([label, value, why]) =>
        h('div', { title: why }, h('dt', {}, label), h('dd', {}, value(summary, units))),
      ),
    ),
  );
}

/** "33 – 64", "over 4,096" */
function range(buckets, i) {
  const from = i === 0 ? 0 : buckets[i - 1].to + 1;
  const { to } = buckets[i];
  if (to === null) return `over ${count(from - 1)}`;
  return from === to ? count(to) : `${count(from)} – ${count(to)}`;
}

function distribution([member, title, unit], summary) {
  const buckets = summary[member] ?? [];
  const total = buckets.reduce((sum, bucket) => sum + bucket.records, 0);
  const most = Math.max(1, ...buckets.map((bucket) => bucket.records));
  const first = buckets.findIndex((bucket) => bucket.records > 0);
  const last = buckets.findLastIndex((bucket) => bucket.records > 0);
  const row = (bucket, i) =>
    h(
      'tr',
      { css: { '--share': bucket.records / most } },
      h('th', { scope: 'row' }, range(buckets, i)),
      h('td', { class: 'distribution-bar' }, h('span', { class: 'bar', 'aria-hidden': 'true' })),
      h('td', {}, percent(bucket.records, total)),
      h('td', {}, count(bucket.records)),
    );
  return h(
    'section',
    { class: 'card' },
    h('h3', {}, title),
    h(
      'table',
      { class: 'distribution' },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, unit),
          h('th', { scope: 'col', colspan: '2' }, 'Share of flows'),
          h('th', { scope: 'col' }, 'Flows'),
        ),
      ),
      h(
        'tbody',
        {},
        buckets.map((bucket, i) => (i >= first && i <= last && first >= 0 ? row(bucket, i) : null)),
      ),
    ),
  );
}

export function summaryReport(answer, state) {
  const units = state.units !== 'off';
  return h(
    'div',
    { class: 'summary' },
    h(
      'div',
      { class: 'cards' },
      facts('Averages', AVERAGES, answer.summary, units),
      facts('Times and rates', TIMES, answer.summary, units),
    ),
    h(
      'div',
      { class: 'cards' },
      DISTRIBUTIONS.map((d) => distribution(d, answer.summary)),
    ),
  );
}
