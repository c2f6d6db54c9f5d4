// Comms, which widgets are made of, with the bytes they carry.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import services from "@jupyterlab/services";

import { Window, printed, run } from "./gateway.mjs";

const BYTES = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
const ECHO = `
from ipykernel.comm import Comm
def opened(comm, message):
    @comm.on_msg
    def echo(message):
        buffers = [bytes(b)[::-1] for b in message["buffers"]]
        comm.send({"got": message["content"]["data"]}, buffers=[*buffers, b""])
get_ipython().kernel.comm_manager.register_target("echo", opened)
`;

const window = new Window();
let session;
let kernel;
before(async () => {
  session = await window.open("comms.ipynb");
  kernel = session.kernel;
  assert.equal((await run(kernel, ECHO)).status, "ok");
});
after(async () => {
  await session.shutdown();
  window.close();
});

const bytes = (buffer) =>
  new Uint8Array(buffer.buffer ?? buffer, buffer.byteOffset ?? 0, buffer.byteLength);

test("bytes travel to the kernel and back", async () => {
  const comm = kernel.createComm("echo");
  const answered = new Promise((resolve) => (comm.onMsg = resolve));
  comm.open();

  comm.send({ n: 1 }, {}, [BYTES, new Uint8Array([7]).buffer]);
  const answer = await answered;

  assert.deepEqual(answer.content.data, { got: { n: 1 } });
  assert.equal(answer.buffers.length, 3);
  assert.deepEqual(bytes(answer.buffers[0]), BYTES.toReversed());
  assert.deepEqual([...bytes(answer.buffers[1])], [7]);
  assert.equal(answer.buffers[2].byteLength, 0);
  comm.close();
});

test("a message without bytes needs none", async () => {
  const comm = kernel.createComm("echo");
  const answered = new Promise((resolve) => (comm.onMsg = resolve));
  comm.open();

  comm.send({ text: "ñ 漢字" });

  assert.deepEqual((await answered).content.data, { got: { text: "ñ 漢字" } });
  comm.close();
});

test("a comm that the kernel opens arrives with its bytes", async () => {
  const opened = new Promise((resolve) => {
    kernel.registerCommTarget("ours", (comm, message) => resolve(message));
  });

  const code = "c = Comm('ours', data={'v': 1}, buffers=[b'abc', memoryview(bytes(range(256)))])";
  await run(kernel, code);
  const message = await opened;

  assert.deepEqual(message.content.data, { v: 1 });
  assert.equal(Buffer.from(bytes(message.buffers[0])).toString(), "abc");
  assert.deepEqual(
    [...bytes(message.buffers[1])],
    Array.from({ length: 256 }, (_, i) => i),
  );
});

test("a comm that one side closes is closed for the other", async () => {
  // Else the library deletes a subshell while ipykernel has the message for it, which is then lost.
  kernel.commsOverSubshells = services.CommsOverSubshells.Disabled;
  const comm = kernel.createComm("echo");
  comm.open();
  const count = "print(len(get_ipython().kernel.comm_manager.comms))";
  const before = Number(printed(await run(kernel, count)));

  await comm.close().done;

  assert.equal(Number(printed(await run(kernel, count))), before - 1);
});

test("open comms are listed", async () => {
  const comm = kernel.createComm("echo");
  await comm.open().done;

  const info = await kernel.requestCommInfo({ target_name: "echo" });

  assert.ok(comm.commId in info.content.comms);
  comm.close();
});
