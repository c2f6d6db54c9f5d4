/** Errors are those of every client: same names, same reasons. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Code, ConnectError } from "@connectrpc/connect";

import * as client from "../src/index.js";
import { ErrorReason } from "../src/gen/jupyter_sessions/v1/errors_pb.js";
import { SessionService } from "../src/gen/jupyter_sessions/v1/sessions_pb.js";
import { clientOf, refusal } from "./service.js";

const PYTHON = "../python/jupyter_sessions";

function pairsOf(table: string, source: string): [string, string][] {
  const body = source.split(`${table}:`)[1]!.split("\n}")[0]!;
  return [...body.matchAll(/"(\w+)": (\w+)/g)].map(([, key, value]) => [key!, value!]);
}

test("each reason of the contract has an error of its own", () => {
  // A program catches what it can act on by class, not by text.
  const reasons = Object.values(ErrorReason).filter((reason) => typeof reason === "string");

  const unknown = reasons.filter((reason) => !(reason in client.ERROR_BY_REASON));

  assert.deepEqual(unknown, ["UNSPECIFIED"]);
});

test("errors have the names that the Python client gives them", () => {
  // Who knows one client knows the other.
  const source = readFileSync(`${PYTHON}/errors.py`, "utf8");

  const ours = Object.entries(client.ERROR_BY_REASON).map(([reason, kind]) => [reason, kind.name]);

  assert.deepEqual(ours, pairsOf("ERROR_BY_REASON", source));
});

test("a refusal tells its code, reason and facts", async () => {
  // "Which session is it, then?" is answered without parsing a text.
  const facts = { session_id: "1b2c" };
  const refusing = clientOf(({ service }) =>
    service(SessionService, {
      getSession() {
        throw refusal(Code.NotFound, "SESSION_NOT_FOUND", facts);
      },
    }),
  );

  const refused = refusing.getSession({ sessionId: "1b2c" });

  await assert.rejects(refused, (error: unknown) => {
    assert.ok(error instanceof client.SessionNotFound && error instanceof client.NotFound);
    assert.equal(error.name, "SessionNotFound");
    assert.deepEqual([error.code, error.reason], [Code.NotFound, "SESSION_NOT_FOUND"]);
    assert.deepEqual({ ...error.metadata }, facts);
    return true;
  });
});

test("a reason that the client does not know becomes the error of its code", () => {
  // A newer server must not break an older client.
  const error = client.callFailed(refusal(Code.ResourceExhausted, "NEW_LIMIT"));

  assert.equal(error.constructor, client.ResourceExhausted);
  assert.equal(error.reason, "NEW_LIMIT");
});

test("a connection that breaks is Unavailable", () => {
  // fetch throws a TypeError, which says nothing about the server.
  const broken = ConnectError.from(new TypeError("Failed to fetch"));

  assert.ok(client.callFailed(broken) instanceof client.Unavailable);
});

test("what a server calls UNKNOWN is not taken for a broken connection", () => {
  // It would be tried again and again.
  const unknown = new ConnectError("whatever", Code.Unknown);

  assert.ok(!(client.callFailed(unknown) instanceof client.Unavailable));
});
