/**
 * The other tabs of this browser: what ends one page ends all of the same person and tenant.
 */

import { viewer } from "./viewer.js";

const CHANNEL = "electric_sync";

export class Tabs {
  #channel = new BroadcastChannel(CHANNEL);

  /** @param {(reason: string) => void} onReset  another tab's page ended */
  constructor(onReset) {
    this.#channel.onmessage = ({ data }) => {
      // A tab that shows another person or tenant by now is not meant.
      if (data?.type !== "reset" || data.user !== viewer.user || data.tenant !== viewer.tenant) return;
      onReset(data.reason);
    };
  }

  /** @param {string} reason */
  tell(reason) {
    const { user, tenant } = viewer;
    this.#channel.postMessage({ type: "reset", reason, user, tenant });
  }
}
