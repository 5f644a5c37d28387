/**
 * Paying the debts: what the server said of a row or region in somebody's hand is shown once the
 * hands are off.
 *
 * `release` gives an element back to the server. If there was news of it, that is shown at once.
 * If there was none, what the page made of it stands for a moment, because the answer to one's
 * own save is on its way; then the server's version is put back. Fields let go of themselves:
 * when the focus leaves them, when they are sent, when they hold the server's value again.
 */

import { Changes } from "./changes.js";
import { containerOf, containersIn, isList, unitOf } from "./containers.js";
import { fieldsIn, markSent, markUnsent } from "./fields.js";
import {
  ANSWER_WITHIN,
  debtOf,
  forgive,
  isGhost,
  isInHand,
  isUnderHand,
  keptIn,
  letGo,
  owe,
} from "./holds.js";
import { asServed } from "./mine.js";
import { morphRegion, morphRow } from "./morph.js";
import { takeSeat, vacate } from "./seats.js";

const SOON = 200; // ms: a click that takes the focus away must still find its target

/** @typedef {{changed: boolean, removed: boolean}} Released */

export class Settlement {
  #isCurrent;
  #onSettled;

  /**
   * @param {object} surroundings
   * @param {(container: Element) => boolean} surroundings.isCurrent  whether it shows the newest
   * @param {(container: Element) => void} surroundings.onSettled
   */
  constructor({ isCurrent, onSettled }) {
    this.#isCurrent = isCurrent;
    this.#onSettled = onSettled;
    document.addEventListener("focusout", ({ target }) => this.#soon(target));
    document.addEventListener("change", ({ target }) => this.#soon(target));
    document.addEventListener("input", ({ target }) => this.#edited(target));
    document.addEventListener("reset", ({ target }) => this.#formSettles(target));
    document.addEventListener("htmx:afterRequest", (event) => this.#answered(event));
  }

  /**
   * @param {Element} element
   * @returns {Released}
   */
  release(element) {
    const hold = letGo(element);
    for (const region of containersIn(element)) this.#pay(region, { isNews: false });
    const unit = unitOf(element);
    if (!hold || !unit || isUnderHand(element)) return { changed: false, removed: false };
    for (const field of fieldsIn(element)) markSent(field);
    if (hold.news === undefined && !isGhost(unit)) {
      this.#confirmLater(unit);
      takeSeatIfFree(unit);
      return { changed: false, removed: false };
    }
    this.#pay(unit, { isNews: false });
    return { changed: true, removed: !element.isConnected };
  }

  /**
   * Show what the server has for a row or region, as far as no hand is on it.
   *
   * @param {Element} unit
   * @param {{isNews: boolean}} nature  whether the person is shown it as somebody else's change
   */
  #pay(unit, { isNews }) {
    const debt = debtOf(unit);
    const container = containerOf(unit);
    if (!debt || !container || isUnderHand(container)) return;
    if (debt.fresh === null) {
      if (isInHand(unit)) return;
      forgive(unit);
      vacate(unit);
    } else {
      const fresh = /** @type {Element} */ (debt.fresh.cloneNode(true));
      const changes = new Changes(container);
      changes.isNews = isNews;
      if (!keptIn(unit).length) forgive(unit);
      if (unit === container) morphRegion(unit, fresh, changes);
      else morphRow(unit, fresh, changes);
      takeSeatIfFree(unit);
      changes.tell();
    }
    this.#onSettled(container);
  }

  /**
   * The server has got what this unit shows; unless it says otherwise, its last word counts.
   *
   * @param {Element} unit
   */
  #confirmLater(unit) {
    const debt = debtOf(unit);
    if (!debt) return;
    debt.isAwaited = true;
    setTimeout(() => {
      const container = containerOf(unit);
      if (debtOf(unit) !== debt || !container) return;
      if (!this.#isCurrent(container)) return this.#confirmLater(unit);
      debt.isAwaited = false;
      if (!isInHand(unit)) this.#pay(unit, { isNews: false });
    }, ANSWER_WITHIN);
  }

  /** @param {EventTarget | null} target */
  #soon(target) {
    const unit = target instanceof Element ? unitOf(target) : null;
    if (!unit || !debtOf(unit)) return;
    setTimeout(() => {
      if (!debtOf(unit)?.isAwaited && !keptIn(unit).length) this.#pay(unit, { isNews: true });
    }, SOON);
  }

  /** @param {EventTarget | null} target */
  #edited(target) {
    if (target instanceof Element) markUnsent(target);
    this.#soon(target);
  }

  /** @param {EventTarget | null} target */
  #formSettles(target) {
    if (target instanceof HTMLFormElement) for (const field of target.elements) this.#soon(field);
  }

  /** @param {Event} event  of htmx */
  #answered(event) {
    const { elt, successful } = /** @type {CustomEvent} */ (event).detail;
    if (!successful) return;
    const form = elt instanceof HTMLFormElement ? elt : elt.form;
    for (const field of form ? form.elements : [elt]) this.#sent(field);
  }

  /** @param {Element} field */
  #sent(field) {
    const unit = unitOf(field);
    if (!unit) return;
    if (!debtOf(unit)) owe(unit, asServed(unit));
    markSent(field);
    this.#confirmLater(unit);
  }
}

/** @param {Element} unit */
function takeSeatIfFree(unit) {
  const container = containerOf(unit);
  if (container && isList(container) && !isInHand(unit)) takeSeat(unit);
}
