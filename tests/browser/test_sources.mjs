// Rules of the sources in web/ that a reviewer should not have to look for.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const WEB = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', 'web');
const files = (directory, suffix) =>
  readdirSync(path.join(WEB, directory))
    .filter((name) => name.endsWith(suffix))
    .map((name) => [path.join(directory, name), readFileSync(path.join(WEB, directory, name), 'utf8')]);
const scripts = files('js', '.js');
const pages = files('.', '.html');

test('text never becomes markup or code', () => {
  const forbidden =
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|setHTML|\beval\(|new Function|srcdoc|javascript:/;
  assert.ok(scripts.length > 10);
  for (const [name, text] of scripts) assert.doesNotMatch(text, forbidden, name);
});

test('pages have no inline script, style or handler', () => {
  assert.ok(pages.length >= 2);
  for (const [name, text] of pages) {
    assert.doesNotMatch(text, /<style|\sstyle=|\son[a-z]+=/i, name);
    for (const [tag, body] of [...text.matchAll(/<script[^>]*>([^<]*)/gi)].map((m) => [m[0], m[1]])) {
      assert.match(tag, /\ssrc="\//, name);
      assert.equal(body.trim(), '', name);
    }
    assert.match(text, /<noscript>/, name);
  }
});

test('nothing is loaded from elsewhere', () => {
  for (const [name, text] of [...scripts, ...pages, ...files('css', '.css')]) {
    assert.doesNotMatch(
      text,
      /(src|href|import|url|from)\s*[=(]?\s*["']?(https?:)?\/\/(?!www\.w3\.org)/,
      name,
    );
  }
});

test('every module that is imported exists, and none is left over', () => {
  const names = new Set(scripts.map(([name]) => path.basename(name)));
  const used = new Set();
  for (const [name, text] of [...scripts, ...pages]) {
    for (const [, target] of text.matchAll(/(?:from '\.\/|src="\/js\/)([\w-]+\.js)/g)) {
      assert.ok(names.has(target), `${name} uses ${target}`);
      used.add(target);
    }
  }
  assert.deepEqual(
    [...names].filter((name) => !used.has(name)),
    [],
  );
});

test('modules stay small: one concept a file', () => {
  for (const [name, text] of scripts) assert.ok(text.split('\n').length <= 320, name);
});
