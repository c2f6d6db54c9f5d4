/** What failures say to the person who waits. */

import { CallFailed, Unauthenticated, Unavailable } from "../../src/index.js";

/** The failure in a sentence. */
export function explain(failure: unknown): string {
  if (failure instanceof Unauthenticated) {
    return "Your login has ended.";
  }
  if (failure instanceof Unavailable && !failure.reason) {
    return "The server cannot be reached.";
  }
  return sentence(failure instanceof CallFailed ? failure.message : String(failure));
}

function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
