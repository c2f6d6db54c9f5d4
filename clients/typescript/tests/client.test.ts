/** The client's calls: named as everywhere, with requests that may be sent twice. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Client, KernelDead, KernelState, withToken } from "../src/index.js";
import { KernelService } from "../src/gen/jupyter_sessions/v1/kernels_pb.js";
import {
  type CreateSessionRequest,
  SessionService,
  type UpdateSessionRequest,
} from "../src/gen/jupyter_sessions/v1/sessions_pb.js";
import { all, clientOf } from "./service.js";

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

test("the client has every method of the Python client", () => {
  // Documentation for one language is read by people of another.
  const source = readFileSync("../python/jupyter_sessions/client.py", "utf8");
  const classBody = source.split("\nclass Client:")[1]!.split("\nclass ")[0]!;
  const names = [...classBody.matchAll(/^ {4}(?:async )?def ([a-z]\w*)\(/gm)].map(([, n]) => n!);

  const missing = names.filter((name) => !(camelCase(name) in Client.prototype));

  assert.ok(names.length > 20);
  assert.deepEqual(missing, ["connect_channels"]); // browsers cannot: they have the WebSocket
});

test("calls carry the token", async () => {
  // Without it the server refuses them.
  let header: string | null = null;
  const routes = clientOf(
    ({ service }) =>
      service(SessionService, {
        sessionExists(_, context) {
          header = context.requestHeader.get("authorization");
          return { exists: true };
        },
      }),
    {},
    [withToken("a-token")],
  );

  assert.equal(await routes.sessionExists("a.ipynb"), true);
  assert.equal(header, "Bearer a-token");
});

test("creating a session may be repeated: it has a request id", async () => {
  // A proxy that sends it twice must not make two.
  const requests: CreateSessionRequest[] = [];
  const client = clientOf(({ service }) =>
    service(SessionService, {
      createSession(request) {
        requests.push(request);
        return { session: { sessionId: "1", path: request.path } };
      },
    }),
  );

  const session = await client.createSession("a.ipynb", { kernelName: "python3" });

  assert.equal(session.path, "a.ipynb");
  assert.match(requests[0]!.requestId, /^[0-9a-f]{32}$/);
  assert.deepEqual(requests[0]!.kernel, { case: "kernelName", value: "python3" });
});

test("a kernel is named in one way only", async () => {
  // Else one of the two would be ignored in silence.
  const client = clientOf(() => {});

  await assert.rejects(
    client.createSession("a", { kernelName: "python3", kernelId: "1" }),
    TypeError,
  );
});

test("opening a session restarts its dead kernel", async () => {
  // Whoever opens a document wants to work in it.
  const client = clientOf(({ service }) => {
    service(SessionService, {
      createSession: () => ({
        session: { sessionId: "1", kernel: { kernelId: "k", state: KernelState.DEAD } },
      }),
    });
    service(KernelService, {
      restartKernel: ({ kernelId, onlyIfDead }) => ({
        kernel: { kernelId, state: onlyIfDead ? KernelState.IDLE : KernelState.DEAD },
      }),
    });
  });

  const session = await client.openSession("a.ipynb");

  assert.equal(session.kernel.state, KernelState.IDLE);
});

test("opening a session whose kernel dies at its start throws what it said last", async () => {
  // "It does not work" is of no use without the reason.
  const exit = { cause: 1, stderrTail: "Traceback\nImportError: no numpy\n" };
  const kernel = { kernelId: "k", state: KernelState.DEAD, exit };
  const client = clientOf(({ service }) =>
    service(SessionService, {
      createSession: () => ({ created: true, session: { sessionId: "1", kernel } }),
    }),
  );

  await assert.rejects(client.openSession("a.ipynb"), (error: unknown) => {
    assert.ok(error instanceof KernelDead);
    assert.match(error.message, /EXITED.*ImportError: no numpy$/);
    return true;
  });
});

test("a list goes on to its last page", async () => {
  // A caller with many sessions sees all of them.
  const pages: Record<string, string[]> = { "": ["a", "b"], "2": ["c"] };
  const client = clientOf(({ service }) =>
    service(SessionService, {
      listSessions({ pageToken, filter }) {
        assert.equal(filter?.type, "notebook");
        const sessions = pages[pageToken]!.map((path) => ({ path }));
        return { sessions, nextPageToken: pageToken ? "" : "2" };
      },
    }),
  );

  const listed = await all(client.listSessions({ type: "notebook" }));

  assert.deepEqual(
    listed.map((session) => session.path),
    ["a", "b", "c"],
  );
});

test("an update names what it changes, and nothing else", async () => {
  // What the caller has never heard of must not be erased.
  const requests: UpdateSessionRequest[] = [];
  const client = clientOf(({ service }) =>
    service(SessionService, {
      updateSession(request) {
        requests.push(request);
        return { session: request.session };
      },
    }),
  );

  await client.updateSession("1", { path: "b.ipynb", name: null, kernelName: "ir" });

  const { updateMask, session } = requests[0]!;
  assert.deepEqual(updateMask?.paths, ["path", "name", "kernel.kernel_name"]);
  assert.deepEqual([session?.path, session?.name], ["b.ipynb", undefined]);
});

test("leaving a watch ends its call", async () => {
  // A stream that nobody reads counts against the caller's limit.
  let ended: AbortSignal | undefined;
  const client = clientOf(({ service }) =>
    service(SessionService, {
      async *watchSessions(_, context) {
        ended = context.signal;
        yield { events: [{ revision: 1n }] };
        await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
      },
    }),
  );

  for await (const event of client.watchSessions()) {
    assert.equal(event.revision, 1n);
    break;
  }

  assert.equal(ended?.aborted, true);
});
