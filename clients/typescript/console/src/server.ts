/** The server that this page comes from: its client, and its addresses. */

import type { Interceptor } from "@connectrpc/connect";

import { connect } from "../../src/index.js";

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

function xsrfToken(): string {
  return /(?:^|;\s*)_xsrf=([^;]*)/.exec(document.cookie)?.[1] ?? "";
}
