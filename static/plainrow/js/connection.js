/** The connection: always visible, in a word and a shape; more of it in a small panel. */
import { state } from "electric_sync/live";
import { announce, counted, onPage } from "./page.js";

const WORDS = { live: "Live", reconnecting: "Reconnecting", offline: "Offline", changed: "Access changed" };
const LEADS = {
  live: "Changes arrive here as they are saved.",
  reconnecting: "The page shows what was true a moment ago. It catches up by itself.",
  offline: "The page shows what was true before. What you type is kept here until you save it.",
  changed: "What you may see or do was changed. The page has to be loaded again.",
};
const SETTLED = 1_500; // ms that a reconnection may take before a screen reader hears of it

let spoken = "";
let speaking = 0;

onPage(show);
document.addEventListener("live:state", show);
document.addEventListener("live:applied", show);
document.addEventListener("live:access", show);

function show() {
  const button = document.querySelector("#page .connection");
  if (!button) return;
  const now = state();
  button.dataset.connection = now.connection;
  button.querySelector(".label").textContent = WORDS[now.connection];
  button.setAttribute("aria-label", `Connection: ${WORDS[now.connection].toLowerCase()}`);
  fillPanel(document.getElementById("connection-panel"), now);
  speakLater(now.connection);
}

function fillPanel(panel, now) {
  const put = (name, text) => (panel.querySelector(`[data-connection-${name}]`).textContent = text);
  put("title", WORDS[now.connection]);
  put("lead", LEADS[now.connection]);
  put("lag", now.lag === null ? "none yet" : `${Math.round(now.lag).toLocaleString()} ms after it was saved`);
  put("open", now.refused ? `${counted(now.refused, "part")} of the page not live` : openHere());
  put("since-label", now.connection === "live" ? "Connected since" : "Since");
  put("since", now.since.toLocaleTimeString());
  panel.querySelector("[data-connection-facts]").hidden = false;
}

function openHere() {
  return `${document.querySelector("#page h1")?.textContent ?? "This page"}, sidebar`;
}

/** A short break is not worth interrupting somebody's reading. */
function speakLater(connection) {
  clearTimeout(speaking);
  speaking = setTimeout(() => {
    if (spoken && spoken !== connection) announce(`Connection: ${WORDS[connection].toLowerCase()}`);
    spoken = connection;
  }, SETTLED);
}
