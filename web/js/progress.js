// progress: the bar of a question that takes a while.

import { h, fill } from './dom.js';
import { short, duration } from './format.js';

function text(info) {
  const time = duration(Math.round(info.elapsed_ms / 100) / 10);
  if (typeof info.progress !== 'number') return `Waiting · ${time}`;
  const flows =
    info.flows_total > 0 ? ` · ${short(info.flows_scanned)} of ${short(info.flows_total)} flows` : '';
  return `${Math.floor(info.progress * 100)}\u00a0%${flows} · ${time}`;
}

/** Show info in the node, or hide it (null). The cancel button keeps its focus. */
export function progressBar(node, info, onCancel) {
  node.hidden = info === null;
  if (info === null) {
    fill(node);
    return;
  }
  if (!node.firstChild) {
    fill(
      node,
      h('progress', { max: '1', 'aria-label': 'Progress of the report' }),
      h('span', { class: 'progress-text' }),
      h('button', { type: 'button', class: 'cancel', on: { click: onCancel } }, 'Cancel'),
    );
  }
  const bar = node.querySelector('progress');
  if (typeof info.progress === 'number') bar.value = info.progress;
  else bar.removeAttribute('value');
  node.querySelector('.progress-text').textContent = text(info);
}
