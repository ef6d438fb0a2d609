// health: how the daemon is, in the header of every page, and in words on the status page.

import { fill, h, hidden, icon } from './dom.js';
import { coverageText, duration, plural } from './format.js';

const LATE = 15 * 60;

/** {level: 'good' | 'busy' | 'warn' | 'bad', text, detail} of an answer of /status. */
export function healthOf(status) {
  const ingest = status.ingest ?? {};
  const devices = status.devices ?? [];
  if (ingest.state && ingest.state !== 'running') {
    const text = ingest.state === 'disk-full' ? 'Disk full: ingest paused' : 'Ingest paused';
    return { level: 'bad', text, detail: ingest.reason ?? '' };
  }
  const unreadable = devices.filter((d) => d.readable === false);
  if (unreadable.length > 0) {
    return {
      level: 'bad',
      text: `${plural(unreadable.length, 'directory', 'directories')} unreadable`,
      detail: unreadable.map((d) => `${d.name}: ${d.error ?? ''}`).join('; '),
    };
  }
  if (ingest.queue > 0) {
    return {
      level: 'busy',
      text: `Reading ${typeof ingest.progress === 'number' ? coverageText(ingest.progress) : ''}`.trim(),
      detail: `${plural(ingest.queue, 'file')} waiting`,
    };
  }
  const silent = devices.filter((d) => d.lag_seconds > LATE);
  if (silent.length > 0) {
    return {
      level: 'warn',
      text: plural(silent.length, 'device silent', 'devices silent'),
      detail: silent.map((d) => `${d.name}: nothing for ${duration(Math.round(d.lag_seconds))}`).join('; '),
    };
  }
  if (devices.every((d) => !d.flows))
    return { level: 'warn', text: 'No flows yet', detail: 'No flow file has been read so far.' };
  const lag = Math.min(...devices.filter((d) => typeof d.lag_seconds === 'number').map((d) => d.lag_seconds));
  return {
    level: 'good',
    text: 'Live',
    detail: Number.isFinite(lag)
      ? `newest flow ${duration(Math.max(0, Math.round(lag)))} ago`
      : 'ingest is idle',
  };
}

export function showHealth(node, status) {
  const health = status
    ? healthOf(status)
    : { level: 'bad', text: 'No answer', detail: 'The daemon does not answer.' };
  node.className = `health ${health.level}`;
  node.title = health.detail;
  fill(
    node,
    hidden('Status: '),
    health.level === 'good' || health.level === 'busy'
      ? h('span', { class: 'lamp', 'aria-hidden': 'true' })
      : icon('warning'),
    h('span', { class: 'health-text' }, health.text),
    health.detail && h('span', { class: 'health-detail' }, health.detail),
  );
  node.hidden = false;
}
