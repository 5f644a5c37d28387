/**
 * A page's live session: one socket, the live areas that it serves, and the hands on them.
 *
 * It outlives boosted navigation: the page's content is swapped, the session and its socket stay.
 * It ends when nothing on the page may be shown any more.
 */

import { Acks } from "./acks.js";
import { Age } from "./age.js";
import { Applier } from "./applier.js";
import { Clearance } from "./clearance.js";
import { unitOf } from "./containers.js";
import * as curtain from "./curtain.js";
import { reload } from "./departure.js";
import { Ending, forgetHistory } from "./ending.js";
import { takeForms } from "./forms.js";
import { keptIn, take } from "./holds.js";
import { isMarked } from "./mark.js";
import { Pieces } from "./pieces.js";
import { Settlement } from "./settle.js";
import { Phase, Socket } from "./socket.js";
import { Status } from "./status.js";
import { Standing, Subscriptions } from "./subscriptions.js";
import { Answer, VersionCheck } from "./version.js";
import { isRemembered, remember, viewer } from "./viewer.js";
import { onWake } from "./wake.js";

/** @typedef {import("./subscriptions.js").Subscription} Subscription */

/** Reasons for which an area is merely not live for now. */
const PASSING = new Set(["too-many", "error"]);
const RETRY = 10_000; // ms
const LOOK = 60_000; // ms between two looks at the page's age
const CONNECTED_WITHIN = 5_000; // ms in which a socket that is being dialled should be open

export class Session {
  #status = new Status();
  #age = new Age();
  #socket = new Socket(socketUrl(), {
    onMessage: (message) => this.#hear(message),
    onPhase: (phase) => this.#enter(phase),
  });
  #clearance = new Clearance((version) => this.#socket.send({ type: "cleared", version }));
  #subscriptions = new Subscriptions(
    (message) => this.#socket.send(message),
    (sub) => this.#clearance.settle(sub),
  );
  #acks = new Acks((seq) => this.#socket.send({ type: "ack", seq }));
  #applier = new Applier(this.#subscriptions, {
    acknowledge: (seq, generation) => {
      if (generation === this.#socket.generation) this.#acks.done(seq);
    },
    onShown: (subscription, isBack) => this.#shown(subscription, isBack),
  });
  #pieces = new Pieces();
  #settlement = new Settlement({
    isCurrent: (container) => this.#isCurrent(container),
    onSettled: (container) => this.#subscriptions.of(container)?.label(),
  });
  #ending = new Ending(() => this.#stop());
  #version = new VersionCheck({
    held: () => this.#subscriptions.shown.map(({ token }) => token),
    drop: (tokens) => this.#dropTokens(new Set(tokens)),
    end: (reason) => this.#ending.end(reason),
    renew: () => this.#renew(),
    confirmed: () => this.#age.confirm(),
  });

  start() {
    if (isMarked() && viewer.user !== null) return this.#ending.end("signed-out");
    remember();
    takeForms(this.#ending);
    this.#version.start();
    for (const event of ["htmx:afterSettle", "htmx:historyRestore"]) {
      document.addEventListener(event, () => this.#scan());
    }
    window.addEventListener("pagehide", ({ persisted }) => {
      if (persisted && viewer.dataVersion !== null) curtain.close();
    });
    window.addEventListener("pageshow", ({ persisted }) => {
      if (persisted && viewer.dataVersion !== null) this.#comeBack();
      this.#scan();
    });
    onWake(() => this.#look());
    setInterval(() => this.#look(), LOOK);
    this.#scan();
  }

  state() {
    return this.#status.get();
  }

  check() {
    return this.#version.check();
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
    if (subscription?.standing !== Standing.SHOWN) return null;
    const { size, after, cursors } = subscription;
    return { size, after, more: list.hasAttribute("data-live-more"), cursors: [...cursors] };
  }

  /**
   * @param {Element} list
   * @param {{size?: number | null, after?: string | null}} window  what is left out stays
   */
  slide(list, window) {
    const subscription = this.#subscriptions.of(list);
    if (subscription?.standing !== Standing.SHOWN) return;
    const { size, after } = subscription;
    this.#subscriptions.slide(subscription, { size, after, ...window });
  }

  #scan() {
    if (this.#ending.isOver) return;
    this.#subscriptions.scan();
    this.#count();
    if (this.#subscriptions.size) this.#socket.open();
  }

  /** @param {import("./socket.js").PhaseName} phase  of the socket */
  #enter(phase) {
    if (phase === Phase.OPEN) {
      this.#acks.forget();
      this.#clearance.forget();
      this.#subscriptions.resume();
      this.#clearance.expect(this.#version.known, this.#subscriptions.ids);
      this.#count();
      this.#status.live();
    } else if (phase === Phase.CONNECTING || phase === Phase.WAITING) {
      this.#status.lost(this.#socket.isRestarting);
    }
  }

  /** @param {import("./protocol.js").ServerMessage} message */
  #hear(message) {
    this.#age.confirm();
    switch (message.type) {
      case "welcome":
        return this.#learn(message.version);
      case "frame":
        return this.#framed(message);
      case "current":
        return this.#applier.receive(message, this.#socket.generation);
      case "refused":
        return this.#refused(message);
      case "access":
        return this.#accessChanged(message);
      case "resync":
        return this.#resync(message.subs);
      case "reset":
        return this.#ending.end(message.reason);
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
    if (reason === "forbidden") return this.#tellAccess(this.#withdraw([subscription], reason));
    // Else the page is not one that the server would render.
    if (!PASSING.has(reason)) return this.#fail(reason);
    subscription.refusal = reason;
    this.#count();
    setTimeout(() => this.#subscriptions.retry(subscription), RETRY);
  }

  // ── What the person may see has changed

  /** @param {string | undefined} version  of the welcome */
  #learn(version) {
    if (version === undefined || version === this.#version.known) return;
    this.#version.known = version;
    this.#tellAccess();
  }

  /** @param {import("./protocol.js").Access} message */
  #accessChanged({ version, drop, add, change = [] }) {
    this.#version.known = version;
    const withdrawn = this.#withdraw(this.#known(drop), "access");
    for (const subscription of this.#known(add)) this.#subscriptions.expect(subscription);
    // The rest of a frame that came in part will not come any more.
    for (const sub of change) this.#pieces.drop(sub);
    this.#tellAccess(withdrawn);
    this.#clearance.expect(version, this.#known(change).map(({ id }) => id));
  }

  /**
   * Take areas off the page, with all that is on its way there.
   *
   * @param {Subscription[]} subscriptions
   * @param {string} reason
   * @returns {HTMLElement[]} those that were shown
   */
  #withdraw(subscriptions, reason) {
    const areas = subscriptions
      .filter(({ standing }) => standing === Standing.SHOWN)
      .flatMap(({ element }) => element ?? []);
    if (areas.length) announce("live:withdrawing", { areas, reason });
    for (const subscription of subscriptions) {
      this.#applier.drop(subscription);
      this.#pieces.drop(subscription.id);
      subscription.withdraw();
      this.#clearance.settle(subscription.id);
    }
    if (areas.length) forgetHistory();
    this.#scan();
    return areas;
  }

  /** @param {Set<string>} tokens */
  #dropTokens(tokens) {
    const dropped = this.#subscriptions.shown.filter(({ token }) => tokens.has(token));
    this.#tellAccess(this.#withdraw(dropped, "access"));
  }

  /**
   * @param {HTMLElement[]} withdrawn
   * @param {HTMLElement[]} returned
   */
  #tellAccess(withdrawn = [], returned = []) {
    this.#count();
    announce("live:access", { version: this.#version.known, withdrawn, returned });
  }

  /**
   * @param {Subscription} subscription
   * @param {boolean} isBack
   */
  #shown(subscription, isBack) {
    if (isBack && subscription.element) this.#tellAccess([], [subscription.element]);
    this.#clearance.settle(subscription.id);
  }

  /** @param {string[]} subs */
  #resync(subs) {
    for (const subscription of this.#known(subs)) {
      this.#applier.drop(subscription);
      this.#pieces.drop(subscription.id);
      this.#subscriptions.refetch(subscription);
    }
    this.#scan();
  }

  /** @param {string[]} subs */
  #known(subs) {
    return subs.flatMap((sub) => this.#subscriptions.byId(sub) ?? []);
  }

  // ── The page may not stay as it is

  /**
   * The server does not know what this page asks for: it is another session's, or an old one.
   *
   * @param {string} reason
   */
  async #fail(reason) {
    this.#stop();
    if ((await this.#version.identify()) !== Answer.OVER) this.#replace(reason);
  }

  /** What the socket would bring is missing, if there is none. */
  #renew() {
    if (this.#socket.phase === Phase.OPEN) return this.#subscriptions.askForWithdrawn();
    if (!this.#subscriptions.size) return this.#replace("access");
    setTimeout(() => {
      if (this.#socket.phase !== Phase.OPEN) this.#replace("access");
    }, CONNECTED_WITHIN);
  }

  /**
   * Fetch the page anew, unless something is typed into it that would be lost.
   *
   * @param {string} reason
   */
  #replace(reason) {
    if (this.#ending.isOver) return;
    const waits = keptIn(document.body).length > 0;
    const isFree = announce("live:stale", { reason, waits }) && !waits;
    this.#status.changed();
    if (isFree && !reload()) this.#status.offline();
  }

  /** A page comes out of the browser's back/forward cache. Until it was asked about it is hidden. */
  async #comeBack() {
    if (this.#ending.isOver) return curtain.open();
    if (isMarked()) return this.#ending.end("signed-out");
    this.#look();
    const answer = await this.#version.check();
    if (this.#ending.isOver) return;
    if (answer === Answer.OFFLINE && !isRemembered()) this.#ending.end("signed-out");
    else curtain.open();
  }

  /** Whether it is too long ago that the server confirmed the page. */
  #look() {
    if (this.#socket.phase !== Phase.OPEN && this.#age.isTooOld) this.#ending.end("too-old");
  }

  /** Nothing of what is on its way is shown. */
  #stop() {
    this.#applier.stop();
    this.#pieces.clear();
    const { known: version } = this.#version;
    if (this.#ending.isOver && version !== null) this.#socket.send({ type: "cleared", version });
    this.#socket.close();
  }

  /** @param {Element} container */
  #isCurrent(container) {
    const isServed = this.#subscriptions.of(container)?.isCurrent ?? false;
    return isServed && this.#applier.isIdle && this.#socket.phase === Phase.OPEN;
  }

  #count() {
    const all = this.#subscriptions.shown;
    this.#status.areas(all.length, all.filter(({ refusal }) => refusal).length);
  }
}

/**
 * @param {string} name
 * @param {object} detail
 * @returns {boolean} false: somebody else takes care of it
 */
const announce = (name, detail) =>
  document.dispatchEvent(new CustomEvent(name, { cancelable: true, detail }));

function socketUrl() {
  const url = new URL(viewer.socket, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}
