/**
 * Frames that came and are not on the page yet, in the order in which they came.
 *
 * Bounded: a page that cannot keep up drops them all and asks anew, which costs one frame a list.
 * A frame that stands alone makes the earlier ones of its container superfluous; they keep their
 * place, because acknowledgements go in order.
 */

const MOST_FRAMES = 2_000;
const MOST_CHARACTERS = 8_000_000;

/**
 * @typedef {object} Arrival
 * @property {import("./protocol.js").Frame | import("./protocol.js").Current} message
 * @property {number} generation  the connection that it came on
 * @property {boolean} isWhole
 * @property {boolean} isVoid  to be acknowledged only
 */

export class Queue {
  /** @type {Arrival[]} */
  #arrivals = [];
  /** The first that is left; taken ones are cut off now and then. */
  #first = 0;
  #characters = 0;

  get length() {
    return this.#arrivals.length - this.#first;
  }

  get isOverfull() {
    return this.length > MOST_FRAMES || this.#characters > MOST_CHARACTERS;
  }

  /** @returns {Arrival | undefined} */
  get head() {
    return this.#arrivals[this.#first];
  }

  /** @param {Arrival} arrival */
  push(arrival) {
    if (arrival.isWhole) this.#supersede(arrival.message.sub);
    this.#arrivals.push(arrival);
    this.#characters += characters(arrival);
  }

  shift() {
    const arrival = this.head;
    if (!arrival) return;
    this.#characters -= characters(arrival);
    this.#first += 1;
    if (this.#first < this.#arrivals.length / 2) return;
    this.#arrivals.splice(0, this.#first);
    this.#first = 0;
  }

  /**
   * Void what waits for a container.
   *
   * @param {string} sub
   */
  drop(sub) {
    for (const arrival of this.#left()) {
      if (arrival.message.sub === sub) arrival.isVoid = true;
    }
  }

  /** Take everything out. */
  clear() {
    const arrivals = this.#left();
    this.#arrivals = [];
    this.#first = this.#characters = 0;
    return arrivals;
  }

  #left() {
    return this.#arrivals.slice(this.#first);
  }

  /** @param {string} sub */
  #supersede(sub) {
    for (let index = this.#arrivals.length - 1; index >= this.#first; index--) {
      const arrival = this.#arrivals[index];
      if (arrival.message.sub !== sub) continue;
      arrival.isVoid = true;
      if (arrival.isWhole) return; // what came before it is void already
    }
  }
}

/** @param {Arrival} arrival */
const characters = ({ message }) => ("content" in message ? message.content.length : 0);
