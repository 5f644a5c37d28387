/**
 * A handful of objects that one may walk through, and that are not kept alive by being here.
 *
 * A WeakSet cannot be walked, a Set keeps removed elements in memory; this is the middle way for
 * the few elements that a person has in hand.
 *
 * @template {WeakKey} T
 */
export class Few {
  /** @type {Set<WeakRef<T>>} */
  #refs = new Set();
  /** @type {WeakMap<T, WeakRef<T>>} */
  #refOf = new WeakMap();

  /** @param {T} object */
  add(object) {
    if (this.#refOf.has(object)) return;
    const ref = new WeakRef(object);
    this.#refOf.set(object, ref);
    this.#refs.add(ref);
  }

  /** @param {T} object */
  delete(object) {
    const ref = this.#refOf.get(object);
    if (!ref) return;
    this.#refs.delete(ref);
    this.#refOf.delete(object);
  }

  /** @returns {Generator<T, void>} */
  *[Symbol.iterator]() {
    for (const ref of this.#refs) {
      const object = ref.deref();
      if (object) yield object;
      else this.#refs.delete(ref);
    }
  }
}
