// exports: the same question as CSV, JSON, text, curl command or lasting link.

import { h, icon, copyText, announce } from './dom.js';
import { address } from './api.js';
import { parameters, changed, format } from './state.js';
import { parameter } from './time.js';

/** The question with the period that was answered, to the millisecond. */
function question(answer, state, output) {
  return address('/report', { ...parameters(state), start: answer.start, end: answer.end, format: output });
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function copier(label, title, text) {
  const node = h('button', { type: 'button', class: 'quiet', title }, icon('copy'), h('span', {}, label));
  node.addEventListener('click', async () => {
    const done = await copyText(text());
    node.lastChild.textContent = done ? 'Copied' : 'Not copied';
    announce(done ? `${label} copied` : 'Could not copy');
    setTimeout(() => {
      node.lastChild.textContent = label;
    }, 1500);
  });
  return node;
}

export function exportBar(answer, state) {
  const file = `flowviewer-${answer.report ?? 'report'}`;
  const link = (output, name, extra = {}) =>
    h('a', { class: 'button quiet', href: question(answer, state, output), ...extra }, name);
  return [
    link('csv', 'CSV', { download: `${file}.csv`, title: 'Rows as comma-separated values' }),
    link('json', 'JSON', { title: 'The API’s answer' }),
    link('text', 'Text', { title: 'The layout of flow-stat' }),
    copier(
      'curl',
      'Copy this question as a curl command',
      () => `curl -s ${quoted(location.origin + question(answer, state, 'json'))}`,
    ),
    copier('Link', 'Copy a link to exactly this period', () => {
      const fixed = changed(state, { start: parameter(answer.start), end: parameter(answer.end) });
      return `${location.origin}${location.pathname}?${format(fixed)}`;
    }),
  ];
}
