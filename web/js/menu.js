// menu: one pop-up list of actions at a time, for mouse, touch and keyboard.

import { h, fill, icon } from './dom.js';

let menu = null;

function step(event) {
  const items = [...menu.querySelectorAll('[role=menuitem]')];
  const at = items.indexOf(document.activeElement);
  const target = {
    ArrowDown: items[(at + 1) % items.length],
    ArrowUp: items[(at - 1 + items.length) % items.length],
    Home: items[0],
    End: items[items.length - 1],
  }[event.key];
  if (target) {
    event.preventDefault();
    target.focus();
  } else if (event.key === 'Tab') {
    menu.hidePopover();
  }
}

function element() {
  if (menu) return menu;
  menu = h('div', { class: 'menu', role: 'menu', popover: 'auto', on: { keydown: step } });
  document.body.append(menu);
  return menu;
}

/** Below the anchor, or above where there is no room; never outside the window. */
function place(anchor) {
  const a = anchor.getBoundingClientRect();
  const box = menu.getBoundingClientRect();
  const below = a.bottom + 4 + box.height <= window.innerHeight;
  const top = below ? a.bottom + 4 : Math.max(8, a.top - box.height - 4);
  const left = Math.max(8, Math.min(a.left, window.innerWidth - box.width - 8));
  menu.style.setProperty('top', `${top}px`);
  menu.style.setProperty('left', `${left}px`);
}

/** title: nodes for the head; entries: [{icon, label, run}], null for a line between. */
export function openMenu(anchor, title, entries) {
  const node = element();
  if (node.matches(':popover-open')) node.hidePopover();
  const choose = (entry) => () => {
    node.hidePopover();
    entry.run();
  };
  fill(
    node,
    h('div', { class: 'menu-title' }, title),
    entries.map((entry) =>
      entry === null
        ? h('hr')
        : h(
            'button',
            {
              type: 'button',
              role: 'menuitem',
              on: { click: choose(entry) },
            },
            icon(entry.icon),
            h('span', {}, entry.label),
          ),
    ),
  );
  anchor.setAttribute('aria-expanded', 'true');
  node.addEventListener(
    'toggle',
    (event) => {
      if (event.newState !== 'closed') return;
      anchor.setAttribute('aria-expanded', 'false');
    },
    { once: false, signal: closing(node) },
  );
  node.showPopover();
  place(anchor);
  node.querySelector('[role=menuitem]').focus({ preventScroll: true });
}

let listening = null;
/** Listeners of the menu's previous anchor end here. */
function closing() {
  if (listening) listening.abort();
  listening = new AbortController();
  return listening.signal;
}
