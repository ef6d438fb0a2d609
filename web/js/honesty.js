// honesty: one quiet line with every answer that says what it rests on - and a loud one when
// the numbers cannot be trusted as they stand. The sentences are the daemon's own.

import { h, icon } from './dom.js';
import { count, coverageText, milliseconds, plural, short } from './format.js';

/** The newest flow file is still being written: that much is always missing at the end. */
const TAIL = 15 * 60;
/** Lost flows worth shouting about, of those looked at; fewer are said quietly. */
const LOSS = 0.01;

function isLoud({ coverage: c = {}, stats: s = {}, start, end }) {
  const uncovered = (1 - (c.share ?? 1)) * (end - start);
  return (
    c.files_missing > 0 ||
    c.files_damaged > 0 ||
    c.files_failed > 0 ||
    c.files_queued > 0 ||
    s.segments_failed > 0 ||
    c.flows_lost > LOSS * (s.flows_scanned ?? 0) ||
    uncovered > Math.max(TAIL, (end - start) * 0.01)
  );
}

function basis({ coverage: c = {}, stats: s = {} }) {
  const list = [];
  if (typeof c.share === 'number') list.push(`Data for ${coverageText(c.share)} of the period`);
  if (typeof c.files === 'number') list.push(plural(c.files, 'file'));
  if (c.flows_lost === 0) list.push('no flows lost');
  if (c.flows_lost > 0) list.push(h('b', {}, `${plural(c.flows_lost, 'flow')} lost`));
  if (c.sampling_multiplier > 1) list.push(`* multiplied by ${count(c.sampling_multiplier)} (sampling)`);
  if (c.flows_without_field > 0)
    list.push(`${plural(c.flows_without_field, 'flow')} without this field left out`);
  if (typeof s.flows_scanned === 'number')
    list.push(`${short(s.flows_matched)} of ${short(s.flows_scanned)} scanned flows match`);
  if (typeof s.elapsed_ms === 'number') list.push(milliseconds(s.elapsed_ms));
  return list;
}

function line(answer, loud) {
  const dot = () => h('span', { class: 'dot', 'aria-hidden': 'true' }, ' · ');
  return h(
    'p',
    { class: 'honesty' },
    !loud && icon('good'),
    basis(answer).map((text, i) => [i > 0 && dot(), h('span', { class: 'nowrap' }, text)]),
  );
}

/** Nodes: the line, with a notice before it where needed. */
export function honestyLine(answer) {
  const loud = isLoud(answer);
  if (!loud) return [line(answer, false)];
  const notes = answer.coverage?.notes ?? [];
  return [
    h(
      'div',
      { class: 'notice warn', role: 'status' },
      icon('warning'),
      h(
        'p',
        {},
        h('strong', {}, 'These numbers are incomplete. '),
        notes.map((note) => `${note} `),
        h('a', { href: '/status' }, 'Status'),
      ),
    ),
    line(answer, true),
  ];
}
