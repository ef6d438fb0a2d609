// shortcuts: one click for the periods that are asked for most.

import { h } from './dom.js';
import { midnight } from './time.js';

const PERIODS = [
  ['15m', 'Last 15 minutes', () => ['-15m', 'now']],
  ['1h', 'Last hour', () => ['-1h', 'now']],
  ['6h', 'Last 6 hours', () => ['-6h', 'now']],
  ['24h', 'Last 24 hours', () => ['-24h', 'now']],
  ['7d', 'Last 7 days', () => ['-7d', 'now']],
  ['Today', 'Since midnight', () => [midnight(0), 'now']],
  ['Yesterday', 'From midnight to midnight', () => [midnight(1), midnight(0)]],
];

/** {node, mark(start, end)}: mark shows which shortcut the form's period is. */
export function shortcutBar(onPeriod) {
  const buttons = PERIODS.map(([label, title, period]) =>
    h(
      'button',
      {
        type: 'button',
        title,
        'aria-pressed': 'false',
        on: {
          click: () => {
            const [start, end] = period();
            onPeriod({ start, end });
          },
        },
      },
      label,
    ),
  );
  const node = h('div', { class: 'shortcuts', role: 'group', 'aria-label': 'Period shortcuts' }, buttons);

  function mark(start, end) {
    PERIODS.forEach(([, , period], i) => {
      const [from, to] = period();
      buttons[i].setAttribute('aria-pressed', String(from === start && to === end));
    });
  }
  return { node, mark };
}

/** The same length of time just before (-1) or after (+1) an answered period. */
export function neighbour(answer, direction) {
  const length = answer.end - answer.start;
  return { start: answer.start + direction * length, end: answer.end + direction * length };
}
