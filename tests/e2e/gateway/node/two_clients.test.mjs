// Two windows on one session: both see what happens, each gets its own answers.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { Window, printed, run } from "./gateway.mjs";

let one;
let two;
let sessions;
beforeEach(async () => {
  [one, two] = [new Window(), new Window()];
  sessions = [await one.open("shared.ipynb"), await two.open("shared.ipynb")];
  await Promise.all(sessions.map(({ kernel }) => kernel.info));
});
afterEach(async () => {
  await sessions[0].shutdown();
  one.close();
  two.close();
});

const texts = (kernel) => {
  const seen = [];
  kernel.anyMessage.connect((_, { msg, direction }) => {
    if (direction === "recv" && msg.header.msg_type === "stream") seen.push(msg.content.text);
  });
  return seen;
};

test("both windows have one kernel and its variables", async () => {
  await run(sessions[0].kernel, "x = 'from one'");

  assert.equal(sessions[0].kernel.id, sessions[1].kernel.id);
  assert.equal(printed(await run(sessions[1].kernel, "print(x)")), "from one\n");
});

test("what one window runs, the other sees", async () => {
  const seen = texts(sessions[1].kernel);

  await run(sessions[0].kernel, "print('hello')");
  await run(sessions[1].kernel, "pass"); // its end comes after all that was said before

  assert.deepEqual(seen, ["hello\n"]);
});

test("only the window that asked gets the answer, and is asked for input", async () => {
  const replies = [];
  sessions[1].kernel.anyMessage.connect((_, { msg, direction }) => {
    if (direction === "recv" && msg.channel !== "iopub") replies.push(msg.header.msg_type);
  });

  const ran = await run(sessions[0].kernel, "print(input())", { stdin: "mine" });
  await run(sessions[1].kernel, "pass");

  assert.equal(printed(ran), "mine\n");
  assert.deepEqual(replies, ["execute_reply"]);
});

test("cells of both windows run one after the other, each with its own output", async () => {
  const cells = Array.from({ length: 30 }, (_, i) => run(sessions[i % 2].kernel, `print(${i})`));

  const got = (await Promise.all(cells)).map(printed);

  assert.deepEqual(
    got,
    Array.from({ length: 30 }, (_, i) => `${i}\n`),
  );
});

test("a window that closes takes nothing from the other", async () => {
  const printing = run(
    sessions[1].kernel,
    "import time\nfor i in range(50): print(i); time.sleep(.02)",
  );

  sessions[0].kernel.dispose();

  assert.equal(printed(await printing), Array.from({ length: 50 }, (_, i) => `${i}\n`).join(""));
});
