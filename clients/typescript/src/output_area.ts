/** What a front end shows below a cell: outputs in order, displays updated, cleared ones gone. */

import type { ExecutionEvent } from "./gen/jupyter_sessions/v1/executions_pb.js";
import {
  type DisplayData,
  displayFromPb,
  gapFromPb,
  type Output,
  resultFromPb,
} from "./outputs.js";

/**
 * Applies an execution's events as front ends do; events that show nothing change nothing.
 *
 * An update of a display that an execution before it made is told by `displayUpdate` and is to be
 * applied to the areas of the others, by `updateDisplay`.
 */
export class OutputArea {
  #outputs: Output[] = [];
  #clearAtNextOutput = false;

  /** What is shown now; text written to one stream without a break is one output. */
  get outputs(): readonly Output[] {
    return this.#outputs;
  }

  /** Take the next event. */
  add({ event }: ExecutionEvent): void {
    switch (event.case) {
      case "stream":
        return this.#write(event.value.name, event.value.text);
      case "displayData":
        return this.#show(displayFromPb(event.value));
      case "executeResult":
        return this.#show(resultFromPb(event.value));
      case "error": {
        const { ename, evalue, traceback } = event.value;
        return this.#show({ kind: "error", ename, evalue, traceback });
      }
      case "gap":
        return this.#show(gapFromPb(event.value));
      case "updateDisplayData":
        return this.updateDisplay(displayFromPb(event.value));
      case "clearOutput":
        return this.#clear(event.value.wait);
    }
  }

  /** Change what was displayed here under the update's id; other ids are left alone. */
  updateDisplay(update: DisplayData): void {
    this.#outputs = this.#outputs.map((output) =>
      output.kind === "display_data" && output.displayId && output.displayId === update.displayId
        ? update
        : output,
    );
  }

  #write(name: string, text: string): void {
    const last = this.#clearAtNextOutput ? undefined : this.#outputs.at(-1);
    if (last?.kind === "stream" && last.name === name) {
      this.#outputs[this.#outputs.length - 1] = { ...last, text: last.text + text };
    } else {
      this.#show({ kind: "stream", name, text });
    }
  }

  #show(output: Output): void {
    if (this.#clearAtNextOutput) {
      this.#clear(false);
    }
    this.#outputs.push(output);
  }

  #clear(wait: boolean): void {
    this.#clearAtNextOutput = wait;
    if (!wait) {
      this.#outputs = [];
    }
  }
}

/** The update of a display that the event tells, if it tells one. */
export function displayUpdate({ event }: ExecutionEvent): DisplayData | undefined {
  return event.case === "updateDisplayData" ? displayFromPb(event.value) : undefined;
}
