/**
 * Telling the server when nothing is left on the page that a version of the person's access does
 * not allow: after each change of it, and after each connection.
 *
 * Areas that the server is about to send anew still show the old content until then, so they are
 * waited for.
 */

export class Clearance {
  #say;
  /** @type {string | null} */
  #version = null;
  /** Subscriptions that may still show too much. @type {Set<string>} */
  #open = new Set();
  #isDue = false;

  /** @param {(version: string) => void} say */
  constructor(say) {
    this.#say = say;
  }

  /**
   * Something changed: these subscriptions have to show what the server says next.
   *
   * @param {string | null} version
   * @param {Iterable<string>} subs
   */
  expect(version, subs) {
    this.#version = version;
    this.#isDue = true;
    for (const sub of subs) this.#open.add(sub);
    this.#sayIfClear();
  }

  /**
   * A subscription shows what the server said, or nothing at all.
   *
   * @param {string} sub
   */
  settle(sub) {
    if (this.#open.delete(sub)) this.#sayIfClear();
  }

  /** What was waited for will not come: the connection is another one. */
  forget() {
    this.#open.clear();
    this.#isDue = false;
  }

  #sayIfClear() {
    if (!this.#isDue || this.#open.size || this.#version === null) return;
    this.#isDue = false;
    this.#say(this.#version);
  }
}
