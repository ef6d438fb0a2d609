// time: the daemon's zone, shown with every time, and arithmetic on periods.

let zone = '';

/** The zone of the page: the daemon's if it names one, else the browser's. */
export function setZone(name) {
  zone = '';
  try {
    if (name) new Intl.DateTimeFormat('en-GB', { timeZone: name });
    zone = name || '';
  } catch {
    zone = ''; // a zone this browser does not know: its own is named beside each time
  }
}

function parts(seconds) {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone || undefined,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    weekday: 'short',
    timeZoneName: 'short',
  });
  const found = {};
  for (const { type, value } of format.formatToParts(new Date(seconds * 1000))) found[type] = value;
  return found;
}

export const zoneName = (seconds = Date.now() / 1000) => parts(seconds).timeZoneName;
export const day = (seconds) => {
  const p = parts(seconds);
  return `${p.year}-${p.month}-${p.day}`;
};
export const clock = (seconds) => {
  const p = parts(seconds);
  return `${p.hour}:${p.minute}:${p.second}`;
};

/** 2026-11-23 05:34:52 UTC */
export function moment(seconds) {
  if (typeof seconds !== 'number') return '–';
  return `${day(seconds)} ${clock(seconds)} ${zoneName(seconds)}`;
}

/** Mon 2026-11-23 05:34:52 – 06:34:52 UTC */
export function span(start, end) {
  const from = `${parts(start).weekday} ${day(start)} ${clock(start)}`;
  const sameDay = day(start) === day(end);
  const change = zoneName(start) === zoneName(end) ? '' : ` ${zoneName(start)}`;
  const to = sameDay ? clock(end) : `${parts(end).weekday} ${day(end)} ${clock(end)}`;
  return `${from}${change} – ${to} ${zoneName(end)}`;
}

/** A time as the API and the form take it: local in the daemon's zone, or UTC where a local
 * time would be ambiguous (the hour that a clock change repeats) or the zone is unknown. */
export function parameter(seconds) {
  const whole = Math.round(seconds);
  const local = (s) => `${day(s)}T${clock(s)}`;
  const twice = local(whole) === local(whole + 3600) || local(whole) === local(whole - 3600);
  if (zone && !twice) return local(whole);
  return new Date(whole * 1000).toISOString().replace('.000', '');
}

/** Midnight of the day 'back' days ago, as a parameter. */
export function midnight(back) {
  const now = Date.now() / 1000;
  // Noon of that day is never moved to another day by a clock change.
  const noonish = now - parts(now).hour * 3600 + 12 * 3600 - back * 86400;
  if (zone) return `${day(noonish)}T00:00:00`;
  const local = new Date(noonish * 1000);
  local.setHours(0, 0, 0, 0);
  return parameter(local.getTime() / 1000);
}

/** How long ago: "12 s", "5 min". */
export function isRelative(text) {
  return text === 'now' || /^[-+]\d/.test(text);
}
