/** The server that this page comes from: its client, its addresses, and what its failures mean. */

import type { Interceptor } from "@connectrpc/connect";

import { CallFailed, connect, Unauthenticated, Unavailable } from "../../src/index.js";

/** The gateway's base URL: this page's own address. */
export const BASE_URL = new URL("./", location.href).href.replace(/[?#].*$/, "");

/** By cookie: a page of another site could make the browser send it, but not this header. */
const withXsrf: Interceptor = (next) => (request) => {
  request.header.set("X-XSRFToken", xsrfToken());
  return next(request);
};

export const client = connect({
  baseUrl: BASE_URL,
  interceptors: [withXsrf],
  timeoutMs: 30_000,
  resumeMs: 24 * 3600_000,
});

/** Go to the login page, and come back here. */
export function logIn(): void {
  location.assign(`login?${new URLSearchParams({ next: location.pathname })}`);
}

/** Forget the token. */
export async function logOut(): Promise<void> {
  const headers = { "X-XSRFToken": xsrfToken() };
  await fetch("logout", { method: "POST", headers, redirect: "manual" });
  location.assign("login");
}

/** What a failure says to the person who waits. */
export function explain(failure: unknown): string {
  if (failure instanceof Unauthenticated) {
    return "Your login has ended.";
  }
  if (failure instanceof Unavailable && !failure.reason) {
    return "The server cannot be reached.";
  }
  if (failure instanceof CallFailed) {
    return sentence(failure.message);
  }
  return sentence(String(failure));
}

function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

function xsrfToken(): string {
  return /(?:^|;\s*)_xsrf=([^;]*)/.exec(document.cookie)?.[1] ?? "";
}
