/** Outputs are what a notebook cell would show. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { create, type MessageInitShape } from "@bufbuild/protobuf";

import { ExecutionFailed, ExecutionState, OutputArea } from "../src/index.js";
import { ExecutionEventSchema } from "../src/gen/jupyter_sessions/v1/executions_pb.js";
import { ResultCollector } from "../src/results.js";

type Event = NonNullable<
  Extract<MessageInitShape<typeof ExecutionEventSchema>, { event?: unknown }>["event"]
>;

function shown(...events: Event[]): OutputArea {
  const area = new OutputArea();
  for (const event of events) {
    area.add(create(ExecutionEventSchema, { event }));
  }
  return area;
}

function written(text: string, name = "stdout"): Event {
  return { case: "stream", value: { name, text } };
}

function displayed(text: string, displayId = ""): Event {
  const part = { mimeType: "text/plain", content: { case: "text", value: text } } as const;
  return { case: "displayData", value: { data: { parts: [part] }, displayId } };
}

function texts(area: OutputArea): string[] {
  return area.outputs.map((output) => {
    return output.kind === "stream"
      ? output.text
      : String("data" in output && [...output.data.values()]);
  });
}

test("text to one stream without a break is one output", () => {
  // print() in a loop is not a thousand boxes.
  assert.deepEqual(texts(shown(written("a"), written("b"), written("c", "stderr"))), ["ab", "c"]);
});

test("a display is updated where it is", () => {
  // A progress bar does not fill the page.
  const update = { ...displayed("100 %", "bar"), case: "updateDisplayData" } as Event;

  assert.deepEqual(texts(shown(displayed("0 %", "bar"), written("x"), update)), ["100 %", "x"]);
});

test("clearing with wait keeps outputs until the next one", () => {
  // An animation does not flicker.
  const clear: Event = { case: "clearOutput", value: { wait: true } };

  assert.deepEqual(texts(shown(written("a"), clear)), ["a"]);
  assert.deepEqual(texts(shown(written("a"), clear, written("b"))), ["b"]);
});

test("a JSON part is parsed, bytes stay bytes", () => {
  // Neither is a text that each caller has to convert.
  const area = shown({
    case: "executeResult",
    value: {
      data: {
        parts: [
          { mimeType: "application/json", content: { case: "json", value: '{"a": [1]}' } },
          { mimeType: "image/png", content: { case: "data", value: new Uint8Array([137]) } },
        ],
      },
    },
  });

  const [output] = area.outputs;
  assert.ok(output?.kind === "execute_result");
  assert.deepEqual(output.data.get("application/json"), { a: [1] });
  assert.deepEqual(output.data.get("image/png"), new Uint8Array([137]));
});

test("missing outputs are told in their place", () => {
  // Silence would be taken for all there was.
  const area = shown(written("a"), { case: "gap", value: { missingCount: 7n, reason: 1 } });

  assert.deepEqual(area.outputs.at(-1), { kind: "gap", missingCount: 7, reason: "TRIMMED" });
});

test("code that raised gives a result whose error can be thrown", () => {
  // Whoever does not look at the state is told at the latest then.
  const error = { ename: "ZeroDivisionError", evalue: "division by zero", traceback: ["…"] };
  const collector = new ResultCollector();
  const execution = { state: ExecutionState.FAILED, error };
  const event = { case: "finished", value: { execution } } as const;
  collector.add(create(ExecutionEventSchema, { event }));

  const result = collector.result();

  assert.deepEqual([result.ok, result.state], [false, "FAILED"]);
  assert.throws(() => result.raiseForError(), ExecutionFailed);
});
