/**
 * How long ago the server last confirmed this page. One that nobody confirmed for too long is not
 * shown any more; nor is one whose clock runs backwards, because then nobody knows how long it was.
 */

import { viewer } from "./viewer.js";

const BACKWARDS = 60_000; // ms by which clocks are set right now and then

export class Age {
  #confirmedAt = Date.now();

  confirm() {
    this.#confirmedAt = Date.now();
  }

  get isTooOld() {
    const age = Date.now() - this.#confirmedAt;
    return age > viewer.offlineMaxAge || age < -BACKWARDS;
  }
}
