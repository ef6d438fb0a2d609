// reports: FlowViewer's statistics reports by its own numbers (spec: flow-stat's formats).

export const SUMMARY = '99';

export const REPORT_GROUPS = [
  ['Overview', [[SUMMARY, 'Summary']]],
  [
    'Hosts',
    [
      ['10', 'Source/Destination IP'],
      ['9', 'Source IP'],
      ['8', 'Destination IP'],
      ['11', 'Source or Destination IP'],
    ],
  ],
  [
    'Ports and protocols',
    [
      ['5', 'UDP/TCP Destination Port'],
      ['6', 'UDP/TCP Source Port'],
      ['7', 'UDP/TCP Port'],
      ['12', 'IP Protocol'],
      ['22', 'IP ToS'],
    ],
  ],
  [
    'Interfaces',
    [
      ['17', 'Input Interface'],
      ['18', 'Output Interface'],
      ['23', 'Input/Output Interface'],
    ],
  ],
  [
    'Autonomous systems',
    [
      ['19', 'Source AS'],
      ['20', 'Destination AS'],
      ['21', 'Source/Destination AS'],
    ],
  ],
  [
    'Prefixes',
    [
      ['24', 'Source Prefix'],
      ['25', 'Destination Prefix'],
      ['26', 'Source/Destination Prefix'],
    ],
  ],
  ['Routers', [['27', 'Exporter IP']]],
];

/** Names that the API takes too, so that a URL written by hand finds its place in the form. */
const NAMES = {
  summary: SUMMARY,
  'dest-port': '5',
  'source-port': '6',
  port: '7',
  'dest-ip': '8',
  'source-ip': '9',
  'source-dest-ip': '10',
  ip: '11',
  protocol: '12',
  'input-interface': '17',
  'output-interface': '18',
  'input-output-interface': '23',
  'source-as': '19',
  'dest-as': '20',
  'source-dest-as': '21',
  tos: '22',
  'source-prefix': '24',
  'dest-prefix': '25',
  'source-dest-prefix': '26',
  exporter: '27',
};

export const reportNumber = (text) => NAMES[text] ?? text;

/** A flow counts under both of its ends there: shares add up to more than 100 %. */
export const countsBothEnds = (columns) => columns.some((c) => c.key === 'address' || c.key === 'port');
