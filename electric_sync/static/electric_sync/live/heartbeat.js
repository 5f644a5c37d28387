/**
 * Whether the other end is still there.
 *
 * A network that vanished closes nothing: only an answer proves the connection. A ping goes out
 * every heartbeat, and whatever the server says within PATIENCE counts as its answer. After a
 * sleep that is not enough (old messages may still lie in a buffer), so a *probe* waits for its
 * own pong, and not for long.
 */

const TICK = 1_000; // ms
const PATIENCE = 10_000; // ms in which something must be heard after a ping
const PROBE = 1_000; // ms in which a probe must be answered
const STALE = 4; // heartbeats of silence after which asking is a waste of time

export class Heartbeat {
  #ping;
  #dead;
  #every = 20_000; // ms
  #id = 0;
  #heardAt = 0;
  #pingedAt = 0;
  #isAnswered = true;
  /** @type {number | null} */
  #probed = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #probing;

  /**
   * @param {{ping: (id: number) => void, dead: () => void}} ends  `dead` is called once a start
   */
  constructor({ ping, dead }) {
    this.#ping = ping;
    this.#dead = dead;
  }

  /** @param {number} seconds between two pings */
  start(seconds) {
    this.stop();
    this.#every = seconds * 1_000;
    this.#heardAt = this.#pingedAt = Date.now();
    this.#isAnswered = true;
    this.#ticking = setInterval(() => this.#tick(), TICK);
  }

  stop() {
    clearInterval(this.#ticking);
    clearTimeout(this.#probing);
    this.#probed = null;
  }

  /** Anything at all came from the server. */
  heard() {
    this.#heardAt = Date.now();
    this.#isAnswered = true;
  }

  /** @param {number} id of the ping that is answered */
  pong(id) {
    if (this.#probed === null || id < this.#probed) return;
    clearTimeout(this.#probing);
    this.#probed = null;
  }

  /** Find out quickly whether the connection outlived a sleep or a change of network. */
  probe() {
    if (this.#probed !== null) return;
    if (Math.abs(Date.now() - this.#heardAt) > STALE * this.#every) return this.#end();
    this.#probed = this.#send();
    this.#probing = setTimeout(() => this.#end(), PROBE);
  }

  #tick() {
    const since = Date.now() - this.#pingedAt;
    if (!this.#isAnswered && since >= PATIENCE) this.#end();
    else if (since >= this.#every) this.#send();
  }

  #send() {
    this.#pingedAt = Date.now();
    this.#isAnswered = false;
    this.#id += 1;
    this.#ping(this.#id);
    return this.#id;
  }

  #end() {
    this.stop();
    this.#dead();
  }
}
