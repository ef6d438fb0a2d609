// focus: the keyboard's place survives when a part of the page is made anew.

/** Replace what is in root by render(); the focus goes to the element with the same data-focus,
 * else to the first of the same kind ("sort:octets" -> "sort:"), else to the fallback. */
export function keepFocus(root, fallback, render) {
  const active = document.activeElement;
  const had = root.contains(active) && active !== root;
  const place = had ? (active.dataset.focus ?? '') : '';
  render();
  if (!had || root.contains(document.activeElement)) return;
  const kind = place.slice(0, place.indexOf(':') + 1);
  const next =
    (place && root.querySelector(`[data-focus="${CSS.escape(place)}"]`)) ||
    (kind && root.querySelector(`[data-focus^="${CSS.escape(kind)}"]`)) ||
    fallback;
  next.focus({ preventScroll: true });
}
