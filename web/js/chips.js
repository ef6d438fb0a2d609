// chips: the applied filter, each condition removable.

import { h, fill, icon } from './dom.js';
import { FIELDS } from './fields.js';
import { items, without, changed } from './state.js';
import { keepFocus } from './focus.js';

function chip(field, item, go) {
  const excluded = field.list && item.startsWith('-');
  const option = field.options?.find(([value]) => value === item);
  const value = option ? option[1] : excluded ? item.slice(1) : item;
  return h(
    'li',
    { class: `chip${excluded ? ' excluded' : ''}` },
    h('span', { class: 'chip-field' }, field.chip, excluded && h('b', {}, ' not')),
    h('span', { class: 'chip-value' }, value),
    h(
      'button',
      {
        type: 'button',
        'data-focus': 'chip:',
        'aria-label': `Remove ${field.chip} ${excluded ? 'not ' : ''}${value}`,
        on: { click: () => go((state) => without(state, field.name, item)) },
      },
      icon('close'),
    ),
  );
}

/** Gives the number of conditions. go(change): show the view that change(current view) gives. */
export function showChips(list, state, go) {
  const used = FIELDS.filter((field) => field.chip && state[field.name]);
  const chips = used.flatMap((field) =>
    (field.list ? items(state[field.name]) : [state[field.name]]).map((item) => chip(field, item, go)),
  );
  const conditions = chips.length;
  if (conditions > 1) {
    const cleared = Object.fromEntries(used.map((field) => [field.name, '']));
    chips.push(
      h(
        'li',
        {},
        h(
          'button',
          { type: 'button', class: 'link', on: { click: () => go((current) => changed(current, cleared)) } },
          'Clear all',
        ),
      ),
    );
  }
  keepFocus(list, document.getElementById('result'), () => fill(list, chips));
  list.hidden = conditions === 0;
  return conditions;
}
