/** The console's list: by watching where the server lets it, else by asking. */

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";

import { Live, type Snapshot } from "../console/src/live.js";
import { SessionEventType } from "../src/index.js";
import { KernelService } from "../src/gen/jupyter_sessions/v1/kernels_pb.js";
import { SessionService } from "../src/gen/jupyter_sessions/v1/sessions_pb.js";
import { setHidden } from "./page.js";
import { clientOf, refusal } from "./service.js";

type SessionRpcs = Parameters<typeof addSessions>[1];

function addSessions(router: ConnectRouter, rpcs: object): void {
  router.service(SessionService, rpcs);
  router.service(KernelService, { listKernels: () => ({ kernels: [] }) });
}

/** A list that follows a service, until the tests end. */
function follow(rpcs: SessionRpcs): Live {
  const ended = new AbortController();
  const live = new Live(clientOf((router) => addSessions(router, rpcs)));
  void live.run(ended.signal);
  after(() => ended.abort());
  return live;
}

/** Wait until the list is as told. */
async function until(live: Live, found: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
  return new Promise((resolve) => {
    const look = () => found(live.snapshot) && resolve(live.snapshot);
    live.subscribe(look);
    look();
  });
}

test("a server that cannot be watched is asked again and again", async () => {
  // The page is live with older servers, too.
  let watches = 0;
  const paths = ["a"];
  const live = follow({
    listSessions: () => ({ sessions: paths.map((path) => ({ sessionId: path, path })) }),
    watchSessions() {
      watches += 1;
      throw refusal(Code.Unimplemented, "NOT_IMPLEMENTED");
    },
  });
  await until(live, ({ sessions }) => sessions.size === 1);

  paths.push("b");

  await until(live, ({ sessions }) => sessions.has("b"));
  assert.equal(watches, 1);
});

test("a server that can be watched tells its changes, from the list's revision on", async () => {
  // Nothing that happens between the list and the watch is missed.
  let from: bigint | undefined;
  const live = follow({
    listSessions: () => ({ sessions: [{ sessionId: "a" }, { sessionId: "b" }], revision: 7n }),
    async *watchSessions(
      { start }: { start: { value: bigint } },
      { signal }: { signal: AbortSignal },
    ) {
      from = start.value;
      yield { events: [{ type: SessionEventType.CREATED, session: { sessionId: "c" } }] };
      yield { events: [{ type: SessionEventType.DELETED, session: { sessionId: "a" } }] };
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  });

  const { sessions } = await until(live, ({ sessions }) => sessions.has("c") && !sessions.has("a"));

  assert.deepEqual([...sessions.keys()].sort(), ["b", "c"]);
  assert.equal(from, 7n);
});

test("a server that is away is told, and so is its return", async () => {
  // What is shown then is old, and must not be taken for new.
  let away = true;
  const live = follow({
    listSessions() {
      if (away) {
        throw new ConnectError("fetch failed", Code.Unavailable);
      }
      return { sessions: [] };
    },
  });
  const offline = await until(live, ({ connection }) => connection === "offline");
  assert.equal(offline.problem, "The server cannot be reached.");

  away = false;
  live.refresh();

  await until(live, ({ connection }) => connection === "live");
});

test("a login that has ended is told as that", async () => {
  // The way out is to log in, not to wait.
  const live = follow({
    listSessions() {
      throw refusal(Code.Unauthenticated, "TOKEN_INVALID");
    },
  });

  await until(live, ({ connection }) => connection === "logged out");
});

test("a page that nobody looks at holds no stream", async () => {
  // All tabs of a browser share six connections for a server.
  let watches = 0;
  let unwatched: () => void;
  const ended = new Promise<void>((resolve) => (unwatched = resolve));
  const live = follow({
    listSessions: () => ({ sessions: [] }),
    async *watchSessions(_: unknown, { signal }: { signal: AbortSignal }) {
      watches += 1;
      signal.addEventListener("abort", () => unwatched());
      yield { events: [{ type: SessionEventType.CREATED, session: { sessionId: `${watches}` } }] };
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  });
  await until(live, ({ sessions }) => sessions.has("1"));

  setHidden(true);
  await ended;
  setHidden(false);

  await until(live, ({ sessions }) => sessions.has("2"));
});
