// Running code, and all else that a notebook asks of its kernel.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Window, printed, run, when } from "./gateway.mjs";

const window = new Window();
let session;
let kernel;
before(async () => {
  session = await window.open("execute.ipynb");
  kernel = session.kernel;
});
after(async () => {
  await session.shutdown();
  window.close();
});

test("the socket speaks the format that was asked for", async () => {
  await kernel.info;

  const wanted = process.env.GATEWAY_FORMAT === "v1" ? "v1.kernel.websocket.jupyter.org" : "";

  assert.equal(kernel._selectedProtocol, wanted);
});

test("the kernel says what it is", async () => {
  const info = await kernel.info;

  assert.equal(info.language_info.name, "python");
  assert.equal(info.protocol_version.split(".")[0], "5");
});

test("what code prints, displays and returns arrives in order", async () => {
  const code = "print('a'); display({'text/html': '<b>b</b>'}, raw=True); print('c'); 'd'";

  const ran = await run(kernel, code);

  assert.equal(ran.status, "ok");
  const types = ran.outputs.map(({ type }) => type);
  assert.deepEqual(types, ["stream", "display_data", "stream", "execute_result"]);
  assert.equal(ran.outputs[1].data["text/html"], "<b>b</b>");
  assert.equal(ran.outputs[3].data["text/plain"], "'d'");
});

test("stdout and stderr are told apart", async () => {
  const ran = await run(kernel, "import sys; print('out'); print('err', file=sys.stderr)");

  const texts = ran.outputs.map(({ name, text }) => [name, text]).sort();
  assert.deepEqual(texts, [
    ["stderr", "err\n"],
    ["stdout", "out\n"],
  ]);
});

test("text of all scripts arrives as it was sent", async () => {
  const text = "ñ 漢字 🪐 \u2028 \\n";

  const ran = await run(kernel, `print(${JSON.stringify(text)})`);

  assert.equal(printed(ran), `${text}\n`);
});

test("an error arrives with its traceback", async () => {
  const ran = await run(kernel, "1/0");

  assert.equal(ran.status, "error");
  assert.equal(ran.ename, "ZeroDivisionError");
  assert.equal(ran.outputs[0].type, "error");
  assert.match(ran.outputs[0].traceback.join("\n"), /division by zero/);
});

test("code that waits for input gets it", async () => {
  const ran = await run(kernel, "print(input('name? ').upper())", { stdin: "ada" });

  assert.equal(printed(ran), "ADA\n");
});

test("cells that are sent at once run one after the other", async () => {
  const cells = Array.from({ length: 20 }, (_, i) => run(kernel, `print(${i})`));

  const texts = (await Promise.all(cells)).map(printed);

  assert.deepEqual(
    texts,
    Array.from({ length: 20 }, (_, i) => `${i}\n`),
  );
});

test("a display is updated in place", async () => {
  const code = "h = display('old', display_id=True); h.update('new')";

  const { outputs } = await run(kernel, code);

  assert.deepEqual(
    outputs.map(({ type }) => type),
    ["display_data", "update_display_data"],
  );
  assert.equal(outputs[1].data["text/plain"], "'new'");
});

test("names are completed and explained", async () => {
  const complete = await kernel.requestComplete({ code: "import os; os.getc", cursor_pos: 18 });
  const inspect = await kernel.requestInspect({ code: "len", cursor_pos: 3, detail_level: 0 });

  assert.ok(complete.content.matches.some((match) => match.endsWith("getcwd")));
  assert.equal(inspect.content.found, true);
  assert.match(inspect.content.data["text/plain"], /number of items/);
});

test("unfinished code is told from finished code", async () => {
  const unfinished = await kernel.requestIsComplete({ code: "for i in range(3):" });
  const finished = await kernel.requestIsComplete({ code: "1" });

  assert.equal(unfinished.content.status, "incomplete");
  assert.equal(finished.content.status, "complete");
});

test("the history has what was run", async () => {
  await run(kernel, "'a line to remember'");

  const history = await kernel.requestHistory({
    output: false,
    raw: true,
    hist_access_type: "tail",
    n: 1,
  });

  assert.equal(history.content.history[0][2], "'a line to remember'");
});

test("the control channel answers while code runs", async () => {
  const started = deferred();
  const running = run(kernel, "import time\nprint('on')\ntime.sleep(60)", {
    onOutput: started.resolve,
  });
  await started.promise;

  const reply = await kernel.requestDebug({ type: "request", seq: 1, command: "debugInfo" }).done;
  await kernel.interrupt();

  assert.equal(reply.content.success, true);
  assert.equal((await running).ename, "KeyboardInterrupt");
});

test("code is interrupted, and the next cell runs", async () => {
  const started = deferred();
  const running = run(kernel, "import time\nprint('on')\ntime.sleep(60)", {
    onOutput: started.resolve,
  });
  await started.promise;

  await kernel.interrupt();

  assert.equal((await running).ename, "KeyboardInterrupt");
  assert.equal(printed(await run(kernel, "print('next')")), "next\n");
});

test("a restarted kernel has forgotten all, and runs code", async () => {
  await run(kernel, "kept = 1");
  const id = kernel.id;

  await kernel.restart();

  const ran = await run(kernel, "print('kept' in globals())");
  assert.equal(printed(ran), "False\n");
  assert.equal(ran.execution_count, 1);
  assert.equal(kernel.id, id);
});

test("a kernel that dies says so, and is there again", async () => {
  const restarting = when(kernel.statusChanged, (_, status) => status === "autorestarting");
  run(kernel, "import os; os._exit(1)").catch(() => {}); // it is never answered

  await restarting;

  const ran = await run(kernel, "print('alive')");
  assert.equal(printed(ran), "alive\n");
  assert.equal(ran.execution_count, 1);
});

function deferred() {
  const made = {};
  made.promise = new Promise((resolve) => (made.resolve = resolve));
  return made;
}
