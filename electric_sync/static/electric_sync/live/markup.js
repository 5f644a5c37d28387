/**
 * From the content of a frame to operations: htmx's out-of-band markup, in document order.
 *
 * Everything is parsed inside a <template>, where table rows may stand alone and nothing runs or
 * loads. Long content is parsed in pieces, because one parse of a thousand rows blocks a page
 * for 60 ms.
 */

const PIECE = 32_768; // characters: about 2 ms of parsing

/**
 * @typedef {object} Operation
 * @property {string} how  a value of hx-swap-oob: outerHTML, innerHTML, delete, afterend, …
 * @property {string} target  id of the element it is about
 * @property {Element} element  that carries the new content
 */

/**
 * Yields between pieces; returns the operations.
 *
 * @param {string} content
 * @returns {Generator<void, Operation[]>}
 */
export function* parse(content) {
  const fragment = content.length > PIECE ? yield* parseInPieces(content) : parseAtOnce(content);
  return [...fragment.querySelectorAll("[hx-swap-oob]")]
    .filter((element) => !element.parentElement?.closest("[hx-swap-oob]"))
    .map(toOperation);
}

/** The page is not what the server thinks it is: the container has to be asked for anew. */
export class Drift extends Error {}

/** @param {string} content */
function parseAtOnce(content) {
  const template = document.createElement("template");
  template.innerHTML = content;
  return template.content;
}

/**
 * @param {string} content
 * @returns {Generator<void, DocumentFragment>}
 */
function* parseInPieces(content) {
  const inert = document.implementation.createHTMLDocument();
  inert.open();
  inert.write("<!doctype html><template>");
  for (let start = 0; start < content.length; start += PIECE) {
    inert.write(content.slice(start, start + PIECE));
    yield;
  }
  inert.write("</template>");
  inert.close();
  return /** @type {HTMLTemplateElement} */ (inert.querySelector("template")).content;
}

/**
 * @param {Element} element
 * @returns {Operation}
 */
function toOperation(element) {
  const [how, selector] = (element.getAttribute("hx-swap-oob") ?? "").split(":", 2);
  element.removeAttribute("hx-swap-oob");
  return { how, target: selector ? selector.replace(/^#/, "") : element.id, element };
}
