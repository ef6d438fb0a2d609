// state: the view as a plain object of strings, and as the query string of the page's URL.
// Every view is an address: what is not in the state cannot be shared, so all of it is here.

import { FIELDS, PAGE_ONLY, fieldOf } from './fields.js';
import { reportNumber } from './reports.js';

/** The first visit: who talks to whom, last hour. */
const DEFAULTS = { report: '10', start: '-1h', end: 'now' };
/** In a URL though not in the form. */
const EXTRA = ['keys'];
const ALWAYS = Object.keys(DEFAULTS);

const isDefault = (name, value) => value === '' || value === (fieldOf(name)?.initial ?? '');

/** State of a query string; what is missing has its default. */
export function parse(query) {
  const given = new URLSearchParams(query);
  const state = { ...DEFAULTS };
  for (const name of [...FIELDS.map((f) => f.name), ...EXTRA]) {
    const value = given.getAll(name).join(',').trim();
    if (given.has(name) && !isDefault(name, value)) state[name] = value;
  }
  if (state.keys) delete state.report;
  else state.report = reportNumber(state.report);
  return state;
}

/** Query string of a state, in the form's order. */
export function format(state) {
  const query = new URLSearchParams();
  for (const name of ['report', ...EXTRA, ...FIELDS.map((f) => f.name)]) {
    const value = state[name];
    if (query.has(name) || value === undefined) continue;
    if (ALWAYS.includes(name) || !isDefault(name, value)) query.set(name, value);
  }
  // Commas, colons and slashes are legal there and keep the address readable.
  return query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%2F', '/');
}

/** Parameters of the API that answer a state. */
export function parameters(state) {
  const asked = { ...state };
  for (const name of PAGE_ONLY) delete asked[name];
  return asked;
}

/** A copy with changes; empty values disappear. */
export function changed(state, changes) {
  const next = { ...state, ...changes };
  for (const [name, value] of Object.entries(next)) {
    if (value === '' || value === undefined) delete next[name];
  }
  if (changes.report) delete next.keys;
  return { ...(next.keys ? { start: DEFAULTS.start, end: DEFAULTS.end } : DEFAULTS), ...next };
}

export const same = (a, b) => format(a) === format(b);

/** Items of a comma-separated field. */
export const items = (text) =>
  (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);

/** Only flows with this value: it replaces what the field asked for. */
export const including = (state, name, value) => changed(state, { [name]: String(value) });

/** All but this value: added to the exclusions, taken from the inclusions. */
export function excluding(state, name, value) {
  const kept = items(state[name]).filter((item) => item !== String(value) && item !== `-${value}`);
  return changed(state, { [name]: [...kept, `-${value}`].join(',') });
}

/** Without one item of a field (or without the field). */
export function without(state, name, item) {
  const rest = items(state[name]).filter((other) => other !== item);
  return changed(state, { [name]: fieldOf(name)?.list ? rest.join(',') : '' });
}
