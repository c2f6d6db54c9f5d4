/** EventStream: what an execution says, as it comes, resumed where its connection broke. */

import { create } from "@bufbuild/protobuf";
import type { Client as ConnectClient } from "@connectrpc/connect";

import { JupyterSessionsError } from "./errors.js";
import {
  type AttachExecutionRequest,
  AttachExecutionRequestSchema,
  type ExecuteRequest,
  type ExecutionEvent,
  type ExecutionService,
} from "./gen/jupyter_sessions/v1/executions_pb.js";
import { Trials } from "./resuming.js";
import { callFailed } from "./status.js";

type Request = ExecuteRequest | AttachExecutionRequest;

/**
 * The events of an execution, in order, to be read once: `for await (const event of stream)`.
 *
 * If the connection breaks, or the server is replaced, it goes on where it was: each event comes
 * once. Leaving the loop ends the call, in whatever way it is left; so does `cancel()`. The
 * execution goes on, unless `onDisconnect` says otherwise. Throws CallFailed when the call fails,
 * and when the server cannot be reached for `resumeMs`.
 */
export class EventStream implements AsyncIterable<ExecutionEvent> {
  /** Names the execution, by which another program can attach to it; "" until it is known. */
  executionId: string;
  #request: Request;
  #read = false;
  readonly #cancelled = new AbortController();

  constructor(
    private readonly executions: ConnectClient<typeof ExecutionService>,
    request: Request,
    private readonly resumeMs: number,
    private readonly closed: AbortSignal,
  ) {
    this.#request = request;
    this.executionId = "executionId" in request ? request.executionId : "";
  }

  /** End the call; whoever reads the stream sees its end. */
  cancel(): void {
    this.#cancelled.abort();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<ExecutionEvent> {
    if (this.#read) {
      throw new JupyterSessionsError("the events of this execution were read already");
    }
    this.#read = true;
    const ended = AbortSignal.any([this.#cancelled.signal, this.closed]);
    const trials = new Trials(this.resumeMs, this.executionId !== "");
    while (!ended.aborted) {
      let pause: number | undefined;
      try {
        for await (const events of this.#batches(trials, ended)) {
          yield* events;
        }
        return;
      } catch (thrown) {
        if (ended.aborted) {
          return;
        }
        const failure = callFailed(thrown);
        pause = trials.pauseAfter(failure);
        if (pause === undefined) {
          throw failure;
        }
      }
      await sleep(pause, ended);
    }
  }

  /** One call's batches; the next call goes on after the last one that was taken whole. */
  async *#batches(trials: Trials, ended: AbortSignal): AsyncGenerator<ExecutionEvent[]> {
    const call = new AbortController();
    const signal = AbortSignal.any([call.signal, ended]);
    try {
      for await (const response of this.#begin(signal)) {
        trials.succeeded();
        const first = response.events[0]?.event;
        if (first?.case === "accepted") {
          this.executionId = first.value.executionId;
        }
        yield response.events;
        this.#resumeAt(response.nextSeq);
      }
    } finally {
      call.abort(); // leaving a loop does not end the call by itself
    }
  }

  /** Should the connection break now, go on there. */
  #resumeAt(fromSeq: bigint): void {
    if (this.executionId) {
      const { executionId } = this;
      this.#request = create(AttachExecutionRequestSchema, { executionId, fromSeq });
    }
  }

  #begin(signal: AbortSignal) {
    return "code" in this.#request
      ? this.executions.execute(this.#request, { signal, timeoutMs: 0 })
      : this.executions.attachExecution(this.#request, { signal, timeoutMs: 0 });
  }
}

function sleep(milliseconds: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      ended.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    ended.addEventListener("abort", done);
  });
}
