/**
 * Frames that came in pieces, because a websocket message has a largest size (1 MiB with daphne).
 *
 * All pieces but the last are marked `partial`; their content is cut anywhere. They belong to one
 * frame, which is the last piece with the content of all of them.
 */

/** @typedef {import("./protocol.js").Frame} Frame */

export class Pieces {
  /** @type {Map<string, string[]>} */
  #contents = new Map();
  #generation = 0;

  /**
   * @param {Frame} piece
   * @param {number} generation  the connection that it came on: pieces of two do not fit
   * @returns {Frame | null} the whole frame, when this was its last piece
   */
  join(piece, generation) {
    if (generation !== this.#generation) this.#contents.clear();
    this.#generation = generation;
    const contents = this.#contents.get(piece.sub) ?? [];
    if (!piece.partial && !contents.length) return piece;
    contents.push(piece.content);
    this.#contents.set(piece.sub, contents);
    if (piece.partial) return null;
    this.#contents.delete(piece.sub);
    return { ...piece, content: contents.join("") };
  }

  /**
   * Throw away what came of a container's frames.
   *
   * @param {string} sub
   */
  drop(sub) {
    this.#contents.delete(sub);
  }

  clear() {
    this.#contents.clear();
  }
}
