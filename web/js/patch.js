// patch: makes a part of the page look like new nodes while touching only what differs, so that
// a page which refreshes itself neither flickers nor loses focus, selection or scroll position.

function sameKind(a, b) {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName;
}

function patchAttributes(node, wanted) {
  for (const { name } of [...node.attributes]) {
    if (!wanted.hasAttribute(name)) node.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (name !== 'style' && node.getAttribute(name) !== value) node.setAttribute(name, value);
  }
  if (node.nodeName === 'PROGRESS' && node.value !== wanted.value) node.value = wanted.value;
}

function patchNode(node, wanted) {
  if (node.nodeType === Node.TEXT_NODE) {
    if (node.data !== wanted.data) node.data = wanted.data;
    return;
  }
  patchAttributes(node, wanted);
  patchChildren(node, [...wanted.childNodes]);
}

function patchChildren(parent, wanted) {
  wanted.forEach((child, i) => {
    const present = parent.childNodes[i];
    if (!present) parent.append(child);
    else if (sameKind(present, child)) patchNode(present, child);
    else present.replaceWith(child);
  });
  while (parent.childNodes.length > wanted.length) parent.lastChild.remove();
}

/** Children of the parent become like these nodes. Listeners belong on the parent, not on them. */
export function patch(parent, nodes) {
  patchChildren(parent, nodes.filter(Boolean));
}
