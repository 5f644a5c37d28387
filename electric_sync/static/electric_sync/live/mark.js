/**
 * The mark of somebody who signed out here: a cookie without data in it, which this script sets.
 *
 * It needs no network. Whatever the browser asks next carries it, and the server ends the session
 * before anything else, and takes the mark away.
 */

const NAME = "electric_sync_signed_out";

export function setMark() {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${NAME}=1; Path=/; SameSite=Lax${secure}`;
}

export const isMarked = () => document.cookie.split("; ").some((cookie) => cookie.startsWith(`${NAME}=`));
