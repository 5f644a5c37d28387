/**
 * What belongs to one viewer or one moment: set by the page's scripts, never by the server.
 *
 * Frames leave it alone, and it does not count when old and new are compared. Text that a script
 * formatted for the viewer is remembered beside what the server wrote.
 */

const classes = new Set([
  "is-changed",
  "is-peer",
  "is-editing",
  "is-unsaved",
  "is-conflict",
  "is-focused",
  "is-held",
  "edge-t",
  "edge-e",
  "edge-b",
  "edge-s",
  "htmx-request",
  "htmx-swapping",
  "htmx-settling",
  "htmx-added",
]);

/** @typedef {(element: Element, value: string) => boolean} Rule  whether the value is the viewer's */

/** @type {Rule} */
const always = () => true;

/** @type {Map<string, Rule>} */
const attributes = new Map();
attributes
  .set("aria-selected", always)
  .set("aria-rowindex", always)
  .set("aria-current", always)
  .set("style", always) // the policy forbids it in markup, so a script set it
  .set("tabindex", (_element, value) => value === "0")
  .set("open", (element) => element.matches("details, dialog"))
  .set("data-person", (element) => element.classList.contains("is-peer"));

const elements = [".peer-flag", "[data-live-mine]"];
let selector = elements.join();

/**
 * Declare more of what the page's scripts set inside of live areas.
 *
 * @param {{classes?: string[], attributes?: string[], elements?: string[]}} names
 *   elements: selectors of elements that scripts add
 */
export function keep(names) {
  for (const name of names.classes ?? []) classes.add(name);
  for (const name of names.attributes ?? []) attributes.set(name, always);
  elements.push(...(names.elements ?? []));
  selector = elements.join();
}

/** @param {string} name */
export const isMyClass = (name) => classes.has(name);

/**
 * @param {Element} element
 * @param {string} name  of an attribute that the element has
 */
export function isMyAttribute(element, name) {
  const rule = attributes.get(name);
  return rule !== undefined && rule(element, element.getAttribute(name) ?? "");
}

/** @param {Node} node */
export const isMyElement = (node) => node instanceof Element && node.matches(selector);

/** @param {Element} element */
export const hasMyElements = (element) => element.querySelector(selector) !== null;

/** @param {Element} element */
export const myChildren = (element) => [...element.children].filter(isMyElement);

/** @type {WeakMap<Element, {server: string, shown: string}>} */
const texts = new WeakMap();

/**
 * Show a value as the viewer reads it (a <time> or <data>), remembering what the server wrote.
 *
 * @param {Element} element
 * @param {string} text
 */
export function show(element, text) {
  texts.set(element, { server: serverText(element), shown: text });
  element.textContent = text;
}

/**
 * @param {Element} element
 * @returns {string} the text as the server wrote it
 */
export function serverText(element) {
  const actual = element.textContent ?? "";
  const text = texts.get(element);
  return text?.shown === actual ? text.server : actual;
}

const VALUES = "time[datetime], data[value]";

/** @param {Element} element */
export const isValue = (element) => element.matches(VALUES);

/** @param {Element} element */
export const hasValues = (element) => element.querySelector(VALUES) !== null;

/**
 * A copy of an element as the server would render it, without what scripts and hands did to it.
 *
 * @param {Element} element
 * @returns {Element}
 */
export function asServed(element) {
  const copy = /** @type {Element} */ (element.cloneNode(true));
  const originals = [element, ...element.querySelectorAll("*")];
  const copies = [copy, ...copy.querySelectorAll("*")];
  copies.forEach((part, index) => strip(part, originals[index]));
  for (const part of copies.slice(1)) if (isMyElement(part)) part.remove();
  return copy;
}

/**
 * @param {Element} part
 * @param {Element} original
 */
function strip(part, original) {
  if (isValue(part)) part.textContent = serverText(original);
  for (const name of part.getAttributeNames()) {
    if (!isMyAttribute(part, name)) continue;
    // Of a grid's cells one is in the tab order, by script; the server says -1 for all.
    if (name === "tabindex") part.setAttribute(name, "-1");
    else part.removeAttribute(name);
  }
  part.classList.remove(...[...part.classList].filter(isMyClass));
  if (!part.classList.length) part.removeAttribute("class");
  resetField(part);
}

/** @param {HTMLInputElement} input */
const isText = (input) => !["checkbox", "radio", "file"].includes(input.type);

/** @param {Element} part */
function resetField(part) {
  if (part instanceof HTMLInputElement) {
    // Only where they differ: some types keep their value in the attribute.
    if (part.checked !== part.defaultChecked) part.checked = part.defaultChecked;
    if (isText(part) && part.value !== part.defaultValue) part.value = part.defaultValue;
  } else if (part instanceof HTMLTextAreaElement) part.value = part.defaultValue;
  else if (part instanceof HTMLOptionElement) part.selected = part.defaultSelected;
}
