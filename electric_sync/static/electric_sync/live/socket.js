/**
 * One websocket, kept for as long as the page lives.
 *
 * It is always in exactly one phase, and every change of phase is checked:
 *
 *     idle → connecting → open → waiting → connecting → …      closed is the end
 *                 ↘ waiting ↗        (any of them) → paused → connecting
 *
 * *Open* begins with the server's welcome, not with the TCP connection. *Paused* is a page in the
 * back/forward cache or frozen by the browser: an open socket would keep it out of the cache. A
 * page that is merely hidden stays connected, because it must learn that access was withdrawn.
 */

import { Backoff } from "./backoff.js";
import { Heartbeat } from "./heartbeat.js";
import { decode } from "./protocol.js";
import { onWake } from "./wake.js";

/** @typedef {"idle" | "connecting" | "open" | "waiting" | "paused" | "closed"} PhaseName */

export const Phase = Object.freeze({
  /** @type {PhaseName} */ IDLE: "idle",
  /** @type {PhaseName} */ CONNECTING: "connecting",
  /** @type {PhaseName} */ OPEN: "open",
  /** @type {PhaseName} */ WAITING: "waiting",
  /** @type {PhaseName} */ PAUSED: "paused",
  /** @type {PhaseName} */ CLOSED: "closed",
});

/** @type {Readonly<Record<PhaseName, PhaseName[]>>} */
const NEXT = Object.freeze({
  idle: [Phase.CONNECTING, Phase.PAUSED, Phase.CLOSED],
  connecting: [Phase.OPEN, Phase.WAITING, Phase.PAUSED, Phase.CLOSED],
  open: [Phase.WAITING, Phase.PAUSED, Phase.CLOSED],
  waiting: [Phase.CONNECTING, Phase.PAUSED, Phase.CLOSED],
  paused: [Phase.IDLE, Phase.CONNECTING, Phase.CLOSED],
  closed: [],
});

const WELCOME_WITHIN = 5_000; // ms from dialling to the welcome
const WELCOME_AFTER_WAKE = 1_500; // ms: a dial that hangs since before the sleep is given up
const PROVEN = 5_000; // ms after which a connection counts as one that holds

export class Socket {
  #url;
  #listener;
  /** @type {PhaseName} */
  #phase = Phase.IDLE;
  #backoff = new Backoff();
  #heartbeat = new Heartbeat({
    ping: (id) => this.send({ type: "ping", id }),
    dead: () => this.#redial(),
  });
  /** @type {WebSocket | null} */
  #wire = null;
  #dialledAt = 0;
  #generation = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {URL} url
   * @param {object} listener
   * @param {(message: import("./protocol.js").ServerMessage) => void} listener.onMessage
   * @param {(phase: PhaseName) => void} listener.onPhase
   */
  constructor(url, listener) {
    this.#url = url;
    this.#listener = listener;
    onWake(() => this.#wake());
    window.addEventListener("pagehide", () => this.pause());
    window.addEventListener("pageshow", () => this.resume());
    document.addEventListener("freeze", () => this.pause());
    document.addEventListener("resume", () => this.resume());
  }

  get phase() {
    return this.#phase;
  }

  /** Counts the connections: what belongs to an earlier one is not acknowledged on this one. */
  get generation() {
    return this.#generation;
  }

  /** The server said that it restarts, and nothing proved since that it is back for good. */
  get isRestarting() {
    return this.#backoff.isRestarting;
  }

  /** Connect, unless that is done or under way. */
  open() {
    if (this.#phase === Phase.IDLE) this.#dial();
  }

  /**
   * Send now or never: whoever needs the message after a reconnect says it again then.
   *
   * @param {import("./protocol.js").BrowserMessage} message
   */
  send(message) {
    if (this.#phase === Phase.OPEN) this.#wire?.send(JSON.stringify(message));
  }

  /** The server announced its restart: come back soon after it hangs up. */
  expectRestart() {
    this.#backoff.restarting();
  }

  pause() {
    if (this.#phase === Phase.CLOSED || this.#phase === Phase.PAUSED) return;
    this.#hangUp();
    this.#enter(Phase.PAUSED);
  }

  resume() {
    if (this.#phase !== Phase.PAUSED) return;
    this.#backoff.reset();
    if (this.#generation) this.#dial();
    else this.#enter(Phase.IDLE);
  }

  /** Hang up for good. */
  close() {
    if (this.#phase === Phase.CLOSED) return;
    this.#hangUp();
    this.#enter(Phase.CLOSED);
  }

  #dial() {
    this.#enter(Phase.CONNECTING);
    this.#generation += 1;
    this.#dialledAt = Date.now();
    const wire = new WebSocket(this.#url);
    this.#wire = wire;
    wire.onmessage = ({ data }) => this.#hear(data);
    wire.onclose = () => this.#lose();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#lose(), WELCOME_WITHIN);
  }

  /** @param {unknown} data */
  #hear(data) {
    const message = decode(data);
    if (!message) return;
    this.#heartbeat.heard();
    if (message.type === "pong") return this.#heartbeat.pong(message.id);
    if (message.type === "going-down") this.expectRestart();
    this.#listener.onMessage(message);
    if (message.type === "welcome") this.#welcome(message.heartbeat);
  }

  /** @param {number} heartbeat in seconds */
  #welcome(heartbeat) {
    if (this.#phase !== Phase.CONNECTING) return;
    clearTimeout(this.#timer);
    // A server that accepts and drops at once must not be dialled without end.
    this.#timer = setTimeout(() => this.#backoff.reset(), PROVEN);
    this.#heartbeat.start(heartbeat);
    this.#enter(Phase.OPEN);
  }

  /** The connection is gone; try again after a while. */
  #lose() {
    this.#hangUp();
    this.#enter(Phase.WAITING);
    this.#timer = setTimeout(() => this.#dial(), this.#backoff.next());
  }

  /** The connection is gone, and there is good reason to think that a new one can be had now. */
  #redial() {
    this.#hangUp();
    this.#enter(Phase.WAITING);
    this.#backoff.reset();
    this.#dial();
  }

  #wake() {
    if (this.#phase === Phase.OPEN) this.#heartbeat.probe();
    else if (this.#phase === Phase.CONNECTING && this.#dialsInVain()) this.#redial();
    else if (this.#phase === Phase.WAITING) {
      this.#backoff.reset();
      this.#dial();
    }
  }

  #dialsInVain() {
    return Math.abs(Date.now() - this.#dialledAt) > WELCOME_AFTER_WAKE;
  }

  #hangUp() {
    clearTimeout(this.#timer);
    this.#heartbeat.stop();
    if (!this.#wire) return;
    this.#wire.onmessage = this.#wire.onclose = null;
    this.#wire.close();
    this.#wire = null;
  }

  /** @param {PhaseName} phase */
  #enter(phase) {
    if (!NEXT[this.#phase].includes(phase)) {
      throw new Error(`A socket that is ${this.#phase} cannot become ${phase}.`);
    }
    this.#phase = phase;
    this.#listener.onPhase(phase);
  }
}
