/**
 * Whose page this is, and where the server answers for it: what `{% live_head %}` wrote.
 *
 * localStorage remembers who looked last (two ids, nothing else). A page that the browser kept
 * may be shown without the server's word only to the same person in the same tenant.
 */

const KEY = "electric_sync.viewer";

/** @param {string} name */
const meta = (name) => document.querySelector(`meta[name="live-${name}"]`)?.getAttribute("content") ?? null;

const DAY = 86_400; // s

export const viewer = Object.freeze({
  user: meta("user"),
  tenant: meta("tenant"),
  version: meta("version"),
  /** Address of the live socket. */
  socket: meta("socket") ?? "/live/",
  /** Address that answers what the version is now; null: there is nothing to ask. */
  dataVersion: meta("user") === null ? null : meta("data-version"),
  signIn: meta("sign-in") ?? "/",
  /** Milliseconds that a page may be shown without the server's confirmation. */
  offlineMaxAge: Number(meta("offline-max-age") ?? 7 * DAY) * 1_000,
});

const name = `${viewer.user}/${viewer.tenant}`;

export function remember() {
  if (viewer.user !== null) localStorage.setItem(KEY, name);
}

export function forget() {
  if (isRemembered()) localStorage.removeItem(KEY);
}

/** Whether nobody else looked since, and this person did not sign out. */
export const isRemembered = () => localStorage.getItem(KEY) === name;
