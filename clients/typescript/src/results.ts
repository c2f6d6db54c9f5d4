/** The result of running code: what a notebook cell would show, and whether it succeeded. */

import { ExecutionFailed, JupyterSessionsError } from "./errors.js";
import {
  type Execution,
  type ExecutionEvent,
  ExecutionState,
} from "./gen/jupyter_sessions/v1/executions_pb.js";
import { KernelExitCause } from "./gen/jupyter_sessions/v1/kernels_pb.js";
import { OutputArea } from "./output_area.js";
import { type ErrorOutput, type ExecuteResult, type Output, textPlain } from "./outputs.js";

/**
 * What code said, in order, and how it ended.
 *
 * `outputs` are what a notebook cell would show in the end: text written to one stream without a
 * break is one output, displays are updated, cleared outputs are gone, gaps tell what is missing.
 * `execution` is the server's record: id, times, `userExpressions`.
 */
export class Result {
  constructor(
    readonly outputs: readonly Output[],
    readonly execution: Execution,
  ) {}

  /** How it ended: the ExecutionState's name, such as "SUCCEEDED" or "LOST". */
  get state(): string {
    return ExecutionState[this.execution.state] ?? String(this.execution.state);
  }

  /** Whether it succeeded. */
  get ok(): boolean {
    return this.execution.state === ExecutionState.SUCCEEDED;
  }

  /** What was written to standard output. */
  get stdout(): string {
    return this.#stream("stdout");
  }

  /** What was written to standard error. */
  get stderr(): string {
    return this.#stream("stderr");
  }

  /** The last expression's value as text/plain; undefined if there is none. */
  get value(): string | undefined {
    const value = this.outputs.findLast((output): output is ExecuteResult => {
      return output.kind === "execute_result";
    });
    return value && textPlain(value);
  }

  /** The error the code raised, if it raised one. */
  get error(): ErrorOutput | undefined {
    const { error } = this.execution;
    if (error) {
      return { kind: "error", ...error };
    }
    return this.outputs.findLast((output): output is ErrorOutput => output.kind === "error");
  }

  /** Throw ExecutionFailed unless the code succeeded; else return the result itself. */
  raiseForError(): this {
    if (this.ok) {
      return this;
    }
    const { ename = "", evalue = ending(this.execution), traceback = [] } = this.error ?? {};
    throw new ExecutionFailed(ename, evalue, traceback, this.state);
  }

  #stream(name: string): string {
    return this.outputs
      .map((output) => (output.kind === "stream" && output.name === name ? output.text : ""))
      .join("");
  }
}

/** Makes a Result of the events of one execution. */
export class ResultCollector {
  readonly #area = new OutputArea();
  #execution: Execution | undefined;

  /** Take the next event. */
  add(event: ExecutionEvent): void {
    this.#area.add(event);
    if (event.event.case === "finished") {
      this.#execution = event.event.value.execution;
    }
  }

  /** The result, once the last event was added. */
  result(): Result {
    if (!this.#execution) {
      throw new JupyterSessionsError(
        "the server ended the stream of events before the execution had finished",
      );
    }
    return new Result(this.#area.outputs, this.#execution);
  }
}

/** One line about an execution that did not succeed, for people. */
export function ending(execution: Execution): string {
  const state = ExecutionState[execution.state];
  const exit = execution.kernelExit;
  const because = exit ? `, since its kernel ended (${KernelExitCause[exit.cause]})` : "";
  return `the execution ended as ${state}${because}`;
}
