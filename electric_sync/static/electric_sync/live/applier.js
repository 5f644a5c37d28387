/**
 * From the queue to the page, in slices of a frame.
 *
 * Frames are applied in the order in which they came, row by row, each slice for at most BUDGET
 * milliseconds. After each slice the page is told what changed, and the server how far we are.
 */

import { Changes } from "./changes.js";
import { isList } from "./containers.js";
import { isIndebted, isUnderHand, owe } from "./holds.js";
import { Drift, perform } from "./list.js";
import { parse } from "./markup.js";
import { morphRegion } from "./morph.js";
import { isWhole } from "./protocol.js";
import { Queue } from "./queue.js";
import { BUDGET, nextSlice } from "./slices.js";

/** @typedef {import("./subscriptions.js").Subscription} Subscription */
/** @typedef {import("./queue.js").Arrival} Arrival */

export class Applier {
  #subscriptions;
  #acknowledge;
  #queue = new Queue();
  #isRunning = false;
  /** The frame in work. @type {Generator<void, void> | null} */
  #work = null;
  /** Changes of this slice, by subscription. @type {Map<Subscription, Changes>} */
  #changes = new Map();
  /** @type {{seq: number, generation: number} | null} */
  #applied = null;

  /**
   * @param {import("./subscriptions.js").Subscriptions} subscriptions
   * @param {(seq: number, generation: number) => void} acknowledge
   */
  constructor(subscriptions, acknowledge) {
    this.#subscriptions = subscriptions;
    this.#acknowledge = acknowledge;
  }

  /**
   * @param {Arrival["message"]} message
   * @param {number} generation  the connection that it came on
   */
  receive(message, generation) {
    const isFrame = message.type === "frame";
    const isVoid = isFrame && !this.#subscriptions.expects(message);
    this.#queue.push({
      message,
      generation,
      isVoid,
      isWhole: isFrame && !isVoid && isWhole(message.content),
    });
    if (this.#queue.isOverfull) this.#giveUp();
    this.#run();
  }

  /** @param {Subscription} subscription */
  resync(subscription) {
    this.#queue.drop(subscription.id);
    this.#subscriptions.resync(subscription);
  }

  async #run() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#queue.length) {
      await nextSlice();
      this.#slice();
    }
    this.#isRunning = false;
  }

  #slice() {
    const end = performance.now() + BUDGET;
    while (this.#queue.length && performance.now() < end) this.#step();
    for (const changes of this.#changes.values()) changes.tell();
    this.#changes.clear();
    if (this.#applied) this.#acknowledge(this.#applied.seq, this.#applied.generation);
    this.#applied = null;
  }

  #step() {
    const arrival = /** @type {Arrival} */ (this.#queue.head);
    const subscription = this.#subscriptions.byId(arrival.message.sub);
    if (!arrival.isVoid && subscription?.element) {
      this.#work ??= this.#apply(arrival.message, subscription);
      if (!this.#advance(this.#work, subscription)) return;
    }
    this.#work = null;
    this.#queue.shift();
    if ("seq" in arrival.message) {
      this.#applied = { seq: arrival.message.seq, generation: arrival.generation };
    }
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
      // Whatever went wrong, the page is right again after the whole list has come.
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
    subscription.learn(message);
    if (message.type === "frame" && message.content) {
      subscription.show(null);
      yield* this.#write(message.content, subscription);
    }
    subscription.isInitial = false;
    this.name(subscription, message.etag);
  }

  /**
   * Write on a container what it shows, if that has a name.
   *
   * @param {Subscription} subscription
   * @param {string | null} etag
   */
  name(subscription, etag) {
    const element = subscription.element;
    if (element) subscription.show(isIndebted(element) ? null : etag);
  }

  /**
   * @param {string} content
   * @param {Subscription} subscription
   */
  *#write(content, subscription) {
    for (const operation of yield* parse(content)) {
      const container = subscription.element;
      if (!container) return;
      const changes = this.#changesOf(subscription, container);
      if (isList(container)) yield* this.#writeList(container, operation, subscription);
      else if (isUnderHand(container)) owe(container, operation.element);
      else {
        owe(container, operation.element);
        morphRegion(container, operation.element, changes);
      }
      yield;
    }
  }

  #giveUp() {
    const arrivals = this.#queue.clear();
    this.#work = null;
    for (const sub of new Set(arrivals.map(({ message }) => message.sub))) {
      const subscription = this.#subscriptions.byId(sub);
      if (subscription) this.#subscriptions.resync(subscription);
    }
  }
}
