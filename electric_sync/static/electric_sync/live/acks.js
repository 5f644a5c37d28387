/**
 * Telling the server how far the page is: the highest number that is done with, not too often.
 */

const EVERY = 50; // ms at least between two acknowledgements

export class Acks {
  #say;
  #saidAt = -EVERY;
  /** @type {number | null} */
  #done = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #later;

  /** @param {(seq: number) => void} say */
  constructor(say) {
    this.#say = say;
  }

  /** @param {number} seq */
  done(seq) {
    this.#done = seq;
    const early = this.#saidAt + EVERY - performance.now();
    if (early <= 0) this.#sayNow();
    else this.#later ??= setTimeout(() => this.#sayNow(), early);
  }

  /** Numbers begin anew on every connection. */
  forget() {
    this.#done = null;
  }

  #sayNow() {
    clearTimeout(this.#later);
    this.#later = undefined;
    if (this.#done === null) return;
    this.#saidAt = performance.now();
    this.#say(this.#done);
    this.#done = null;
  }
}
