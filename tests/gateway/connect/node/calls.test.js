// Stock Connect clients call the gateway. ADDRESS, TOKEN and TRANSPORT (see transports.js) are
// told by the environment; test_connect_node.py runs this once for each transport.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Code, ConnectError, createClient } from "@connectrpc/connect";

import { ErrorInfoSchema } from "./node_modules/.gen/google/rpc/error_details_pb.js";
import { ChannelService } from "./node_modules/.gen/jupyter_sessions/v1/channels_pb.js";
import { ExecutionService } from "./node_modules/.gen/jupyter_sessions/v1/executions_pb.js";
import { KernelService } from "./node_modules/.gen/jupyter_sessions/v1/kernels_pb.js";
import { SessionService } from "./node_modules/.gen/jupyter_sessions/v1/sessions_pb.js";
import { transport } from "./transports.js";

const { TOKEN } = process.env;
const limit = Number(process.env.MAX_BODY_BYTES);

const sessions = createClient(SessionService, transport({ token: TOKEN }));
const kernels = createClient(KernelService, transport({ token: TOKEN }));
const executions = createClient(ExecutionService, transport({ token: TOKEN }));

async function refusal(call) {
  try {
    await call();
  } catch (error) {
    const refused = ConnectError.from(error);
    return { refused, info: refused.findDetails(ErrorInfoSchema)[0] };
  }
  return assert.fail("the call was not refused");
}

const on = (kernelId) => ({ case: "kernelId", value: kernelId });

async function readyKernel() {
  const { kernel } = await kernels.startKernel({ waitReady: true });
  return kernel.kernelId;
}

async function eventsOf(batches) {
  const events = [];
  for await (const batch of batches) events.push(...batch.events);
  return events;
}

test("a session is created and found, typed", async () => {
  const { session, created } = await sessions.createSession({
    path: "é.ipynb",
    labels: { a: "😀" },
  });

  const found = await sessions.getSession({ sessionId: session.sessionId });

  assert.equal(created, true);
  assert.equal(typeof session.revision, "bigint");
  assert.deepEqual(found.session.labels, { a: "😀" });
});

test("bytes are bytes", async () => {
  const { content } = await kernels.getKernelSpecResource({
    kernelName: "python3",
    resourceName: "logo-64x64.png",
  });

  assert.deepEqual(
    [...content.subarray(1, 4)],
    [..."PNG"].map((c) => c.charCodeAt(0)),
  );
});

test("a cell streams its outputs", async () => {
  const kernelId = await readyKernel();

  const events = await eventsOf(executions.execute({ target: on(kernelId), code: "say hello" }));

  assert.deepEqual(
    events.map((event) => event.event.case),
    ["accepted", "started", "stream", "finished"],
  );
  assert.equal(events[2].event.value.text, "hello");
});

test("what fails tells why", async () => {
  const { refused, info } = await refusal(() => sessions.getSession({ sessionId: "gone" }));

  assert.equal(refused.code, Code.NotFound);
  assert.equal(info.reason, "SESSION_NOT_FOUND");
  assert.equal(info.domain, "jupyter_sessions");
  assert.deepEqual(info.metadata, { session_id: "gone" });
});

test("a stream that fails tells why", async () => {
  const { refused, info } = await refusal(() =>
    eventsOf(executions.execute({ target: on("gone"), code: "1" })),
  );

  assert.equal(refused.code, Code.NotFound);
  assert.equal(info.reason, "KERNEL_NOT_FOUND");
  assert.deepEqual(info.metadata, { kernel_id: "gone" });
});

test("who has no token is refused", async () => {
  const stranger = createClient(SessionService, transport({}));

  const { refused, info } = await refusal(() => stranger.listSessions({}));

  assert.equal(refused.code, Code.Unauthenticated);
  assert.equal(info.reason, "TOKEN_INVALID");
});

test("a stream ends at its deadline", async () => {
  const kernelId = await readyKernel();

  const { refused } = await refusal(() =>
    eventsOf(executions.execute({ target: on(kernelId), code: "wait" }, { timeoutMs: 300 })),
  );

  assert.equal(refused.code, Code.DeadlineExceeded);
});

test("a stream can be left, and attached to again", async () => {
  const kernelId = await readyKernel();
  const leaving = new AbortController();
  let executionId;

  const { refused } = await refusal(async () => {
    const call = executions.execute(
      { target: on(kernelId), code: "wait" },
      { signal: leaving.signal },
    );
    for await (const batch of call) {
      executionId ??= batch.events[0].event.value.executionId;
      leaving.abort();
    }
  });
  const attached = eventsOf(executions.attachExecution({ executionId }));
  await executions.cancelExecution({ executionId });

  assert.equal(refused.code, Code.Canceled);
  assert.equal((await attached).at(-1).event.case, "finished");
});

test("a request that is too large is refused", async () => {
  const { refused } = await refusal(() =>
    sessions.createSession({ path: "a.ipynb", labels: { a: noise(2 * limit) } }),
  );

  assert.equal(refused.code, Code.ResourceExhausted);
  assert.match(refused.rawMessage, new RegExp(String(limit)));
});

test("calls at once do not mix", async () => {
  const paths = Array.from({ length: 30 }, (_, number) => `many/${number}.ipynb`);

  const answers = await Promise.all(paths.map((path) => sessions.createSession({ path })));

  assert.deepEqual(
    answers.map((answer) => answer.session.path),
    paths,
  );
});

const skip = process.env.TRANSPORT.startsWith("web") && "browsers do not even ask";

test("what takes a stream of requests is refused in words", { skip }, async () => {
  const channels = createClient(ChannelService, transport({ token: TOKEN }));

  const { refused } = await refusal(async () => {
    for await (const _ of channels.connect(one({ kernelId: "k" }))) assert.fail("an answer");
  });

  assert.equal(refused.code, Code.Unimplemented);
  assert.match(refused.rawMessage, /gRPC/);
});

async function* one(message) {
  yield message;
}

function noise(length) {
  // what gzip cannot make smaller than the limit
  return Array.from({ length }, () =>
    String.fromCharCode(33 + Math.floor(Math.random() * 90)),
  ).join("");
}
