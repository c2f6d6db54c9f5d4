/** Streams of events: each once, resumed where they broke, always ended. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Code } from "@connectrpc/connect";

import { type Client, JupyterSessionsError, KernelDead, Unavailable } from "../src/index.js";
import {
  type ExecuteRequest,
  ExecutionService,
} from "../src/gen/jupyter_sessions/v1/executions_pb.js";
import { all, clientOf, refusal } from "./service.js";

const ACCEPTED = { seq: 1n, event: { case: "accepted", value: { executionId: "e1" } } } as const;
const FINISHED = { seq: 9n, event: { case: "finished", value: {} } } as const;

function written(seq: bigint, text: string) {
  return { seq, event: { case: "stream", value: { name: "stdout", text } } } as const;
}

/** A service that is stopped after each of the batches, and is back at once. */
function stopping(attachedFrom: bigint[]): Client {
  const stopped = () => refusal(Code.Unavailable, "SERVER_STOPPING");
  return clientOf(({ service }) =>
    service(ExecutionService, {
      async *execute() {
        yield { events: [ACCEPTED, written(2n, "a")], nextSeq: 3n };
        throw stopped();
      },
      async *attachExecution({ executionId, fromSeq }) {
        assert.equal(executionId, "e1");
        attachedFrom.push(fromSeq);
        yield { events: [written(3n, "b"), FINISHED], nextSeq: 10n };
      },
    }),
  );
}

test("a stream goes on where its connection broke", async () => {
  // A server that is upgraded is not noticed by who waits for a cell.
  const attachedFrom: bigint[] = [];
  const stream = stopping(attachedFrom).execute("code", { sessionId: "s" });

  const events = await all(stream);

  assert.deepEqual(
    events.map((event) => event.seq),
    [1n, 2n, 3n, 9n],
  );
  assert.deepEqual(attachedFrom, [3n]);
  assert.equal(stream.executionId, "e1");
});

test("a request that broke before its answer is sent again under the same id", async () => {
  // The code must not run twice.
  const requests: ExecuteRequest[] = [];
  const client = clientOf(({ service }) =>
    service(ExecutionService, {
      async *execute(request) {
        requests.push(request);
        if (requests.length === 1) {
          throw refusal(Code.Unavailable, "SERVER_STOPPING");
        }
        yield { events: [ACCEPTED, FINISHED], nextSeq: 10n };
      },
    }),
  );

  await all(client.execute("code", { kernelId: "k" }));

  assert.equal(requests.length, 2);
  assert.ok(requests[0]!.requestId);
  assert.equal(requests[1]!.requestId, requests[0]!.requestId);
});

test("a refusal is thrown, not tried again", async () => {
  // A dead kernel stays dead.
  let calls = 0;
  const client = clientOf(({ service }) =>
    service(ExecutionService, {
      async *execute() {
        calls += 1;
        throw refusal(Code.FailedPrecondition, "KERNEL_DEAD");
      },
    }),
  );

  await assert.rejects(all(client.execute("code", { sessionId: "s" })), KernelDead);
  assert.equal(calls, 1);
});

test("a server that stays away is told, once resuming takes too long", async () => {
  // Nobody waits for ever.
  const client = clientOf(
    ({ service }) =>
      service(ExecutionService, {
        async *attachExecution() {
          throw refusal(Code.Unavailable, "SERVER_STOPPING");
        },
      }),
    { resumeMs: 0 },
  );

  await assert.rejects(all(client.attach("e1")), Unavailable);
});

/** A service whose code never ends; it resolves once its caller has hung up. */
function endless(): { client: Client; hungUp: Promise<void> } {
  let resolve: () => void;
  const hungUp = new Promise<void>((done) => (resolve = done));
  const client = clientOf(({ service }) =>
    service(ExecutionService, {
      async *execute(_, context) {
        context.signal.addEventListener("abort", () => resolve());
        yield { events: [ACCEPTED], nextSeq: 2n };
        await hungUp;
      },
    }),
  );
  return { client, hungUp };
}

test("leaving the loop ends the call", async () => {
  // A stream that nobody reads counts against the caller's limit.
  const { client, hungUp } = endless();

  for await (const _ of client.execute("code", { sessionId: "s" })) {
    break;
  }

  await hungUp;
});

test("cancelling ends the loop without an error", async () => {
  // A page that closes a view has not failed.
  const { client, hungUp } = endless();
  const stream = client.execute("code", { sessionId: "s" });

  for await (const _ of stream) {
    stream.cancel();
  }

  await hungUp;
});

test("closing the client ends its streams", async () => {
  // What is opened by a client ends with it.
  const { client, hungUp } = endless();

  for await (const _ of client.execute("code", { sessionId: "s" })) {
    client.close();
  }

  await hungUp;
});

test("a stream is read once", async () => {
  // A second loop would run the code again.
  const stream = stopping([]).execute("code", { sessionId: "s" });
  await all(stream);

  await assert.rejects(all(stream), JupyterSessionsError);
});
