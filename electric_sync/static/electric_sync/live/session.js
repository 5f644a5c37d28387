/**
 * A page's live session: one socket, the live areas that it serves, and the hands on them.
 *
 * It outlives boosted navigation: the page's content is swapped, the session and its socket stay.
 */

import { Acks } from "./acks.js";
import { Applier } from "./applier.js";
import { unitOf } from "./containers.js";
import { take } from "./holds.js";
import { Pieces } from "./pieces.js";
import { Outcome, reload } from "./reload.js";
import { Settlement } from "./settle.js";
import { Phase, Socket } from "./socket.js";
import { Status } from "./status.js";
import { Subscriptions } from "./subscriptions.js";

/** Reasons for which an area is merely not live for now. */
const PASSING = new Set(["too-many", "error"]);
const RETRY = 10_000; // ms

const SOCKET = "/live/"; // unless <meta name="live-socket" content="…"> names another address

export class Session {
  #status = new Status();
  #socket = new Socket(socketUrl(), {
    onMessage: (message) => this.#hear(message),
    onPhase: (phase) => this.#enter(phase),
  });
  #subscriptions = new Subscriptions((message) => this.#socket.send(message));
  #acks = new Acks((seq) => this.#socket.send({ type: "ack", seq }));
  #applier = new Applier(this.#subscriptions, (seq, generation) => {
    if (generation === this.#socket.generation) this.#acks.done(seq);
  });
  #pieces = new Pieces();
  #settlement = new Settlement({
    isCurrent: (container) => this.#isCurrent(container),
    onSettled: (container) => this.#subscriptions.of(container)?.label(),
  });

  start() {
    for (const event of ["htmx:afterSettle", "htmx:historyRestore"]) {
      document.addEventListener(event, () => this.#scan());
    }
    window.addEventListener("pageshow", () => this.#scan());
    this.#scan();
  }

  state() {
    return this.#status.get();
  }

  /** @param {Element} element */
  hold(element) {
    const unit = unitOf(element);
    take(element, unit);
    const container = unit?.closest("[data-live]");
    if (container) this.#subscriptions.of(container)?.label();
  }

  /** @param {Element} element */
  release(element) {
    const released = this.#settlement.release(element);
    this.#subscriptions.catchUp();
    return released;
  }

  /**
   * @param {Element} list
   * @returns {{size: number | null, after: string | null, more: boolean, cursors: string[]} | null}
   */
  windowOf(list) {
    const subscription = this.#subscriptions.of(list);
    if (!subscription) return null;
    const { size, after, cursors } = subscription;
    return { size, after, more: list.hasAttribute("data-live-more"), cursors: [...cursors] };
  }

  /**
   * @param {Element} list
   * @param {{size?: number | null, after?: string | null}} window  what is left out stays
   */
  slide(list, window) {
    const subscription = this.#subscriptions.of(list);
    if (!subscription) return;
    const { size, after } = subscription;
    this.#subscriptions.slide(subscription, { size, after, ...window });
  }

  #scan() {
    this.#subscriptions.scan();
    this.#count();
    if (this.#subscriptions.size) this.#socket.open();
  }

  /** @param {import("./socket.js").PhaseName} phase  of the socket */
  #enter(phase) {
    if (phase === Phase.OPEN) {
      this.#acks.forget();
      this.#subscriptions.resume();
      this.#count();
      this.#status.live();
    } else if (phase === Phase.CONNECTING || phase === Phase.WAITING) {
      this.#status.lost(this.#socket.isRestarting);
    }
  }

  /** @param {import("./protocol.js").ServerMessage} message */
  #hear(message) {
    switch (message.type) {
      case "frame":
        return this.#framed(message);
      case "current":
        return this.#applier.receive(message, this.#socket.generation);
      case "refused":
        return this.#refused(message);
      case "access":
      case "reset":
        return this.#leave(message.type);
    }
  }

  /** @param {import("./protocol.js").Frame} piece */
  #framed(piece) {
    const frame = this.#pieces.join(piece, this.#socket.generation);
    if (!frame) return;
    if (frame.content) this.#status.heardOfChange(frame.lag ?? null);
    this.#applier.receive(frame, this.#socket.generation);
  }

  /** @param {import("./protocol.js").Refused} message */
  #refused({ sub, reason }) {
    const subscription = this.#subscriptions.byId(sub);
    if (!subscription) return;
    subscription.refusal = reason;
    this.#count();
    // Else the page is not one that the server would render.
    if (!PASSING.has(reason)) return this.#leave(reason);
    setTimeout(() => this.#subscriptions.retry(subscription), RETRY);
  }

  /**
   * The page may not stay as it is.
   *
   * @param {string} reason
   */
  #leave(reason) {
    this.#applier.stop();
    this.#socket.close();
    this.#status.changed();
    if (reload(reason) === Outcome.LOOPING) this.#status.offline();
  }

  /** @param {Element} container */
  #isCurrent(container) {
    const isServed = this.#subscriptions.of(container)?.isCurrent ?? false;
    return isServed && this.#applier.isIdle && this.#socket.phase === Phase.OPEN;
  }

  #count() {
    this.#status.areas(this.#subscriptions.size, this.#subscriptions.refused);
  }
}

function socketUrl() {
  const meta = document.querySelector("meta[name=live-socket]");
  const url = new URL(meta?.getAttribute("content") ?? SOCKET, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}
