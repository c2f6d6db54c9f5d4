/** Notebook: what runs and ran in a session's kernel, whoever ran it, with its outputs. */

import {
  type Client,
  displayUpdate,
  type Execution,
  type ExecutionEvent,
  ExecutionNotFound,
  ExecutionState,
  InputNotRequested,
  OutputArea,
  SessionNotFound,
} from "../../src/index.js";
import { newId } from "../../src/requests.js";
import { explain } from "./failures.js";
import { Pause, pauseMs, whileSeen } from "./pauses.js";

const POLL_MS = 1_500;
const PAGE_SIZE = 25;
/** Between two pictures of outputs that come fast. */
const SHOW_MS = 80;

/** A question that code asks. */
export interface Question {
  readonly inputRequestId: string;
  readonly prompt: string;
  readonly password: boolean;
}

/** One execution and what it has said so far. */
export class Cell {
  readonly area = new OutputArea();
  question: Question | undefined;
  /** Whether all its events were read. */
  complete = false;
  /** The number of the next event to read. */
  nextSeq = 0n;
  /** Rises with each change, so that a view knows whether to draw it again. */
  version = 0;

  constructor(public execution: Execution) {}

  get id(): string {
    return this.execution.executionId;
  }

  /** Whether it waits for the kernel or runs. */
  get unfinished(): boolean {
    const { state } = this.execution;
    return state === ExecutionState.QUEUED || state === ExecutionState.RUNNING;
  }

  add({ event, seq }: ExecutionEvent): void {
    this.version += 1;
    this.nextSeq = seq + 1n;
    this.question = undefined;
    if (event.case === "started") {
      const { executionCount } = event.value;
      this.execution = { ...this.execution, state: ExecutionState.RUNNING, executionCount };
    } else if (event.case === "inputRequest") {
      this.question = event.value;
    } else if (event.case === "finished" && event.value.execution) {
      this.execution = event.value.execution;
    }
  }
}

/** What is shown; replaced, never changed. */
export interface NotebookSnapshot {
  /** Oldest first. */
  readonly cells: readonly Cell[];
  readonly hasEarlier: boolean;
  readonly loading: boolean;
  readonly problem: string;
}

/**
 * Lists executions again and again, and reads what they say: the one that runs as it comes, and
 * those that have ended one after the other. So the page holds at most two streams open, of the six
 * connections that a browser has for a server.
 */
export class Notebook {
  snapshot: NotebookSnapshot = { cells: [], hasEarlier: false, loading: true, problem: "" };
  readonly #cells = new Map<string, Cell>();
  readonly #listeners = new Set<() => void>();
  readonly #pause = new Pause();
  readonly #ended = new AbortController();
  #shownCount = PAGE_SIZE;
  #followed: string | undefined;
  #isReadingOld = false;
  #showTimer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  constructor(
    private readonly client: Client,
    private readonly sessionId: string,
  ) {}

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** End all streams: nobody looks any more. */
  close(): void {
    this.#ended.abort();
    clearTimeout(this.#showTimer);
  }

  /** Follow the session until it is closed. */
  async run(): Promise<void> {
    const ended = this.#ended.signal;
    while (!ended.aborted) {
      try {
        await this.#list();
        this.#failures = 0;
        this.#show({ loading: false, problem: "" });
      } catch (failure) {
        this.#failures += 1;
        const gone = failure instanceof SessionNotFound;
        this.#show({ loading: false, problem: gone ? "" : explain(failure) });
      }
      await this.#pause.for(pauseMs(POLL_MS, this.#failures), ended);
    }
  }

  /** Look now. */
  refresh(): void {
    this.#pause.wake();
  }

  /** Show older executions, too. */
  showEarlier(): void {
    this.#shownCount += PAGE_SIZE;
    this.refresh();
  }

  /** Run code; resolves once the server has taken it on. It then goes on whoever looks. */
  async execute(code: string): Promise<void> {
    const options = { allowStdin: true, requestId: newId() };
    const stream = this.client.execute(code, { sessionId: this.sessionId, ...options });
    for await (const event of stream) {
      if (event.event.case === "accepted") {
        break;
      }
    }
    this.#addCell(await this.client.getExecution(stream.executionId));
    this.#read();
  }

  /** Answer a question; an answer that comes too late is no failure, somebody was faster. */
  async answer(cell: Cell, question: Question, value: string): Promise<void> {
    try {
      await this.client.sendInput(cell.id, value, question.inputRequestId);
    } catch (failure) {
      if (!(failure instanceof InputNotRequested)) {
        throw failure;
      }
    }
    if (cell.question === question) {
      cell.question = undefined;
      cell.version += 1;
      this.#show({});
    }
  }

  async #list(): Promise<void> {
    let count = 0;
    let hasEarlier = false;
    const { sessionId } = this;
    for await (const execution of this.client.listExecutions({ sessionId, pageSize: PAGE_SIZE })) {
      if (count === this.#shownCount) {
        hasEarlier = true;
        break;
      }
      count += 1;
      this.#addCell(execution);
    }
    this.#show({ hasEarlier });
    this.#read();
  }

  #addCell(execution: Execution): void {
    const known = this.#cells.get(execution.executionId);
    if (!known) {
      this.#cells.set(execution.executionId, new Cell(execution));
    } else if (known.unfinished && known.execution.state !== execution.state) {
      known.execution = execution;
      known.version += 1;
    }
    this.#show({});
  }

  /** Begin to read what is not being read. */
  #read(): void {
    const unread = this.#ordered().filter((cell) => !cell.complete);
    const running = unread.find((cell) => cell.unfinished);
    if (running && this.#followed === undefined && !document.hidden) {
      this.#followed = running.id;
      void this.#readCell(running, whileSeen(this.#ended.signal)).then(() => {
        this.#followed = undefined;
        this.#read();
      });
    }
    const old = unread.findLast((cell) => !cell.unfinished && cell.id !== this.#followed);
    if (old && !this.#isReadingOld) {
      this.#isReadingOld = true;
      void this.#readCell(old, this.#ended.signal).then(() => {
        this.#isReadingOld = false;
        this.#read();
      });
    }
  }

  async #readCell(cell: Cell, ended: AbortSignal): Promise<void> {
    const stream = this.client.attach(cell.id, cell.nextSeq);
    ended.addEventListener("abort", () => stream.cancel());
    try {
      for await (const event of stream) {
        this.#take(cell, event);
      }
      cell.complete = !ended.aborted;
    } catch (failure) {
      cell.complete = true; // what is missing is told; it is not tried for ever
      if (!(failure instanceof ExecutionNotFound)) {
        this.#show({ problem: explain(failure) });
      }
    } finally {
      cell.version += 1;
      this.#show({});
    }
  }

  #take(cell: Cell, event: ExecutionEvent): void {
    cell.add(event);
    cell.area.add(event);
    const update = displayUpdate(event);
    if (update) {
      this.#cells.forEach((other) => {
        if (other !== cell) {
          other.area.updateDisplay(update);
          other.version += 1;
        }
      });
    }
    this.#showSoon();
  }

  #ordered(): Cell[] {
    return [...this.#cells.values()].sort((one, other) => {
      return Number(queuedAt(one) - queuedAt(other));
    });
  }

  #showSoon(): void {
    this.#showTimer ??= setTimeout(() => this.#show({}), SHOW_MS);
  }

  #show(change: Partial<NotebookSnapshot>): void {
    clearTimeout(this.#showTimer);
    this.#showTimer = undefined;
    this.snapshot = { ...this.snapshot, ...change, cells: this.#ordered() };
    this.#listeners.forEach((listener) => listener());
  }
}

function queuedAt({ execution: { queueTime } }: Cell): bigint {
  return queueTime ? queueTime.seconds * 1_000_000_000n + BigInt(queueTime.nanos) : 0n;
}
