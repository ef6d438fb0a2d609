// theme: light, dark, or as the system says. theme-boot.js applies it before the first paint.

import { fill, icon } from './dom.js';

const KEY = 'theme';
const NEXT = { auto: 'light', light: 'dark', dark: 'auto' };
const LABEL = { auto: 'as the system', light: 'light', dark: 'dark' };

function stored() {
  try {
    return localStorage.getItem(KEY) ?? 'auto';
  } catch {
    return 'auto';
  }
}

function apply(theme) {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

export function themeButton(button) {
  let theme = stored() in NEXT ? stored() : 'auto';
  const show = () => {
    fill(button, icon(theme));
    button.title = `Theme: ${LABEL[theme]}`;
    button.setAttribute('aria-label', `Theme: ${LABEL[theme]}. Change to ${LABEL[NEXT[theme]]}`);
  };
  button.addEventListener('click', () => {
    theme = NEXT[theme];
    apply(theme);
    show();
  });
  button.hidden = false;
  show();
}
