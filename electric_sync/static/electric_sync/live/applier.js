/**
 * From the queue to the page, in slices of a frame.
 *
 * Frames are applied in the order in which they came, row by row, for a few milliseconds in a
 * slice. After each slice the page is told what changed, and the server how far we are.
 */

import { Changes } from "./changes.js";
import { isList } from "./containers.js";
import { isUnderHand } from "./holds.js";
import { edit } from "./list.js";
import { Drift, parse } from "./markup.js";
import { isWhole } from "./protocol.js";
import { Queue } from "./queue.js";
import { render } from "./region.js";
import { nextSlice, SHIFTS } from "./slices.js";
import { Standing } from "./subscriptions.js";

/** @typedef {import("./subscriptions.js").Subscription} Subscription */
/** @typedef {import("./queue.js").Arrival} Arrival */

export class Applier {
  #subscriptions;
  #acknowledge;
  #onShown;
  #queue = new Queue();
  #isRunning = false;
  /** The arrival in work. @type {Generator<void, void> | null} */
  #work = null;
  /** @type {WeakMap<Subscription, Changes>} */
  #changes = new WeakMap();
  /** What this slice changed. @type {Set<Changes>} */
  #untold = new Set();
  /** The last one that is done with, not acknowledged yet. @type {Arrival | null} */
  #done = null;

  /**
   * @param {import("./subscriptions.js").Subscriptions} subscriptions
   * @param {object} listener
   * @param {(seq: number, generation: number) => void} listener.acknowledge
   * @param {(subscription: Subscription, isBack: boolean) => void} listener.onShown  what the
   *   server answered is on the page; isBack: it had been withdrawn
   */
  constructor(subscriptions, { acknowledge, onShown }) {
    this.#subscriptions = subscriptions;
    this.#acknowledge = acknowledge;
    this.#onShown = onShown;
  }

  get isIdle() {
    return this.#queue.length === 0;
  }

  /**
   * @param {Arrival["message"]} message
   * @param {number} generation  the connection that it came on
   */
  receive(message, generation) {
    const counts = this.#subscriptions.accept(message);
    this.#queue.push({
      message,
      generation,
      isVoid: !counts,
      isWhole: counts && message.type === "frame" && isWhole(message.content),
    });
    if (this.#queue.isOverfull) this.#giveUp();
    this.#run();
  }

  /**
   * Void what waits for a container, and ask anew.
   *
   * @param {Subscription} subscription
   */
  resync(subscription) {
    this.#queue.drop(subscription.id);
    this.#subscriptions.resync(subscription);
  }

  /**
   * Throw away what waits for a container, applied in part or not at all.
   *
   * @param {Subscription} subscription
   */
  drop(subscription) {
    this.#queue.drop(subscription.id);
    const changes = this.#changes.get(subscription);
    if (changes) this.#untold.delete(changes);
    this.#changes.delete(subscription);
  }

  /** Forget what waits. */
  stop() {
    this.#queue.clear();
    this.#work = null;
  }

  async #run() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (!this.isIdle) {
      this.#slice(await nextSlice());
    }
    this.#isRunning = false;
  }

  /** @param {number} budget  milliseconds */
  #slice(budget) {
    const end = performance.now() + budget;
    while (!this.isIdle && performance.now() < end && this.#shifts() < SHIFTS) this.#step();
    this.#tell();
    if (this.#done) this.#acknowledgeDone(this.#done);
    this.#done = null;
  }

  #step() {
    const arrival = /** @type {Arrival} */ (this.#queue.head);
    const subscription = this.#subscriptions.byId(arrival.message.sub);
    if (subscription && !subscription.isIntact) this.#subscriptions.scan();
    else if (!arrival.isVoid && subscription) {
      this.#work ??= this.#apply(arrival.message, subscription);
      if (!this.#advance(this.#work, subscription)) return;
    }
    this.#work = null;
    this.#queue.shift();
    this.#done = arrival;
  }

  /**
   * @param {Generator<void, void>} work
   * @param {Subscription} subscription
   * @returns {boolean} whether it is done
   */
  #advance(work, subscription) {
    try {
      return work.next().done === true;
    } catch (error) {
      // Whatever went wrong, the page is right again once the whole content has come.
      if (!(error instanceof Drift)) reportError(error);
      this.resync(subscription);
      return true;
    }
  }

  /**
   * @param {Arrival["message"]} message
   * @param {Subscription} subscription
   * @returns {Generator<void, void>}
   */
  *#apply(message, subscription) {
    const isBack = subscription.standing === Standing.RETURNING;
    if (isBack) subscription.giveBack();
    subscription.learn(message);
    if (message.type === "frame" && message.content !== "") {
      subscription.applied = null; // neither the old content nor the new
      subscription.label();
      yield* this.#write(message.content, subscription);
    }
    if (subscription.isBehind) return;
    subscription.applied = message.etag;
    subscription.label();
    if (subscription.isInitial) this.#tell();
    subscription.isInitial = false;
    this.#onShown(subscription, isBack);
  }

  /**
   * @param {string} content
   * @param {Subscription} subscription
   * @returns {Generator<void, void>}
   */
  *#write(content, subscription) {
    for (const operation of yield* parse(content)) {
      const container = subscription.element;
      if (!container) return;
      const changes = this.#changesOf(subscription, container);
      if (!isList(container)) render(container, operation, changes);
      else if (isUnderHand(container)) return this.#passOver(subscription);
      else {
        for (const _row of edit(container, operation, changes)) {
          this.#untold.add(changes);
          yield;
        }
      }
      this.#untold.add(changes);
      yield;
    }
  }

  /** @param {Subscription} subscription */
  #passOver(subscription) {
    this.#queue.drop(subscription.id);
    subscription.forget();
    subscription.isBehind = true;
  }

  /**
   * @param {Subscription} subscription
   * @param {Element} container
   */
  #changesOf(subscription, container) {
    let changes = this.#changes.get(subscription);
    if (!changes) this.#changes.set(subscription, (changes = new Changes(container)));
    changes.isInitial = subscription.isInitial;
    return changes;
  }

  #tell() {
    const untold = [...this.#untold];
    this.#untold.clear();
    for (const changes of untold) changes.tell();
  }

  #shifts() {
    let shifts = 0;
    for (const changes of this.#untold) shifts += changes.shifts;
    return shifts;
  }

  /** @param {Arrival} arrival */
  #acknowledgeDone({ message, generation }) {
    if ("seq" in message) this.#acknowledge(message.seq, generation);
  }

  /** More came than can be applied: one whole frame for each container is less. */
  #giveUp() {
    const arrivals = this.#queue.clear();
    this.#work = null;
    this.#done = arrivals.findLast(({ message }) => "seq" in message) ?? this.#done;
    for (const sub of new Set(arrivals.map(({ message }) => message.sub))) {
      const subscription = this.#subscriptions.byId(sub);
      if (subscription) this.#subscriptions.resync(subscription);
    }
  }
}
