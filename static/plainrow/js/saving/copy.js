/** Copies: what somebody typed and cannot save is theirs to take along. */
import { toast } from "../toasts.js";

/**
 * @param {string} text
 * @param {string} sentence why it could not be saved
 */
export function offerCopy(text, sentence) {
  toast(sentence, { label: "Copy what you typed", act: () => copy(text) }, { stays: true });
}

/** @param {string} text */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied.");
  } catch {
    // Not on an address without HTTPS, or not allowed: then it can be marked by hand.
    toast(`Copy this by hand: ${text}`, undefined, { stays: true });
  }
}
