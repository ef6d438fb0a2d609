// drill: what a value in a result can do - become a filter, or be left out.
// A new action is a new function in ACTIONS; every cell of every table has it then.

import { h, copyText, announce } from './dom.js';
import { openMenu } from './menu.js';
import { including, excluding } from './state.js';

/** Column key -> filter fields that take its values, each with its noun. */
const FIELDS_OF = {
  source_address: [['source_address', 'source']],
  dest_address: [['dest_address', 'destination']],
  source_prefix: [['source_address', 'source prefix']],
  dest_prefix: [['dest_address', 'destination prefix']],
  address: [
    ['source_address', 'source'],
    ['dest_address', 'destination'],
  ],
  source_port: [['source_port', 'source port']],
  dest_port: [['dest_port', 'destination port']],
  port: [
    ['source_port', 'source port'],
    ['dest_port', 'destination port'],
  ],
  source_as: [['source_as', 'source AS']],
  dest_as: [['dest_as', 'destination AS']],
  source_if: [['source_if', 'input interface']],
  dest_if: [['dest_if', 'output interface']],
  protocol: [['protocols', 'protocol']],
  tos: [['tos_fields', 'ToS']],
  tcp_flags: [['tcp_flags', 'TCP flags']],
  nexthop: [['nexthop_ip', 'next hop']],
  exporter: [['exporter', 'exporter']],
  device: [['device', 'device']],
};
/** The API only includes them. */
const NOT_EXCLUDED = new Set(['device']);

export const drillable = (key) => key in FIELDS_OF;

function filterTo({ fields, value, go }) {
  return fields.map(([field, noun]) => ({
    icon: 'include',
    label: `Filter to this ${noun}`,
    run: () => go((state) => including(state, field, value)),
  }));
}

/** Excluding a value that stands for either end leaves out both. */
function exclude({ fields, value, go }) {
  if (fields.some(([field]) => NOT_EXCLUDED.has(field))) return [];
  const noun = fields.length > 1 ? fields[0][1].replace('source', '').trim() || 'host' : fields[0][1];
  return [
    {
      icon: 'exclude',
      label: `Exclude this ${noun}`,
      run: () => go((state) => fields.reduce((next, [field]) => excluding(next, field, value), state)),
    },
  ];
}

function copy({ value }) {
  return [
    null,
    {
      icon: 'copy',
      label: 'Copy',
      run: async () => announce((await copyText(String(value))) ? `${value} copied` : 'Could not copy'),
    },
  ];
}

const ACTIONS = [filterTo, exclude, copy];

/** Open the menu of a cell. go(change): show the view that change(current view) gives. */
export function drill(anchor, { column, value, name }, go) {
  const context = { fields: FIELDS_OF[column.key], value, go };
  const title = [`${column.label} `, h('strong', {}, value), name && ` ${name}`];
  const entries = ACTIONS.flatMap((action) => action(context));
  openMenu(anchor, title, entries);
}
