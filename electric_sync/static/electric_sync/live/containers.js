/**
 * The live areas of a page: elements with `data-live`, lists (they have a window of rows) and
 * regions (they are rendered whole). A *unit* is what a frame brings up to date at once: a row of
 * a list, or a region.
 */

export const CONTAINERS = "[data-live]";

/**
 * @param {ParentNode} parent
 * @returns {NodeListOf<HTMLElement>}
 */
export const containersIn = (parent) => parent.querySelectorAll(CONTAINERS);

/**
 * @param {Element} element
 * @returns {HTMLElement | null}
 */
export const containerOf = (element) => element.closest(CONTAINERS);

/** @param {Element} container */
export const isList = (container) => container.hasAttribute("data-live-size");

/**
 * The row or region that an element is part of; null outside of live areas.
 *
 * @param {Element} element
 * @returns {Element | null}
 */
export function unitOf(element) {
  const container = containerOf(element);
  if (!container || container === element || !isList(container)) return container;
  let unit = element;
  while (unit.parentElement !== container) unit = /** @type {Element} */ (unit.parentElement);
  return unit;
}

/**
 * A row of a list by its id.
 *
 * @param {Element} list
 * @param {string} id
 * @returns {Element | null}
 */
export function rowById(list, id) {
  const element = document.getElementById(id);
  if (element?.parentElement === list) return element;
  // The same row in two lists, or not on the page.
  return element && list.querySelector(`:scope > #${CSS.escape(id)}`);
}
