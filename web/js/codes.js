// codes: header fields that are read as bits - ToS and TCP flags.

const CLASSES = {
  0: 'default',
  8: 'CS1',
  10: 'AF11',
  12: 'AF12',
  14: 'AF13',
  16: 'CS2',
  18: 'AF21',
  20: 'AF22',
  22: 'AF23',
  24: 'CS3',
  26: 'AF31',
  28: 'AF32',
  30: 'AF33',
  32: 'CS4',
  34: 'AF41',
  36: 'AF42',
  38: 'AF43',
  40: 'CS5',
  46: 'EF',
  48: 'CS6',
  56: 'CS7',
};
const FLAGS = 'FSRPAUEC';

/** The DiffServ class of a ToS byte. */
export const tosName = (tos) => CLASSES[tos >> 2] ?? `DSCP ${tos >> 2}`;
export const flagLetters = (flags) => [...FLAGS].filter((_, bit) => flags & (1 << bit)).join('');
export const hex = (n) => `0x${Number(n).toString(16).padStart(2, '0')}`;
