/**
 * Whether an element on the page is what the server says, leaving out what is the viewer's.
 */

import { hasValues, isMyAttribute, isMyClass, isMyElement, isValue, serverText } from "./mine.js";

/**
 * @param {Node} old  on the page
 * @param {Node} fresh  from the server
 * @returns {boolean}
 */
export const isSame = (old, fresh) => old.isEqualNode(fresh) || compare(old, fresh, serverText);

/**
 * Whether they say the same, though perhaps in another form: the text of a <time> or <data> may
 * have been formatted by somebody who did not tell.
 *
 * @param {Element} old
 * @param {Element} fresh
 * @returns {boolean}
 */
export const saysSame = (old, fresh) => hasValues(old) && compare(old, fresh, () => "");

/**
 * @param {Node} old
 * @param {Node} fresh
 * @param {(value: Element) => string} textOf
 * @returns {boolean}
 */
function compare(old, fresh, textOf) {
  if (old.nodeType !== fresh.nodeType) return false;
  if (!(old instanceof Element)) return old.nodeValue === fresh.nodeValue;
  const other = /** @type {Element} */ (fresh);
  if (old.localName !== other.localName || !hasSameAttributes(old, other)) return false;
  if (isValue(old)) return textOf(old) === textOf(other);
  const nodes = [...old.childNodes].filter((node) => !isMyElement(node));
  const others = other.childNodes;
  return (
    nodes.length === others.length && nodes.every((node, i) => compare(node, others[i], textOf))
  );
}

/**
 * @param {Element} old
 * @param {Element} fresh
 */
function hasSameAttributes(old, fresh) {
  if (isSameTag(old, fresh)) return true;
  const names = new Set([...old.getAttributeNames(), ...fresh.getAttributeNames()]);
  names.delete("class");
  for (const name of names) {
    if (old.getAttribute(name) === fresh.getAttribute(name)) continue;
    if (!old.hasAttribute(name) || !isMyAttribute(old, name)) return false;
  }
  return serverClass(old) === serverClass(fresh);
}

/**
 * Whether two elements have the very same attributes. (Reading them one by one takes ten times as
 * long as letting the browser compare.)
 *
 * @param {Element} old
 * @param {Element} fresh
 */
export const isSameTag = (old, fresh) => old.cloneNode(false).isEqualNode(fresh.cloneNode(false));

/** @param {Element} element */
const serverClass = (element) => [...element.classList].filter((name) => !isMyClass(name)).join(" ");
