/**
 * Asking the server whether what the person may see is still what it was when this page was made.
 *
 * The socket says so by itself. This is for all that it cannot: a page without one, one that the
 * browser had put aside, an answer that says no. One question at a time, and not many. Only
 * answers of our own kind count: a network in between may say anything, and then we are offline.
 */

import { viewer } from "./viewer.js";
import { onWake } from "./wake.js";

const EVERY = 600_000; // ms
const APART = 10_000; // ms at least between two questions that nobody is waiting for
const LEAST = 1_000; // ms at least between any two
const WITHIN = 10_000; // ms for an answer
const PROBLEM = "urn:electric-sync:problem:";

/** @enum {string} */
export const Answer = Object.freeze({
  SAME: "same",
  CHANGED: "changed",
  /** Nothing may be shown any more; it is gone by now. */
  OVER: "over",
  OFFLINE: "offline",
});

/**
 * @typedef {object} Page
 * @property {() => string[]} held  tokens of what it shows
 * @property {(tokens: string[]) => void} drop
 * @property {(reason: string) => void} end
 * @property {() => void} renew  it may show too little
 * @property {() => void} confirmed  by the server
 */

export class VersionCheck {
  #page;
  /** @type {Promise<string> | null} */
  #asking = null;
  #askedAt = -APART;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #later;

  /** What the server last said. @type {string | null} */
  known = viewer.version;

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
  }

  start() {
    if (viewer.dataVersion === null) return;
    onWake(() => this.#soon());
    setInterval(() => this.#soon(), EVERY);
  }

  /** @returns {Promise<string>} an Answer, once it has been acted on */
  check() {
    this.#asking ??= this.#askInTurn().finally(() => (this.#asking = null));
    return this.#asking;
  }

  /**
   * Find out whether this still is the person's page.
   *
   * @returns {Promise<string>} SAME, OVER or OFFLINE
   */
  async identify() {
    const answer = await this.#request("GET");
    if (answer === null) return Answer.OFFLINE;
    return this.#isOver(answer) ? Answer.OVER : Answer.SAME;
  }

  #soon() {
    clearTimeout(this.#later);
    const early = this.#askedAt + APART - performance.now();
    if (early <= 0) this.check();
    else this.#later = setTimeout(() => this.check(), early);
  }

  async #askInTurn() {
    const early = this.#askedAt + LEAST - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    return this.#ask();
  }

  async #ask() {
    this.#askedAt = performance.now();
    const answer = await this.#request("GET");
    if (answer === null) return Answer.OFFLINE;
    if (this.#isOver(answer)) return Answer.OVER;
    if (answer.version === this.known) return Answer.SAME;
    const { user, tenant: company } = viewer;
    const body = { user, company, version: this.known, held: this.#page.held() };
    const reconciled = await this.#request("POST", body);
    if (reconciled === null) return Answer.OFFLINE;
    if (this.#isOver(reconciled)) return Answer.OVER;
    this.known = reconciled.version ?? null;
    this.#page.drop(reconciled.drop ?? []);
    this.#page.renew();
    return Answer.CHANGED;
  }

  /**
   * @param {Said} said
   * @returns {boolean} whether everything has to go, and went
   */
  #isOver({ over, reset, user, company }) {
    const isOther = String(user) !== viewer.user || String(company) !== viewer.tenant;
    const reason = over ?? (reset || isOther ? "tenant" : null);
    if (reason !== null) this.#page.end(reason);
    else this.#page.confirmed();
    return reason !== null;
  }

  /**
   * @typedef {object} Said
   * @property {string} [over]  a reason for which everything has to go
   * @property {string} [version]
   * @property {string | number} [user]
   * @property {string} [company]
   * @property {boolean} [reset]
   * @property {string[]} [drop]
   *
   * @param {"GET" | "POST"} method
   * @param {object} [body]
   * @returns {Promise<Said | null>} null: nobody of ours answered
   */
  async #request(method, body) {
    if (viewer.dataVersion === null) return null;
    try {
      const answer = await fetch(viewer.dataVersion, {
        method,
        body: JSON.stringify(body),
        headers: body ? { "Content-Type": "application/json", "X-CSRFToken": csrfToken() } : {},
        cache: "no-store",
        redirect: "error",
        signal: AbortSignal.timeout(WITHIN),
      });
      const said = await answer.json();
      if (answer.ok) return typeof said?.version === "string" ? said : null;
      const over = isProblem(answer) ? reasonIn(said) : null;
      return over === null ? null : { over };
    } catch {
      return null; // no network, no answer in time, or no JSON
    }
  }
}

/** @param {Response} answer */
const isProblem = ({ status, headers }) =>
  (status === 401 || status === 403) &&
  (headers.get("Content-Type") ?? "").startsWith("application/problem+json");

/** @param {{type?: unknown}} problem */
function reasonIn({ type }) {
  const name = String(type).startsWith(PROBLEM) ? String(type).slice(PROBLEM.length) : null;
  return name === "signed-out" || name === "no-access" ? name : null;
}

function csrfToken() {
  const cookie = document.cookie.split("; ").find((each) => each.startsWith("csrftoken="));
  if (cookie) return cookie.slice("csrftoken=".length);
  return document.querySelector("meta[name=csrf-token]")?.getAttribute("content") ?? "";
}
