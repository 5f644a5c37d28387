/**
 * Which live areas are on the page, and what the server keeps right in each of them.
 *
 * The page is the truth: a container that appears is subscribed, one that left is unsubscribed,
 * and after a reconnect everything is asked for again with the etag of what is shown. A
 * subscription's etag runs ahead of the page by the frames that wait in the queue, which will be
 * applied; the container's own `data-live-etag` says what is shown right now, and is missing
 * while that is nothing the server ever rendered.
 *
 * A page that drifted is healed by *asking anew*: etag null, and no frame counts before the
 * next one that stands alone.
 */

import { containersIn, isList } from "./containers.js";
import { isIndebted, isUnderHand, keptIn } from "./holds.js";
import { isWhole } from "./protocol.js";
import { empty, giveBack, withdraw } from "./withdrawal.js";

const LARGEST = 500; // rows in a window
const RESYNC_EVERY = 1_000; // ms at least between two healings of one list

/** @typedef {{size: number | null, after: string | null}} Window */

/**
 * Whether the person may see an area. One that was withdrawn is empty, and frames for it are
 * ignored until the server was asked or says that it returns.
 *
 * @enum {string}
 */
export const Standing = Object.freeze({
  SHOWN: "shown",
  WITHDRAWN: "withdrawn",
  RETURNING: "returning",
});

export class Subscription {
  /** @type {WeakRef<HTMLElement>} */
  #element;
  /** What the page will show once the queue is applied; null: nothing that has a name. @type {string | null} */
  etag;
  /** Only a frame that stands alone counts. */
  needsWhole = false;
  /** Its window was just asked for; what comes is no news. */
  isInitial = true;
  /** The server answered since the connection stands. */
  isCurrent = false;
  /** Frames were passed over, because somebody has the whole list in hand. */
  isBehind = false;
  standing = Standing.SHOWN;
  /** @type {import("./protocol.js").RefusalReason | null} */
  refusal = null;
  /** @type {string[]} */
  cursors = [];
  resyncedAt = 0;

  /**
   * @param {string} id
   * @param {HTMLElement} element
   */
  constructor(id, element) {
    this.id = id;
    this.#element = new WeakRef(element);
    this.token = element.dataset.live ?? "";
    this.etag = this.applied = this.written = element.dataset.liveEtag ?? null;
    this.needsWhole = this.etag === null;
    this.size = isList(element) ? Number(element.dataset.liveSize) : null;
    this.after = element.dataset.liveAfter ?? null;
  }

  /** The container, while it is on the page. */
  get element() {
    const element = this.#element.deref();
    return element?.isConnected ? element : null;
  }

  /** Whether the container still is what was subscribed: a swap may have rewritten it. */
  get isIntact() {
    const data = this.element?.dataset;
    return data?.live === this.token && (data.liveEtag ?? null) === this.written;
  }

  /** Write on the container what it shows, if that is what the server rendered. */
  label() {
    const element = this.element;
    if (!element || !this.isIntact) return;
    this.written = isIndebted(element) ? null : this.applied;
    if (this.written === null) element.removeAttribute("data-live-etag");
    else element.dataset.liveEtag = this.written;
  }

  /** What is shown has no name any more: only a whole frame helps. */
  forget() {
    this.etag = null;
    this.needsWhole = true;
    this.isCurrent = this.isBehind = false;
  }

  /** The person may not see it any more. */
  withdraw() {
    this.forget();
    this.standing = Standing.WITHDRAWN;
    this.refusal = this.applied = null;
    this.cursors = [];
    const element = this.element;
    if (element) withdraw(element);
    this.label();
  }

  /** The server's answer is there: the person may see it again. */
  giveBack() {
    this.standing = Standing.SHOWN;
    this.isInitial = true;
    const element = this.element;
    if (!element) return;
    giveBack(element);
    if (this.after !== null) element.dataset.liveAfter = this.after;
  }

  /** @param {{more?: boolean, cursors?: string[]}} answer */
  learn({ more, cursors }) {
    if (more !== undefined) this.element?.toggleAttribute("data-live-more", more);
    if (cursors) this.cursors = cursors;
  }

  /** @param {Window} window */
  slide({ size, after }) {
    this.size = size;
    this.after = after;
    this.isInitial = true;
    const data = this.element?.dataset;
    if (!data) return;
    data.liveSize = String(size);
    if (after === null) delete data.liveAfter;
    else data.liveAfter = after;
  }

  /** @returns {import("./protocol.js").Subscribe} */
  get message() {
    const { id: sub, token, etag, size, after } = this;
    return { type: "subscribe", sub, token, etag, size, after };
  }
}

export class Subscriptions {
  #send;
  #onLeft;
  #last = 0;
  /** @type {Map<string, Subscription>} */
  #byId = new Map();
  /** @type {WeakMap<Element, Subscription>} */
  #byElement = new WeakMap();

  /**
   * @param {(message: import("./protocol.js").BrowserMessage) => void} send
   * @param {(id: string) => void} onLeft  an area is not on the page any more
   */
  constructor(send, onLeft) {
    this.#send = send;
    this.#onLeft = onLeft;
  }

  get size() {
    return this.#byId.size;
  }

  get ids() {
    return this.#byId.keys();
  }

  /** Those that the person may see. */
  get shown() {
    return [...this.#byId.values()].filter(({ standing }) => standing === Standing.SHOWN);
  }

  /** @param {string} id */
  byId(id) {
    return this.#byId.get(id);
  }

  /** @param {Element} element */
  of(element) {
    return this.#byElement.get(element);
  }

  /** Compare with the page: unsubscribe what left it, subscribe what is new. */
  scan() {
    for (const subscription of this.#byId.values()) {
      if (!subscription.isIntact) this.#remove(subscription);
    }
    for (const element of containersIn(document)) {
      if (!this.#byElement.has(element)) this.#add(element);
    }
  }

  /** A connection was made: ask for everything with what is shown. */
  resume() {
    for (const subscription of this.#byId.values()) {
      subscription.isCurrent = false;
      subscription.refusal = null;
      this.expect(subscription);
      this.#send(subscription.message);
    }
  }

  /**
   * What was withdrawn may come back: the server was asked, or says so.
   *
   * @param {Subscription} subscription
   */
  expect(subscription) {
    if (subscription.standing === Standing.WITHDRAWN) subscription.standing = Standing.RETURNING;
  }

  /**
   * Ask anew for what was withdrawn on another word than the socket's. That may never have heard of
   * it, if access was taken and given back between two of its readings.
   */
  askForWithdrawn() {
    for (const subscription of this.#byId.values()) {
      if (subscription.standing !== Standing.WITHDRAWN) continue;
      this.expect(subscription);
      this.#send(subscription.message);
    }
  }

  /**
   * An answer came in: say whether it counts, and note what the page will show once it is applied.
   *
   * @param {import("./protocol.js").Frame | import("./protocol.js").Current} answer
   * @returns {boolean}
   */
  accept(answer) {
    const subscription = this.#byId.get(answer.sub);
    if (!subscription) return false;
    if (!subscription.isIntact) {
      this.scan();
      return false;
    }
    if (subscription.standing === Standing.WITHDRAWN) return false;
    const standsAlone = answer.type === "frame" && isWhole(answer.content);
    if (subscription.needsWhole && !standsAlone) return false;
    subscription.needsWhole = false;
    subscription.isCurrent = true;
    subscription.etag = answer.etag;
    return true;
  }

  /** Ask anew for the lists that nobody has in hand any more. */
  catchUp() {
    for (const subscription of this.#byId.values()) {
      const element = subscription.element;
      if (subscription.isBehind && element && !isUnderHand(element)) this.resync(subscription);
    }
  }

  /**
   * Ask anew for what a container should show. The server's next answer is whole.
   *
   * @param {Subscription} subscription
   */
  resync(subscription) {
    subscription.forget();
    const early = subscription.resyncedAt + RESYNC_EVERY - Date.now();
    subscription.resyncedAt = Date.now();
    if (early <= 0) return this.#send(subscription.message);
    setTimeout(() => {
      const { id, standing } = subscription;
      if (this.#byId.has(id) && standing === Standing.SHOWN) this.#send(subscription.message);
    }, Math.min(early, RESYNC_EVERY));
  }

  /**
   * Empty a container and ask anew, unless somebody has something in hand there: then the
   * server's next answer replaces all but that.
   *
   * @param {Subscription} subscription
   */
  refetch(subscription) {
    const element = subscription.element;
    if (!element || subscription.standing !== Standing.SHOWN) return;
    if (!isUnderHand(element) && !keptIn(element).length) empty(element);
    this.resync(subscription);
    subscription.applied = null;
    subscription.label();
  }

  /**
   * Ask again for what was refused.
   *
   * @param {Subscription} subscription
   */
  retry(subscription) {
    if (!subscription.refusal || this.#byId.get(subscription.id) !== subscription) return;
    subscription.refusal = null;
    this.#send(subscription.message);
  }

  /**
   * Show another window of a list.
   *
   * @param {Subscription} subscription
   * @param {Window} window
   */
  slide(subscription, { size, after }) {
    // A window that only grows is completed from what is shown; any other is replaced.
    if (after !== subscription.after || (size ?? 0) < (subscription.size ?? 0)) subscription.forget();
    subscription.slide({ size: Math.min(size ?? LARGEST, LARGEST), after });
    this.#send(subscription.message);
  }

  /** @param {HTMLElement} element */
  #add(element) {
    this.#last += 1;
    const subscription = new Subscription(`s${this.#last}`, element);
    this.#byId.set(subscription.id, subscription);
    this.#byElement.set(element, subscription);
    this.#send(subscription.message);
  }

  /** @param {Subscription} subscription */
  #remove(subscription) {
    this.#byId.delete(subscription.id);
    this.#onLeft(subscription.id);
    const element = subscription.element;
    if (element) this.#byElement.delete(element);
    this.#send({ type: "unsubscribe", sub: subscription.id });
  }
}
