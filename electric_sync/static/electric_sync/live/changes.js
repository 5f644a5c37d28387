/**
 * What a slice of work did to the page, told once the slice is over: "live:applied" for each
 * container, "live:deferred" for each kept element that there is news about.
 */

import { isList } from "./containers.js";
import { highlight } from "./highlight.js";
import { isOwnChange } from "./holds.js";

/** Attributes that htmx must be shown when they arrive in a fragment. */
const HTMX = [
  "[hx-get]",
  "[hx-post]",
  "[hx-put]",
  "[hx-patch]",
  "[hx-delete]",
  "[hx-boost]",
  "[data-hx-get]",
  "[data-hx-post]",
  "[data-hx-put]",
  "[data-hx-patch]",
  "[data-hx-delete]",
  "[data-hx-boost]",
].join();

export class Changes {
  /** Rows that came, went or moved since this was last told. */
  shifts = 0;
  /** @type {Set<Element>} */
  #changed = new Set();
  /** @type {Set<Element>} */
  #striking = new Set();
  /** @type {Map<Element, Element | null>} */
  #withheld = new Map();

  /** The container's window was just asked for: nothing here is news. */
  isInitial = false;
  /** What changes is worth a highlight. */
  isNews = true;

  /** @param {Element} container */
  constructor(container) {
    this.container = container;
  }

  /**
   * A row is new on the page.
   *
   * @param {Element} row
   */
  inserted(row) {
    this.#changed.add(row);
    this.#striking.add(row);
  }

  /**
   * A cell says something else than before.
   *
   * @param {Element} cell
   */
  cell(cell) {
    this.#changed.add(cell);
    if (isOwnChange(cell)) return;
    this.#striking.add(cell);
    const row = cell.parentElement;
    if (row && row !== this.container) this.#striking.add(row);
  }

  /**
   * An element was written anew, though it says the same.
   *
   * @param {Element} element
   */
  rewritten(element) {
    this.#changed.add(element);
  }

  /**
   * There is news of an element that is in somebody's hand.
   *
   * @param {Element} element
   * @param {Element | null} news  null: deleted
   */
  withheld(element, news) {
    this.#withheld.set(element, news);
  }

  /** Tell it, and begin anew. */
  tell() {
    const changed = [...this.#changed].filter((element) => element.isConnected);
    for (const element of changed) introduceToHtmx(element);
    if (isList(this.container) && this.isNews && !this.isInitial) highlight(this.#striking);
    const detail = { changed, initial: this.isInitial };
    this.container.dispatchEvent(new CustomEvent("live:applied", { bubbles: true, detail }));
    const withheld = [...this.#withheld];
    this.shifts = 0;
    this.#changed.clear();
    this.#striking.clear();
    this.#withheld.clear();
    for (const [element, news] of withheld) {
      const copy = news?.cloneNode(true) ?? null;
      element.dispatchEvent(
        new CustomEvent("live:deferred", { bubbles: true, detail: { element: copy } }),
      );
    }
  }
}

/** @param {Element} element */
function introduceToHtmx(element) {
  if (!element.matches(HTMX) && !element.querySelector(HTMX)) return;
  /** @type {{htmx?: {process(element: Element): void}}} */ (globalThis).htmx?.process(element);
}
