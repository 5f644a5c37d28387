/**
 * The words of the live socket: JSON text frames, one message each.
 *
 * The browser names its subscriptions (`sub`); the server numbers its frames (`seq`), and the
 * browser acknowledges the highest one that is on the page. An `etag` names the content of a
 * container as the server rendered it: whoever subscribes with the right one is sent nothing.
 *
 * A *version* names what the person may see and do. An area that they may not see any more is
 * *withdrawn*: it stays subscribed, and a whole frame follows when it is given back.
 *
 * @typedef {{type: "welcome", heartbeat: number, version?: string}} Welcome  heartbeat in seconds
 * @typedef {{type: "current", sub: string, etag: string, more?: boolean, cursors?: string[]}} Current
 * @typedef {{type: "frame", sub: string, seq: number, etag: string, more?: boolean,
 *            lag?: number | null, cursors?: string[], content: string, partial?: boolean}} Frame
 * @typedef {"expired" | "forbidden" | "unknown" | "malformed" | "too-many" | "error"} RefusalReason
 * @typedef {{type: "refused", sub: string, reason: RefusalReason}} Refused
 * @typedef {{type: "pong", id: number}} Pong
 * @typedef {{type: "access", version: string, drop: string[], add: string[],
 *            change?: string[]}} Access  drop: withdrawn; add: given back; change: a whole frame
 *   follows, because they are rendered otherwise now
 * @typedef {"signed-out" | "tenant" | "no-access"} ResetReason
 * @typedef {{type: "reset", reason: ResetReason}} Reset  everything goes
 * @typedef {{type: "resync", subs: string[], reason: string}} Resync  to be asked for anew
 * @typedef {{type: "going-down"}} GoingDown
 * @typedef {Welcome | Current | Frame | Refused | Pong | Access | Reset | Resync | GoingDown} ServerMessage
 *
 * @typedef {{type: "subscribe", sub: string, token: string, etag: string | null,
 *            size: number | null, after: string | null}} Subscribe
 * @typedef {{type: "unsubscribe", sub: string}} Unsubscribe
 * @typedef {{type: "ack", seq: number}} Ack
 * @typedef {{type: "ping", id: number}} Ping
 * @typedef {{type: "cleared", version: string}} Cleared  nothing that this version does not
 *   allow is on the page any more
 * @typedef {Subscribe | Unsubscribe | Ack | Ping | Cleared} BrowserMessage
 */

/**
 * Read one message; null for what is not one of ours.
 *
 * @param {unknown} data
 * @returns {ServerMessage | null}
 */
export function decode(data) {
  if (typeof data !== "string") return null;
  try {
    const message = JSON.parse(data);
    return typeof message?.type === "string" ? message : null;
  } catch {
    return null;
  }
}

/** Content that replaces everything a container holds begins like this, wrapped in a table or not. */
const WHOLE = /^\s*(?:<table\b[^>]*>\s*)?<[a-z][\w-]*\s[^>]*\bhx-swap-oob="innerHTML"/i;
const HEAD = 1000; // characters: more than any wrapper's start tag

/**
 * Say whether a frame stands alone: it is right whatever the page showed before.
 *
 * @param {string} content
 */
export const isWhole = (content) => WHOLE.test(content.slice(0, HEAD));
