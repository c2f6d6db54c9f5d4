// Sessions, kernels and kernelspecs, as JupyterLab's managers see them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Window, ServerConnection, printed, run, settings } from "./gateway.mjs";

const window = new Window();
before(() => window.sessions.ready);
after(() => window.close());

test("the kernelspecs are there, and one is the default", async () => {
  await window.kernelspecs.ready;

  const { default: name, kernelspecs } = window.kernelspecs.specs;

  assert.equal(name, "python3");
  assert.equal(kernelspecs.python3.language, "python");
  assert.match(kernelspecs.python3.resources["logo-64x64"], /kernelspecs\/python3\/logo-64x64/);
});

test("a kernelspec's logo can be fetched", async () => {
  await window.kernelspecs.ready;
  const path = window.kernelspecs.specs.kernelspecs.python3.resources["logo-64x64"];

  const url = new URL(path, settings.baseUrl).href;
  const logo = await ServerConnection.makeRequest(url, {}, settings);

  assert.equal(logo.status, 200);
  assert.equal(logo.headers.get("content-type"), "image/png");
});

test("a session is started for a path, found by it, and gone when it is shut down", async () => {
  const session = await window.open("folder/a.ipynb");
  const kernelId = session.kernel.id;

  const byPath = await window.sessions.findByPath("folder/a.ipynb");
  const byId = await window.sessions.findById(session.id);
  await session.shutdown();
  await window.sessions.refreshRunning();

  assert.equal(byPath.id, session.id);
  assert.equal(byId.kernel.id, kernelId);
  assert.equal(byId.type, "notebook");
  assert.equal(await window.sessions.findByPath("folder/a.ipynb"), undefined);
});

test("opening a path again gives its session, with the kernel it has", async () => {
  const first = await window.open("again.ipynb");

  const second = await window.open("again.ipynb");

  assert.equal(second.id, first.id);
  assert.equal(second.kernel.id, first.kernel.id);
  await first.shutdown();
});

test("a renamed notebook keeps its session", async () => {
  const session = await window.open("before.ipynb");

  await session.setPath("after.ipynb");
  await session.setName("after.ipynb");

  await window.sessions.refreshRunning();
  const model = await window.sessions.findByPath("after.ipynb");
  assert.equal(model.id, session.id);
  assert.equal(model.name, "after.ipynb");
  await session.shutdown();
});

test("a session's kernel is exchanged for a new one, and the old one ends", async () => {
  const session = await window.open("changed.ipynb");
  const old = session.kernel.id;

  await session.changeKernel({ name: "python3" });

  assert.equal(printed(await run(session.kernel, "print(6*7)")), "42\n");
  await window.kernels.refreshRunning();
  const running = [...window.kernels.running()].map(({ id }) => id);
  assert.ok(running.includes(session.kernel.id));
  assert.ok(!running.includes(old));
  await session.shutdown();
});

test("a kernel needs no session", async () => {
  const kernel = await window.kernels.startNew({ name: "python3" });

  const model = await window.kernels.findById(kernel.id);
  const ran = await run(kernel, "print(6*7)");
  await kernel.shutdown();
  await window.kernels.refreshRunning();

  assert.equal(model.name, "python3");
  assert.equal(printed(ran), "42\n");
  assert.equal(await window.kernels.findById(kernel.id), undefined);
});

test("an unknown kernel is refused with a message that names it", async () => {
  const wanted = { path: "b.ipynb", name: "b", type: "notebook", kernel: { name: "nonesuch" } };

  await assert.rejects(window.sessions.startNew(wanted), /nonesuch/);

  assert.equal(await window.sessions.findByPath("b.ipynb"), undefined);
});

test("what runs in another window is seen", async () => {
  const other = new Window();
  const session = await other.open("other.ipynb");

  await window.sessions.refreshRunning();

  const paths = [...window.sessions.running()].map(({ path }) => path);
  assert.ok(paths.includes("other.ipynb"));
  await session.shutdown();
  other.close();
});
