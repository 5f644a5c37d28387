/**
 * The end of a page of which nothing may be left: somebody signed out, opened another company or
 * lost their access. It is emptied at once, whatever the network does; then the browser leaves it.
 */

import * as curtain from "./curtain.js";
import { goTo } from "./departure.js";
import { isMarked } from "./mark.js";
import { clearScreen } from "./screen.js";
import { clearStores } from "./stores.js";
import { Tabs } from "./tabs.js";
import { forget, viewer } from "./viewer.js";

const AGAIN = 15_000; // ms between two attempts to reach the server
const HTMX_HISTORY = "htmx-history-cache";

export class Ending {
  #stop;
  #isOver = false;
  /** What is still being cleared. @type {Promise<unknown> | undefined} */
  #clearing;
  #tabs = new Tabs((reason) => this.end(reason, { isTold: true }));

  /** @param {() => void} stop  ends what is live, after the page was emptied */
  constructor(stop) {
    this.#stop = stop;
  }

  get isOver() {
    return this.#isOver;
  }

  /**
   * Empty the page, and leave it as soon as the server can be reached: a browser's own page about
   * the network would be no help.
   *
   * @param {string} reason
   * @param {{isTold?: boolean}} [how]  isTold: by another tab
   */
  async end(reason, how) {
    if (!this.empty(reason, how)) return;
    await reach().catch(untilReached);
    await this.#clearing;
    leave(wayFrom(reason));
  }

  /**
   * The person signs out here.
   *
   * @param {string} way  where to go once the server can be reached
   * @param {() => Promise<unknown>} tell  the server; rejects: it was not reached
   */
  async signOut(way, tell) {
    const isLeaving = this.empty("signed-out");
    try {
      await tell();
    } catch {
      if (isLeaving) await untilReached();
    }
    await this.#clearing;
    if (isLeaving) leave(way);
  }

  /**
   * @param {string} reason
   * @param {{isTold?: boolean}} [how]  isTold: by another tab
   * @returns {boolean} whether to leave, too
   */
  empty(reason, { isTold = false } = {}) {
    if (this.#isOver) return false;
    this.#isOver = true;
    clearScreen(reason, wayFrom(reason));
    forgetHistory();
    forget();
    if (reason === "signed-out") this.#clearing = clearStores();
    curtain.open();
    this.#stop();
    window.stop(); // an answer that is on its way must not bring anything back
    if (!isTold && reason !== "too-old") this.#tabs.tell(reason);
    const event = new CustomEvent("live:reset", { cancelable: true, detail: { reason } });
    return document.dispatchEvent(event);
  }
}

/** htmx may keep pages for its back button. */
export const forgetHistory = () => sessionStorage.removeItem(HTMX_HISTORY);

/** @param {string} way */
function leave(way) {
  if (!goTo(way)) clearScreen("looping", way);
}

/** @param {string} reason */
function wayFrom(reason) {
  const { pathname, search } = location;
  if (reason === "too-old") return pathname + search;
  // Without what was searched for: a cursor holds values of the row that it is behind.
  if (reason === "signed-out") return `${viewer.signIn}?${new URLSearchParams({ next: pathname })}`;
  return "/";
}

/** Any answer at all will do: with the mark on the question, it ends the session. */
const reach = () => fetch(viewer.dataVersion ?? viewer.signIn, { cache: "no-store" });

async function untilReached() {
  if (isMarked()) clearScreen("signed-out-offline", viewer.signIn);
  for (;;) {
    await tillOnline();
    try {
      return await reach();
    } catch {
      // still away
    }
  }
}

/** @returns {Promise<void>} */
function tillOnline() {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer);
      window.removeEventListener("online", go);
      resolve();
    };
    const timer = setTimeout(go, AGAIN);
    window.addEventListener("online", go);
  });
}
