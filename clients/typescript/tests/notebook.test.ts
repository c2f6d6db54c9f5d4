/** The console's notebook: what runs is read as it comes, each event once. */

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { Notebook, type NotebookSnapshot } from "../console/src/notebook.js";
import { ExecutionState, type Output } from "../src/index.js";
import { ExecutionService } from "../src/gen/jupyter_sessions/v1/executions_pb.js";
import { setHidden } from "./page.js";
import { clientOf } from "./service.js";

const STDOUT = "stdout";

/** An event that writes its own number. */
function written(seq: bigint) {
  return { seq, event: { case: "stream", value: { name: STDOUT, text: `${seq} ` } } } as const;
}

/** A notebook that follows a service, until the tests end. */
function follow(rpcs: object): Notebook {
  const notebook = new Notebook(
    clientOf((router) => router.service(ExecutionService, rpcs)),
    "s",
  );
  void notebook.run();
  after(() => notebook.close());
  return notebook;
}

/** Wait until the notebook is as told. */
async function until(
  notebook: Notebook,
  found: (snapshot: NotebookSnapshot) => boolean,
): Promise<NotebookSnapshot> {
  return new Promise((resolve) => {
    const look = () => found(notebook.snapshot) && resolve(notebook.snapshot);
    notebook.subscribe(look);
    look();
  });
}

function textOf(outputs: readonly Output[]): string {
  return outputs.map((output) => (output.kind === "stream" ? output.text : "")).join("");
}

test("only what runs is followed, and what waits has its turn", async () => {
  // A queue of twenty cells must not take the browser's six connections.
  let open = 0;
  let most = 0;
  const executions = Array.from({ length: 20 }, (_, index) => ({
    executionId: `e${index}`,
    state: index === 0 ? ExecutionState.RUNNING : ExecutionState.QUEUED,
    queueTime: { seconds: BigInt(index) },
  }));
  const notebook = follow({
    listExecutions: () => ({ executions: executions.toReversed() }),
    async *attachExecution({ executionId }: { executionId: string }) {
      open += 1;
      most = Math.max(most, open);
      const queued = executions.find((execution) => execution.executionId === executionId);
      const execution = { ...queued, state: ExecutionState.SUCCEEDED };
      const finished = { seq: 2n, event: { case: "finished", value: { execution } } } as const;
      yield { events: [written(1n), finished], nextSeq: 3n };
      open -= 1;
    },
  });

  const { cells, problem } = await until(notebook, ({ cells }) => {
    return cells.length === 20 && cells.every((cell) => cell.complete);
  });

  assert.equal(problem, "");
  assert.equal(most, 1);
  assert.deepEqual(
    cells.map((cell) => cell.id),
    executions.map((execution) => execution.executionId),
  );
});

test("a page that is looked at again reads on where it was", async () => {
  // What came meanwhile is there, and nothing twice.
  const begun: bigint[] = [];
  const notebook = follow({
    listExecutions: () => ({
      executions: [{ executionId: "e", state: ExecutionState.RUNNING }],
    }),
    async *attachExecution({ fromSeq }: { fromSeq: bigint }, { signal }: { signal: AbortSignal }) {
      begun.push(fromSeq);
      const first = fromSeq || 1n;
      yield { events: [written(first), written(first + 1n)], nextSeq: first + 2n };
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  });
  await until(notebook, ({ cells }) => textOf(cells[0]?.area.outputs ?? []) === "1 2 ");

  setHidden(true);
  setHidden(false);

  await until(notebook, ({ cells }) => textOf(cells[0]?.area.outputs ?? []) === "1 2 3 4 ");
  assert.deepEqual(begun, [0n, 3n]);
});
