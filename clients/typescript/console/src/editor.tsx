/** Editor: where code is written and run. Tab leaves it, as everywhere. */

import { useRef, useState } from "preact/hooks";

import { useKeys } from "./hooks.js";
import type { Notebook } from "./notebook.js";
import { useAction } from "./notices.js";

export function Editor(props: { notebook: Notebook; sessionId: string; isDead: boolean }) {
  const { notebook, isDead } = props;
  const draft = `jupyter-sessions.draft.${props.sessionId}`;
  const [code, showCode] = useState(() => sessionStorage.getItem(draft) ?? "");
  const setCode = (written: string) => {
    sessionStorage.setItem(draft, written);
    showCode(written);
  };
  const [back, setBack] = useState(0);
  const { busy, act } = useAction();
  const area = useRef<HTMLTextAreaElement>(null);
  useKeys({ e: () => area.current?.focus() });

  const run = async () => {
    if (isDead || busy || !code.trim()) {
      return;
    }
    if (await act(() => notebook.execute(code))) {
      setCode("");
      setBack(0);
    }
    area.current?.focus();
  };
  const recall = (steps: number) => {
    const codes = notebook.snapshot.cells.map((cell) => cell.execution.code);
    const wanted = Math.min(codes.length, Math.max(0, back + steps));
    setBack(wanted);
    setCode(wanted === 0 ? "" : (codes.at(-wanted) ?? ""));
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void run();
    } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      recall(event.key === "ArrowUp" ? 1 : -1);
    } else if (event.key === "Escape") {
      area.current?.blur();
    } else if (event.key === "Enter" && area.current) {
      event.preventDefault();
      newLine(area.current);
    }
  };
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      <label for="code">Code</label>
      <textarea
        id="code"
        ref={area}
        rows={Math.min(20, Math.max(3, code.split("\n").length))}
        spellcheck={false}
        autocapitalize="off"
        autocomplete="off"
        aria-keyshortcuts="Shift+Enter Control+Enter e"
        aria-describedby="code-hint"
        placeholder={isDead ? "The kernel is dead: start it again to run code." : ""}
        value={code}
        onInput={(event) => setCode(event.currentTarget.value)}
        onKeyDown={pressed}
      />
      <div class="choices">
        <span id="code-hint" class="hint">
          Shift+Enter runs it
        </span>
        <button class="primary" type="submit" disabled={busy || isDead || !code.trim()}>
          Run
        </button>
      </div>
    </form>
  );
}

/** A new line that begins as the one before it, and deeper after a colon. */
function newLine(area: HTMLTextAreaElement): void {
  const line = area.value.slice(0, area.selectionStart).split("\n").at(-1) ?? "";
  const indent = /^\s*/.exec(line)?.[0] ?? "";
  const deeper = line.trimEnd().endsWith(":") ? "    " : "";
  area.setRangeText(`\n${indent}${deeper}`, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}
