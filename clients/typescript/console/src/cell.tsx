/** A cell: code, its outputs, a question it asks, and how it ended. */

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Component } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { type Execution, ExecutionState } from "../../src/index.js";
import type { Cell, Notebook, Question } from "./notebook.js";
import { announce, useAction } from "./notices.js";
import { Outputs } from "./outputs.js";
import { Scrollable } from "./scrollable.js";
import { client } from "./server.js";
import { atTime, duration, exitWords, stateOfExecution } from "./words.js";

interface CellProps {
  cell: Cell;
  /** That of the cell; drawn again only when it has changed. */
  version: number;
  notebook: Notebook;
}

export class CellView extends Component<CellProps> {
  override shouldComponentUpdate(next: CellProps): boolean {
    return next.version !== this.props.version;
  }

  override render({ cell, notebook }: CellProps) {
    const { execution } = cell;
    const count = execution.executionCount || (cell.unfinished ? "*" : " ");
    return (
      <article
        class={`cell ${ExecutionState[execution.state]?.toLowerCase()}`}
        aria-label={`Code ${count}: ${stateOfExecution(execution)}`}
        data-execution={cell.id}
      >
        <div class="code">
          <span class="count" aria-hidden="true">
            [{count}]
          </span>
          <Scrollable>
            <code>{execution.code}</code>
          </Scrollable>
        </div>
        <Outputs outputs={cell.area.outputs} />
        {cell.question && (
          <Ask
            key={cell.question.inputRequestId}
            cell={cell}
            question={cell.question}
            notebook={notebook}
          />
        )}
        <Ending cell={cell} />
      </article>
    );
  }
}

function Ask(props: { cell: Cell; question: Question; notebook: Notebook }) {
  const { cell, question, notebook } = props;
  const [value, setValue] = useState("");
  const { busy, act } = useAction();
  const id = `answer-${question.inputRequestId}`;
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    announce(`The code asks: ${question.prompt}`);
    if (!isWriting()) {
      input.current?.focus();
    }
  }, []);
  return (
    <form
      class="question"
      onSubmit={(event) => {
        event.preventDefault();
        void act(() => notebook.answer(cell, question, value));
      }}
    >
      <label for={id}>{question.prompt || "The code asks for input"}</label>
      <input
        id={id}
        ref={input}
        autocomplete="off"
        type={question.password ? "password" : "text"}
        value={value}
        onInput={(event) => setValue(event.currentTarget.value)}
      />
      <button class="primary" type="submit" disabled={busy}>
        Answer
      </button>
    </form>
  );
}

/** Whether somebody is in the middle of something, which must not be taken from under them. */
function isWriting(): boolean {
  const focused = document.activeElement;
  const isField = focused instanceof HTMLTextAreaElement || focused instanceof HTMLInputElement;
  return (isField && focused.value !== "") || focused?.closest("dialog") != null;
}

function Ending({ cell }: { cell: Cell }) {
  const { execution } = cell;
  const { busy, act } = useAction();
  const took = tookMs(execution);
  const wasUnfinished = useRef(cell.unfinished);
  useEffect(() => {
    if (wasUnfinished.current && !cell.unfinished) {
      announce(`Code ${execution.executionCount}: ${stateOfExecution(execution)}`);
    }
    wasUnfinished.current = cell.unfinished;
  }, [cell.unfinished]);
  return (
    <p class="ending">
      <span class="how" title={atTime(execution.queueTime)}>
        {cell.question ? "asks" : stateOfExecution(execution)}
        {took !== undefined && ` in ${duration(took)}`}
      </span>
      {execution.kernelExit && <span>{exitWords(execution.kernelExit)}</span>}
      {cell.unfinished && (
        <button
          type="button"
          class="quiet"
          disabled={busy}
          onClick={() => void act(() => client.cancelExecution(cell.id))}
        >
          Stop
        </button>
      )}
    </p>
  );
}

function tookMs({ startTime, finishTime }: Execution): number | undefined {
  return startTime && finishTime ? timestampMs(finishTime) - timestampMs(startTime) : undefined;
}
