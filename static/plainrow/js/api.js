/** Writes that are not a form's, and what the server says to them. */
import { check } from "electric_sync/live";

const TIMEOUT = 15_000; // ms until an answer counts as not given

/** The server was not reached, or did not answer. Whether it did what was asked is not known. */
export class Unreachable extends Error {}

/** The server answered no. `status` and `problem` (RFC 9457) say why. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {{title?: string, detail?: string, errors?: Record<string, string>, conflicts?: object[]}} problem
   */
  constructor(status, problem) {
    super(problem.detail || problem.title || `The server answered ${status}.`);
    this.status = status;
    this.problem = problem;
  }
}

/**
 * @param {"GET"|"POST"|"PUT"|"PATCH"|"DELETE"} method
 * @param {string} address on this server
 * @param {object|FormData} [body] sent as JSON, or as a form
 * @returns {Promise<any>} the answer's JSON, null when it has none
 */
export async function request(method, address, body) {
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken(), "Plainrow-Via": "page" };
  const isJson = body !== undefined && !(body instanceof FormData);
  if (isJson) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(address, {
      method,
      headers,
      body: isJson ? JSON.stringify(body) : body,
      signal: AbortSignal.timeout(TIMEOUT),
      redirect: "error",
    });
  } catch (error) {
    throw new Unreachable(
      error.name === "TimeoutError" ? "The server did not answer." : "The server could not be reached.",
    );
  }
  return read(answer);
}

async function read(answer) {
  if (answer.status === 204) return null;
  const isJson = /\bjson\b/.test(answer.headers.get("Content-Type") ?? "");
  // A proxy's error page, a captive portal: not our server's word.
  if (!isJson) throw new Unreachable(`Something other than the server answered (${answer.status}).`);
  let content;
  try {
    content = await answer.json();
  } catch {
    throw new Unreachable("The connection broke in the middle of the answer.");
  }
  if (answer.status >= 500) throw new Unreachable("The server had a fault.");
  // What the person may see may be another than this page shows.
  if (answer.status === 401 || answer.status === 403) check();
  if (!answer.ok) throw new Refused(answer.status, content);
  return content;
}

function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]').content;
}
