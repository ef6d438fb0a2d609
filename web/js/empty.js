// empty: why there is nothing to show, and what to do about it.

import { h, icon } from './dom.js';
import { plural } from './format.js';
import { moment, parameter } from './time.js';
import { changed, items } from './state.js';
import { FIELDS } from './fields.js';

const HOUR = 3600;

/** First and last stored flow of the devices asked for. */
function dataRange(state, devices) {
  const wanted = items(state.device);
  const asked = devices.filter((d) => wanted.length === 0 || wanted.includes(d.name));
  const known = asked.filter((d) => typeof d.first === 'number' && typeof d.last === 'number');
  if (known.length === 0) return null;
  return { first: Math.min(...known.map((d) => d.first)), last: Math.max(...known.map((d) => d.last)) };
}

function box(title, text, ...actions) {
  return h(
    'div',
    { class: 'empty' },
    icon('filter'),
    h('h3', {}, title),
    h('p', {}, text),
    h('p', { class: 'empty-actions' }, actions),
  );
}

const button = (label, run) => h('button', { type: 'button', on: { click: run } }, label);

export function whyEmpty(answer, state, devices, go) {
  const range = dataRange(state, devices);
  const scope = state.device ? `of ${state.device}` : '';
  if (!range) {
    return box(
      'No flows are stored yet',
      `Nothing has been read ${scope} so far. The status page says what the daemon is doing.`,
      h('a', { href: '/status' }, 'Open status'),
    );
  }
  if (range.last < answer.start || range.first >= answer.end) {
    const last = () =>
      go((current) =>
        changed(current, { start: parameter(range.last - HOUR), end: parameter(range.last + 1) }),
      );
    return box(
      'No data in this period',
      `Stored flows ${scope} run from ${moment(range.first)} to ${moment(range.last)}.`,
      button('Show the last hour with data', last),
    );
  }
  const filters = FIELDS.filter(
    (field) => field.chip && !field.numeric && field.name !== 'device' && state[field.name],
  );
  const scanned = answer.stats?.flows_scanned ?? 0;
  if (filters.length === 0) {
    return box(
      'No flows in this period',
      `There are stored flows ${scope} before and after, but none that belong to this period.`,
    );
  }
  const cleared = Object.fromEntries(filters.map((field) => [field.name, '']));
  return box(
    'The filter matched no flows',
    scanned > 0
      ? `None of the ${plural(scanned, 'flow')} looked at in this period fits all conditions above.`
      : 'No stored flow of this period can fit: the index ruled out every block.',
    button('Remove all conditions', () => go((current) => changed(current, cleared))),
  );
}

/** Flows matched, but no row is large enough. */
export function belowCutoff(answer, go) {
  return box(
    'No row reaches the cutoff',
    `The largest of ${plural(answer.rows_total, 'row')} has fewer octets than the cutoff asks for.`,
    button('Remove the cutoff', () => go((state) => changed(state, { cutoff_octets: '' }))),
  );
}
