// fields: the filter form as a table - FlowViewer's fields in FlowViewer's order.
//
// name    parameter of the API (and of the page's own URL)
// kind    'text' | 'select' | 'check'
// width   of six columns
// chip    word before the value in a chip; a field without one is no filter
// list    comma-separated items, a leading "-" excludes
// rare    folded away unless filled

import { REPORT_GROUPS } from './reports.js';

const LIST = 'Separate items by commas; a leading - excludes.';
const HOSTS = `Addresses, prefixes or host names: 10.0.0.0/8, -10.1.0.0/16, host.example. ${LIST} The longest prefix decides.`;
const PORTS = `Numbers, ranges or service names: 80, 443, 1024:2048, https. ${LIST}`;
const AS = `AS numbers or ranges: 64500, -64501, 64512:65534. ${LIST}`;
const INTERFACES = `SNMP interface indexes: 1, -2. ${LIST}`;
const TIME =
  'Relative (-90m, -24h, -7d, now) or local (2026-11-23 05:30) or with zone (2026-11-23T05:30:00Z).';

export const SORTS = [
  ['octets', 'Octets'],
  ['flows', 'Flows'],
  ['packets', 'Packets'],
];

export const GROUPS = [
  {
    title: 'Flows from',
    fields: [
      {
        name: 'device',
        label: 'Device',
        kind: 'select',
        width: 3,
        chip: 'Device',
        options: [['', 'All devices']],
        hint: 'The router or directory whose flow files are read.',
      },
      {
        name: 'exporter',
        label: 'Exporter',
        kind: 'text',
        width: 3,
        chip: 'Exporter',
        list: true,
        placeholder: 'any',
        hint: `Addresses of routers that exported the flows: 192.0.2.1, -192.0.2.9. ${LIST}`,
      },
    ],
  },
  {
    title: 'Period',
    shortcuts: true,
    fields: [
      { name: 'start', label: 'Start', kind: 'text', width: 3, hint: TIME },
      {
        name: 'end',
        label: 'End',
        kind: 'text',
        width: 3,
        hint: `${TIME} The end itself is not part of the period.`,
      },
    ],
  },
  {
    title: 'Source',
    fields: [
      {
        name: 'source_address',
        label: 'Source IP addresses',
        kind: 'text',
        width: 6,
        chip: 'Source',
        list: true,
        placeholder: '10.0.0.0/8, -10.1.0.0/16',
        hint: HOSTS,
      },
      {
        name: 'source_port',
        label: 'Source port',
        kind: 'text',
        width: 2,
        chip: 'Source port',
        list: true,
        placeholder: '443, 1024:2048',
        hint: PORTS,
      },
      {
        name: 'source_as',
        label: 'Source AS',
        kind: 'text',
        width: 2,
        chip: 'Source AS',
        list: true,
        placeholder: '64500',
        hint: AS,
      },
      {
        name: 'source_if',
        label: 'Source (input) interface',
        short: 'Source I/F',
        kind: 'text',
        width: 2,
        chip: 'Input interface',
        list: true,
        placeholder: '1, -2',
        hint: INTERFACES,
      },
    ],
  },
  {
    title: 'Destination',
    fields: [
      {
        name: 'dest_address',
        label: 'Destination IP addresses',
        kind: 'text',
        width: 6,
        chip: 'Destination',
        list: true,
        placeholder: '192.0.2.0/24, host.example',
        hint: HOSTS,
      },
      {
        name: 'dest_port',
        label: 'Destination port',
        short: 'Dest. port',
        kind: 'text',
        width: 2,
        chip: 'Destination port',
        list: true,
        placeholder: '80, https',
        hint: PORTS,
      },
      {
        name: 'dest_as',
        label: 'Destination AS',
        short: 'Dest. AS',
        kind: 'text',
        width: 2,
        chip: 'Destination AS',
        list: true,
        placeholder: '64500',
        hint: AS,
      },
      {
        name: 'dest_if',
        label: 'Destination (output) interface',
        short: 'Dest. I/F',
        kind: 'text',
        width: 2,
        chip: 'Output interface',
        list: true,
        placeholder: '1, -2',
        hint: INTERFACES,
      },
    ],
  },
  {
    title: 'Traffic',
    fields: [
      {
        name: 'protocols',
        label: 'Protocol',
        kind: 'text',
        width: 3,
        chip: 'Protocol',
        list: true,
        placeholder: '6, udp, -icmp',
        hint: `Numbers or names: 6, udp, -icmp. ${LIST}`,
      },
      {
        name: 'tos_fields',
        label: 'ToS',
        kind: 'text',
        width: 3,
        chip: 'ToS',
        list: true,
        placeholder: '0x20/0xe0',
        hint: `Value or value/mask, decimal or hex: 0xb8, 0x20/0xe0. ${LIST}`,
      },
      {
        name: 'tcp_flags',
        label: 'TCP flags',
        kind: 'text',
        width: 3,
        chip: 'TCP flags',
        list: true,
        placeholder: 'S/SA',
        hint: `Value or value/mask, hex or letters FSRPAUEC: 0x02/0x12, S/SA. ${LIST}`,
      },
      {
        name: 'nexthop_ip',
        label: 'Next hop',
        kind: 'text',
        width: 3,
        chip: 'Next hop',
        list: true,
        placeholder: '192.0.2.254',
        hint: `Addresses or prefixes of the next router. ${LIST}`,
      },
    ],
  },
  {
    title: 'Report',
    rare: 'Include if, cutoff, sampling, analysis, units',
    fields: [
      {
        name: 'report',
        label: 'Statistics report',
        kind: 'select',
        width: 6,
        groups: REPORT_GROUPS,
        hint: 'What the matching flows are grouped by.',
      },
      {
        name: 'sort',
        label: 'Sort by',
        kind: 'select',
        width: 3,
        options: SORTS,
        initial: 'octets',
        hint: 'Largest first. Column headings of the table sort too, both ways.',
      },
      {
        name: 'lines',
        label: 'Lines',
        kind: 'text',
        width: 3,
        initial: '100',
        numeric: true,
        hint: 'How many rows to show. Totals always count all of them.',
      },
      {
        name: 'flow_select',
        label: 'Include flow if',
        kind: 'select',
        width: 6,
        chip: 'Flows',
        rare: true,
        options: [
          ['', 'Any part in period'],
          ['end', 'End time in period'],
          ['start', 'Start time in period'],
          ['entire', 'Entirely in period'],
        ],
        hint: 'Which flows belong to the period.',
      },
      {
        name: 'cutoff_octets',
        label: 'Cutoff octets',
        kind: 'text',
        width: 3,
        chip: 'Cutoff octets',
        numeric: true,
        rare: true,
        hint: 'The list ends before the first row with fewer octets.',
      },
      {
        name: 'sampling_multiplier',
        label: 'Sampling multiplier',
        kind: 'text',
        width: 3,
        chip: 'Sampling ×',
        numeric: true,
        rare: true,
        placeholder: '1',
        hint: 'Multiplies flows, octets, packets and rates, for routers that export one packet in N.',
      },
      {
        name: 'analysis',
        label: 'Flow analysis: octets and packets per flow',
        kind: 'check',
        width: 6,
        rare: true,
        on: 'true',
        off: '',
        hint: 'Two more columns.',
      },
      {
        name: 'units',
        label: 'Octets in KB, MB, GB (1024)',
        kind: 'check',
        width: 6,
        rare: true,
        on: '',
        off: 'off',
        hint: 'Off: octets are written out.',
      },
    ],
  },
];

export const FIELDS = GROUPS.flatMap((group) => group.fields);
const BY_NAME = new Map(FIELDS.map((field) => [field.name, field]));
export const fieldOf = (name) => BY_NAME.get(name);

/** Only the page knows these; the API does not. */
export const PAGE_ONLY = ['units'];
