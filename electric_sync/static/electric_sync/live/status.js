/**
 * What the page can say about its connection: the dot in the corner and the panel behind it.
 *
 * The document gets "live:state" at once when the connection changes, and a few times a second
 * at most for the rest.
 *
 * @typedef {"live" | "reconnecting" | "offline" | "changed"} Connection
 *
 * @typedef {object} State
 * @property {Connection} connection
 * @property {Date} since  when it became so; for "offline", when the connection was lost
 * @property {number | null} lag  milliseconds from the commit to the server's sending, of the last change
 * @property {Date | null} lastChange  when the last change arrived
 * @property {number} open  live areas on the page
 * @property {number} refused  live areas that the server does not keep live
 * @property {boolean} restarting  the server said that it restarts
 */

const OFFLINE_AFTER = 10_000; // ms without connection
const ANNOUNCE_EVERY = 250; // ms

export class Status {
  /** @type {State} */
  #state = {
    connection: "reconnecting",
    since: new Date(),
    lag: null,
    lastChange: null,
    open: 0,
    refused: 0,
    restarting: false,
  };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #offline;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #announcing;

  /** @returns {State} */
  get() {
    return { ...this.#state };
  }

  /** The connection stands. */
  live() {
    this.#state.restarting = false;
    this.#connection("live");
  }

  /** @param {boolean} isRestarting */
  lost(isRestarting) {
    this.#state.restarting = isRestarting;
    if (this.#state.connection === "live") this.#connection("reconnecting");
    if (this.#state.connection !== "reconnecting") return;
    this.#offline ??= setTimeout(() => this.offline(), navigator.onLine ? OFFLINE_AFTER : 0);
  }

  /** Nobody should count on a reconnection soon. */
  offline() {
    const lostAt = this.#state.since;
    this.#connection("offline");
    this.#state.since = lostAt;
  }

  /** What this page may show has changed; it has to be fetched anew. */
  changed() {
    this.#connection("changed");
  }

  /** @param {number | null} lag */
  heardOfChange(lag) {
    this.#state.lag = lag;
    this.#state.lastChange = new Date();
    this.#announceSoon();
  }

  /**
   * @param {number} open
   * @param {number} refused
   */
  areas(open, refused) {
    if (this.#state.open === open && this.#state.refused === refused) return;
    Object.assign(this.#state, { open, refused });
    this.#announceSoon();
  }

  /** @param {Connection} connection */
  #connection(connection) {
    clearTimeout(this.#offline);
    this.#offline = undefined;
    if (this.#state.connection === connection) return;
    Object.assign(this.#state, { connection, since: new Date() });
    // The event tells the whole state, offline() may still correct it: announce afterwards.
    queueMicrotask(() => this.#announce());
  }

  #announceSoon() {
    this.#announcing ??= setTimeout(() => this.#announce(), ANNOUNCE_EVERY);
  }

  #announce() {
    clearTimeout(this.#announcing);
    this.#announcing = undefined;
    document.dispatchEvent(new CustomEvent("live:state", { detail: this.get() }));
  }
}
