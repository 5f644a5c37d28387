/**
 * How long to wait before the next attempt to connect.
 *
 * The wait doubles with every failure, and a random part of it is taken, so that a thousand
 * browsers do not come back in the same moment. A server that said it restarts is back soon.
 */

const FIRST = 500; // ms: the longest first wait
const LONGEST = 30_000; // ms
const LONGEST_IN_RESTART = 2_000; // ms
const SHORTEST = 100; // ms
const RESTART = 60_000; // ms in which a restart should be over

export class Backoff {
  #failures = 0;
  #restartUntil = 0;

  /** Note a failure, and return the milliseconds to wait. */
  next() {
    const longest = Date.now() < this.#restartUntil ? LONGEST_IN_RESTART : LONGEST;
    const span = Math.min(longest, FIRST * 2 ** this.#failures);
    this.#failures += 1;
    return SHORTEST + Math.random() * (span - SHORTEST);
  }

  /** Begin anew: the connection holds, or there is a reason to think that it will now. */
  reset() {
    this.#failures = 0;
  }

  /** The server said that it goes down; it will be back soon. */
  restarting() {
    this.reset();
    this.#restartUntil = Date.now() + RESTART;
  }

  get isRestarting() {
    return Date.now() < this.#restartUntil;
  }
}
