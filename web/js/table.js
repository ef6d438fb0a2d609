// table: a ranked report. Sorting is the daemon's work, over all rows, so headings are questions.

import { h } from './dom.js';
import { count, octets, bitRate, percent, duration } from './format.js';
import { tosName, hex, flagLetters } from './codes.js';
import { drill, drillable } from './drill.js';
import { countsBothEnds } from './reports.js';
import { changed } from './state.js';

/** More columns than this do not fit beside the form on every screen. */
const MANY = 6;
const MEASURES = ['flows', 'octets', 'packets'];

/** What stands beside a value: the name of a port, a protocol, a host. */
function nameOf(column, value, names) {
  if (column.key === 'tos') return tosName(value);
  if (column.key === 'tcp_flags') return flagLetters(value);
  return names?.[`${column.type} ${value}`] ?? names?.[value] ?? '';
}

function written(column, value) {
  if (value === null || value === undefined) return '–';
  return column.key === 'tos' || column.key === 'tcp_flags' ? hex(value) : String(value);
}

const NUMBERS = [
  'flows',
  'octets',
  'packets',
  'duration',
  'bps',
  'pps',
  'fps',
  'octets_per_flow',
  'packets_per_flow',
];
const isKey = (column) => !NUMBERS.includes(column.key);
/** Numbers are aligned at their last digit, with their name after them. */
const isNumeric = (column) =>
  /port$|_as$|_if$|protocol|tos|flags|mask|engine|tag/.test(column.key) && column.key !== 'exporter';

function number({ value, unit }, exact) {
  return h(
    'span',
    { class: 'quantity', title: exact },
    h('span', {}, value),
    unit !== '' && h('span', { class: unit.endsWith('/s') ? 'unit rate' : 'unit' }, unit),
  );
}

function measure(column, value, units) {
  if (value === null || value === undefined) return '–';
  if (column.key === 'octets') return number(octets(value, units), `${count(value)} octets`);
  if (column.key === 'octets_per_flow')
    return number(octets(value, units), `${count(value)} octets per flow`);
  if (column.type === 'rate' || column.key === 'bps')
    return number(bitRate(value), `${count(value)} bits per second`);
  if (column.key === 'duration') return duration(value / 1000);
  return count(value);
}

function keyCell(column, value, at, view) {
  const name = nameOf(column, value, view.answer.names);
  const content = [
    h('span', { class: 'value' }, written(column, value)),
    name && h('span', { class: 'name' }, name),
  ];
  const cell = {
    class: `key${isNumeric(column) ? ' numeric' : ''}`,
    role: 'cell',
    'data-label': column.label,
  };
  if (!drillable(column.key) || value === null) return h('td', cell, h('span', { class: 'plain' }, content));
  return h(
    'td',
    cell,
    h(
      'button',
      {
        type: 'button',
        class: 'drill',
        tabindex: '-1',
        'data-focus': `drill-${column.key}:${at}`,
        'aria-haspopup': 'menu',
        'aria-expanded': 'false',
        on: { click: (event) => drill(event.currentTarget, { column, value, name }, view.go) },
      },
      content,
    ),
  );
}

function shareCell(row, view) {
  const value = row[view.shareIndex];
  const total = view.answer.totals[view.shareKey];
  const text = percent(value, total);
  return h(
    'td',
    {
      class: 'share',
      role: 'cell',
      'data-label': 'Share',
      css: { '--share': view.largest > 0 ? value / view.largest : 0 },
    },
    h(
      'div',
      { class: 'share-line' },
      h('span', { class: 'bar', 'aria-hidden': 'true' }),
      h('span', { class: 'percent' }, text),
    ),
  );
}

function rowNode(row, at, view) {
  return h(
    'tr',
    { role: 'row' },
    h('td', { class: 'rank', role: 'cell' }, count(at + 1)),
    view.keys.map((i) => keyCell(view.columns[i], row[i], at, view)),
    shareCell(row, view),
    view.numbers.map((i) =>
      h(
        'td',
        {
          class: `measure${view.columns[i].key === view.sortKey ? ' sorted' : ''}`,
          role: 'cell',
          'data-label': view.columns[i].label,
        },
        measure(view.columns[i], row[i], view.units),
      ),
    ),
  );
}

/** The question that a click on a heading asks: measures first descending, keys first ascending. */
export function nextSort(column, sort) {
  const key = column.key === 'bps' ? 'octets' : column.key;
  const up = `-${key}`;
  if (isKey(column)) return sort === up ? key : up;
  return sort === key ? up : key;
}

function heading(column, view) {
  const sortable =
    isKey(column) || MEASURES.includes(column.key) || column.key === 'bps' || column.key === 'duration';
  const sorted = view.sortKey === column.key;
  const order = view.ascending ? 'ascending' : 'descending';
  const sampled = view.sampled && !isKey(column) ? '*' : '';
  const label = [
    column.label + sampled,
    sorted && h('span', { class: 'arrow', 'aria-hidden': 'true' }, view.ascending ? '▲' : '▼'),
  ];
  return h(
    'th',
    {
      scope: 'col',
      role: 'columnheader',
      class: isKey(column) ? 'key' : `measure${sorted ? ' sorted' : ''}`,
      'aria-sort': sorted ? order : undefined,
    },
    sortable
      ? h(
          'button',
          {
            type: 'button',
            class: 'sort',
            'data-focus': `sort:${column.key}`,
            on: { click: () => view.go((state) => changed(state, { sort: nextSort(column, view.sort) })) },
          },
          label,
        )
      : label,
  );
}

function sumOf(rows, index) {
  return rows.reduce((sum, row) => sum + (row[index] ?? 0), 0);
}

/** Rows shown and rows left out, so that the columns add up to the totals above. */
function foot(view) {
  const { answer, columns, numbers } = view;
  const line = (label, value, share) =>
    h(
      'tr',
      { role: 'row' },
      h(
        'th',
        { scope: 'row', role: 'rowheader', colspan: String(view.keys.length + 1), class: 'foot-label' },
        label,
      ),
      h(
        'td',
        { class: 'share', role: 'cell' },
        h('div', { class: 'share-line' }, h('span', { class: 'percent' }, share)),
      ),
      numbers.map((i) =>
        h(
          'td',
          { class: 'measure', role: 'cell', 'data-label': columns[i].label },
          MEASURES.includes(columns[i].key) ? measure(columns[i], value(i), view.units) : '',
        ),
      ),
    );
  const shown = (i) => sumOf(answer.rows, i);
  const left = answer.rows_total - answer.rows.length;
  const lines = [
    line(
      `${count(answer.rows.length)} of ${count(answer.rows_total)} rows`,
      shown,
      percent(shown(view.shareIndex), answer.totals[view.shareKey]),
    ),
  ];
  if (left > 0 && !view.both) {
    const rest = (i) => Math.max(0, answer.totals[columns[i].key] - shown(i));
    lines.push(
      line(
        `${count(left)} rows not shown`,
        rest,
        percent(rest(view.shareIndex), answer.totals[view.shareKey]),
      ),
    );
  }
  return h('tfoot', { role: 'rowgroup' }, lines);
}

/** Arrow keys walk the values; one stop for Tab, not hundreds. */
function walk(table) {
  const cells = () =>
    [...table.querySelectorAll('tbody tr')].map((row) => [...row.querySelectorAll('button.drill')]);
  const first = table.querySelector('button.drill');
  if (first) first.tabIndex = 0;
  table.addEventListener('keydown', (event) => {
    if (!event.target.matches('button.drill')) return;
    const grid = cells();
    const y = grid.findIndex((row) => row.includes(event.target));
    const x = grid[y].indexOf(event.target);
    const target = {
      ArrowDown: grid[y + 1]?.[x],
      ArrowUp: grid[y - 1]?.[x],
      ArrowRight: grid[y][x + 1],
      ArrowLeft: grid[y][x - 1],
      Home: grid[0][x],
      End: grid[grid.length - 1][x],
    }[event.key];
    if (!target) return;
    event.preventDefault();
    target.focus();
  });
  table.addEventListener('focusin', (event) => {
    if (!event.target.matches('button.drill')) return;
    for (const other of table.querySelectorAll('button.drill[tabindex="0"]')) other.tabIndex = -1;
    event.target.tabIndex = 0;
  });
}

function viewOf(answer, state, go) {
  const columns = answer.columns;
  const indexes = columns.map((_, i) => i);
  const sort = state.sort ?? 'octets';
  const sortKey = sort.replace(/^-/, '');
  const shareKey = MEASURES.includes(sortKey) ? sortKey : 'octets';
  const shareIndex = columns.findIndex((column) => column.key === shareKey);
  return {
    answer,
    state,
    columns,
    sort,
    sortKey,
    shareKey,
    shareIndex,
    go,
    ascending: sort.startsWith('-'),
    units: state.units !== 'off',
    sampled: Number(state.sampling_multiplier) > 1,
    both: countsBothEnds(columns),
    keys: indexes.filter((i) => isKey(columns[i])),
    numbers: indexes.filter((i) => !isKey(columns[i])),
    largest: answer.rows.reduce((most, row) => Math.max(most, row[shareIndex] ?? 0), 0),
  };
}

/** state: the view that was asked; go(change): show another one. */
export function reportTable(answer, state, go) {
  const view = viewOf(answer, state, go);
  const columns = answer.columns.length;
  const table = h(
    'table',
    { class: columns > MANY ? 'report wide' : 'report', role: 'table', 'aria-label': answer.title },
    h(
      'thead',
      { role: 'rowgroup' },
      h(
        'tr',
        { role: 'row' },
        h('th', { scope: 'col', role: 'columnheader', class: 'rank' }, '#'),
        view.keys.map((i) => heading(view.columns[i], view)),
        h('th', { scope: 'col', role: 'columnheader', class: 'share' }, `Share of ${view.shareKey}`),
        view.numbers.map((i) => heading(view.columns[i], view)),
      ),
    ),
    h(
      'tbody',
      { role: 'rowgroup' },
      answer.rows.map((row, i) => rowNode(row, i, view)),
    ),
    foot(view),
  );
  walk(table);
  return h('div', { class: 'report-scroll' }, table);
}
