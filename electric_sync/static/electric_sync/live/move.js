/**
 * Moving elements without taking the focus, a selection or an animation from them.
 */

/**
 * Put an element, from the page or from elsewhere, before a node.
 *
 * @param {Element & {moveBefore?: (node: Node, before: Node | null) => void}} parent
 * @param {Element} element
 * @param {Node | null} before  null: last
 */
export function move(parent, element, before) {
  if (element === before) return;
  if (element.isConnected && element.ownerDocument === parent.ownerDocument && parent.moveBefore) {
    return parent.moveBefore(element, before);
  }
  // Browsers without moveBefore forget the focus of what is moved.
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  parent.insertBefore(element, before);
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
}
