// form: the filter form, built from the table in fields.js. It never loses what was typed:
// a mistake is explained beside its field and the value stays.

import { h, fill, icon } from './dom.js';
import { GROUPS, FIELDS, SORTS, fieldOf } from './fields.js';
import { shortcutBar } from './shortcuts.js';

const KEYS = 'keys:';

function options(field) {
  const make = ([value, label]) => h('option', { value }, label);
  if (field.groups) return field.groups.map(([label, list]) => h('optgroup', { label }, list.map(make)));
  return field.options.map(make);
}

function control(field) {
  const id = `f-${field.name}`;
  const common = { id, name: field.name, 'aria-describedby': `${id}-hint ${id}-error` };
  if (field.kind === 'select') return h('select', common, options(field));
  if (field.kind === 'check') return h('input', { ...common, type: 'checkbox' });
  return h('input', {
    ...common,
    type: 'text',
    placeholder: field.placeholder,
    inputmode: field.numeric ? 'numeric' : undefined,
    class: field.numeric ? 'numeric' : undefined,
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
  });
}

function fieldNode(field) {
  const id = `f-${field.name}`;
  const label = h(
    'label',
    { for: id, title: field.short ? field.label : undefined },
    field.short ?? field.label,
  );
  const input = control(field);
  const notes = [
    h('span', { id: `${id}-hint`, class: 'visually-hidden' }, field.hint),
    h('span', { id: `${id}-error`, class: 'field-error' }),
  ];
  const body = field.kind === 'check' ? [h('span', { class: 'check' }, input, label)] : [label, input];
  return h('div', { class: `field span-${field.width}`, 'data-field': field.name }, body, notes);
}

function groupNode(group, shortcuts) {
  const usual = group.fields.filter((field) => !field.rare).map(fieldNode);
  const rare = group.fields.filter((field) => field.rare).map(fieldNode);
  return h(
    'fieldset',
    { class: 'group' },
    h('legend', { class: 'visually-hidden' }, group.title),
    group.shortcuts && shortcuts.node,
    h('div', { class: 'fields' }, usual),
    rare.length > 0 &&
      h('details', { class: 'rare' }, h('summary', {}, group.rare), h('div', { class: 'fields' }, rare)),
  );
}

/** A select shows also what only a URL or a column heading can ask for. */
function choose(select, value, label) {
  if (![...select.options].some((option) => option.value === value)) {
    select.append(h('option', { value }, label));
  }
  select.value = value;
}

function sortLabel(sort) {
  const ascending = sort.startsWith('-');
  const key = ascending ? sort.slice(1) : sort;
  const known = SORTS.find(([value]) => value === key);
  const name = known ? known[1] : key.replaceAll('_', ' ');
  return `${name}, ${ascending ? 'ascending' : 'descending'}`;
}

/** onRun() when the form is sent or a choice is made that needs no more typing. */
export function createForm(form, { onRun, onReset }) {
  const hint = h('p', { class: 'form-hint', 'aria-hidden': 'true' });
  const shortcuts = shortcutBar((period) => {
    write({ ...read(), ...period });
    onRun();
  });
  const sections = GROUPS.map((group) => groupNode(group, shortcuts));
  fill(
    form,
    h('div', { class: 'form-body' }, sections),
    h(
      'div',
      { class: 'form-foot' },
      hint,
      h(
        'div',
        { class: 'form-buttons' },
        h('button', { type: 'submit', class: 'primary' }, 'Run report'),
        h('button', { type: 'button', class: 'quiet', on: { click: onReset } }, icon('reset'), 'Reset'),
      ),
    ),
  );
  const input = (name) => form.elements.namedItem(name);

  /** What the field asks for; '' is its default. */
  function valueOf(field) {
    const node = input(field.name);
    if (field.kind === 'check') return node.checked ? field.on : field.off;
    return node.value.trim() === (field.initial ?? '') ? '' : node.value.trim();
  }

  function read() {
    const state = Object.fromEntries(FIELDS.map((field) => [field.name, valueOf(field)]));
    if (state.report.startsWith(KEYS)) {
      state.keys = state.report.slice(KEYS.length);
      state.report = '';
    } else {
      state.keys = '';
    }
    return state;
  }

  function writeField(field, state) {
    const node = input(field.name);
    const value = state[field.name] ?? '';
    if (field.kind === 'check') node.checked = value === field.on;
    else if (field.name === 'report' && state.keys)
      choose(node, KEYS + state.keys, `By ${state.keys.replaceAll('_', ' ').replaceAll(',', ', ')}`);
    else if (field.name === 'sort') choose(node, value || field.initial, sortLabel(value));
    else if (field.kind === 'select') choose(node, value, value);
    else node.value = value || (field.initial ?? '');
  }

  function write(state) {
    for (const field of FIELDS) writeField(field, state);
    unfold();
    markPeriod();
  }

  /** Rare fields are never hidden when they are filled or wrong. */
  function unfold() {
    for (const fold of form.querySelectorAll('details.rare')) {
      const used = [...fold.querySelectorAll('input, select')].some(
        (node) => valueOf(fieldOf(node.name)) !== '' || node.getAttribute('aria-invalid') === 'true',
      );
      if (used) fold.open = true;
    }
  }

  const markPeriod = () => shortcuts.mark(input('start').value.trim(), input('end').value.trim());

  function clearErrors() {
    for (const field of FIELDS) {
      input(field.name).removeAttribute('aria-invalid');
      document.getElementById(`f-${field.name}-error`).textContent = '';
    }
  }

  /** Shows each mistake beside its field; returns those that have none. */
  function showErrors(errors) {
    clearErrors();
    const homeless = [];
    let first = null;
    for (const error of errors) {
      const field = fieldOf(error.parameter === 'keys' ? 'report' : error.parameter);
      if (!field) {
        homeless.push(error);
        continue;
      }
      const place = document.getElementById(`f-${field.name}-error`);
      place.textContent = place.textContent ? `${place.textContent} ${error.detail}` : error.detail;
      input(field.name).setAttribute('aria-invalid', 'true');
    }
    unfold();
    first = form.querySelector('[aria-invalid="true"]');
    if (first) first.focus();
    return homeless;
  }

  /** What the daemon has; a device that only the URL names stays. */
  function setDevices(names) {
    const node = input('device');
    const chosen = node.value;
    if (names.every((name, i) => node.options[i + 1]?.value === name)) return;
    fill(
      node,
      [['', 'All devices'], ...names.map((name) => [name, name])].map(([value, label]) =>
        h('option', { value }, label),
      ),
    );
    choose(node, chosen, chosen);
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    onRun();
  });
  form.addEventListener('change', (event) => {
    if (event.target.matches('select, input[type=checkbox]')) onRun();
  });
  form.addEventListener('input', (event) => {
    const field = fieldOf(event.target.name);
    if (field?.name === 'start' || field?.name === 'end') markPeriod();
  });
  form.addEventListener('focusin', (event) => {
    hint.textContent = fieldOf(event.target.name)?.hint ?? '';
  });
  form.addEventListener('focusout', () => {
    hint.textContent = '';
  });
  return { read, write, showErrors, clearErrors, setDevices };
}
