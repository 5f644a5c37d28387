/**
 * The two forms that end a page: `data-live-sign-out` and `data-live-switch`.
 *
 * Signing out needs no network. Switching to another company does: the page is hidden meanwhile,
 * and shown again if it failed.
 */

import * as curtain from "./curtain.js";
import { setMark } from "./mark.js";
import { viewer } from "./viewer.js";

const SIGN_OUT = "form[data-live-sign-out]";
const SWITCH = "form[data-live-switch]";

/** @param {import("./ending.js").Ending} ending */
export function takeForms(ending) {
  document.addEventListener(
    "submit",
    (event) => {
      const { target, submitter } = /** @type {SubmitEvent} */ (event);
      if (!(target instanceof HTMLFormElement) || !target.matches(`${SIGN_OUT}, ${SWITCH}`)) return;
      event.preventDefault();
      event.stopImmediatePropagation(); // htmx must not send it, too
      if (target.matches(SIGN_OUT)) signOut(target, submitter, ending);
      else switchTenant(target, submitter, ending);
    },
    true,
  );
  document.addEventListener("live:state", (event) => {
    const { connection } = /** @type {CustomEvent} */ (event).detail;
    disableSwitches(connection === "offline");
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter
 * @param {import("./ending.js").Ending} ending
 */
function signOut(form, submitter, ending) {
  setMark();
  const send = post(form, submitter, { keepalive: true, redirect: "manual" });
  ending.signOut(viewer.signIn, send);
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter
 * @param {import("./ending.js").Ending} ending
 */
async function switchTenant(form, submitter, ending) {
  curtain.close();
  /** @type {Response | null} */
  const answer = await post(form, submitter)().catch(() => null);
  if (ending.isOver) return; // the server's own word came first
  if (answer?.ok) {
    if (ending.empty("tenant")) location.replace(answer.url);
    return;
  }
  curtain.open();
  const detail = { status: answer?.status ?? null };
  document.dispatchEvent(new CustomEvent("live:switch-failed", { detail }));
}

/**
 * Prepare to send a form, which may be gone when it is sent.
 *
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter
 * @param {RequestInit} [how]
 */
function post(form, submitter, how) {
  const address = form.getAttribute("action") ?? "";
  const body = new FormData(form, submitter);
  return () => fetch(address, { method: "POST", body, ...how });
}

/** @param {boolean} isOffline */
function disableSwitches(isOffline) {
  for (const form of document.querySelectorAll(SWITCH)) {
    for (const field of /** @type {HTMLFormElement} */ (form).elements) {
      if (field instanceof HTMLButtonElement) field.disabled = isOffline;
    }
  }
}
