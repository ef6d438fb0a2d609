// format: numbers the way an operator reads them, always with their unit.

const WHOLE = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const NONE = '–';

const known = (n) => typeof n === 'number' && Number.isFinite(n);

/** 1,234,567 */
export function count(n) {
  return known(n) ? WHOLE.format(n) : NONE;
}

function scaled(n, step, units) {
  let i = 0;
  let value = n;
  while (Math.abs(value) >= step && i < units.length - 1) {
    value /= step;
    i += 1;
  }
  const digits = i === 0 ? (Number.isInteger(value) ? 0 : 1) : 2;
  return { value: value.toFixed(digits), unit: units[i] };
}

const OCTETS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
const BITS = ['b/s', 'kb/s', 'Mb/s', 'Gb/s', 'Tb/s'];
const COUNTS = ['', 'k', 'M', 'G', 'T'];

/** FlowViewer's octet units: steps of 1024, two decimals. {value, unit} */
export function octets(n, units = true) {
  if (!known(n)) return { value: NONE, unit: '' };
  return units ? scaled(n, 1024, OCTETS) : { value: count(n), unit: '' };
}

/** Bits per second, steps of 1000. {value, unit} */
export function bitRate(n) {
  return known(n) ? scaled(n, 1000, BITS) : { value: NONE, unit: '' };
}

/** 12.3 M: for headlines; tables show whole numbers. */
export function short(n) {
  if (!known(n)) return NONE;
  const s = scaled(n, 1000, COUNTS);
  return s.unit ? `${s.value}\u00a0${s.unit}` : count(n);
}

export function joined({ value, unit }) {
  return unit ? `${value}\u00a0${unit}` : value;
}

export const octetText = (n, units = true) => joined(octets(n, units));
export const bitRateText = (n) => joined(bitRate(n));

/** Share of a total: 34.2 %, < 0.1 % */
export function percent(part, total) {
  if (!known(part) || !known(total) || total <= 0) return NONE;
  const p = (part / total) * 100;
  if (p > 0 && p < 0.05) return '<\u00a00.1\u00a0%';
  if (p > 99.95 && p < 100) return '>\u00a099.9\u00a0%';
  return `${p.toFixed(p >= 99.95 ? 0 : 1)}\u00a0%`;
}

/** A coverage of 0.99999 is not 100 %. */
export function coverageText(share) {
  if (share >= 1) return '100\u00a0%';
  const p = Math.min(share * 100, 99.9);
  return `${p >= 10 ? p.toFixed(1) : p.toPrecision(2)}\u00a0%`;
}

/** 850 ms, 3.2 s, 4 min 5 s, 2 h 10 min, 3 d 4 h */
export function duration(seconds) {
  if (!known(seconds)) return NONE;
  if (seconds < 1) return `${Math.round(seconds * 1000)}\u00a0ms`;
  if (seconds < 60) return `${Number.isInteger(seconds) ? seconds : seconds.toFixed(1)}\u00a0s`;
  const parts = [
    ['d', 86400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ];
  let rest = Math.round(seconds);
  const shown = [];
  for (const [unit, size] of parts) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0) shown.push(`${n}\u00a0${unit}`);
    if (shown.length === 2) break;
  }
  return shown.join(' ');
}

export const milliseconds = (ms) =>
  known(ms) ? duration(ms < 1000 ? Math.max(ms, 0) / 1000 : ms / 1000) : NONE;

/** one file, 3 files */
export function plural(n, one, many = `${one}s`) {
  return `${count(n)} ${n === 1 ? one : many}`;
}
