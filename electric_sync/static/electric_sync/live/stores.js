/**
 * What scripts keep in this browser. When somebody signs out it goes, whoever put it there: that is
 * what the server's `Clear-Site-Data` does, too, but it may be out of reach.
 */

import { keptThrough } from "./departure.js";

/** @returns {Promise<unknown>} once it is gone, as far as other tabs let go of it */
export function clearStores() {
  localStorage.clear();
  keptThrough(() => sessionStorage.clear());
  return Promise.allSettled([clearCaches(), clearDatabases()]);
}

async function clearCaches() {
  if (!globalThis.caches) return; // only on a secure address
  for (const name of await caches.keys()) await caches.delete(name);
}

async function clearDatabases() {
  const databases = (await indexedDB.databases?.()) ?? []; // older browsers cannot list them
  await Promise.all(databases.map(({ name }) => clearDatabase(name ?? "")));
}

/** @param {string} name */
function clearDatabase(name) {
  return new Promise((resolve) => {
    const asked = indexedDB.deleteDatabase(name);
    // Blocked by another tab, which was told to leave: then it goes by itself.
    asked.onsuccess = asked.onerror = asked.onblocked = resolve;
  });
}
