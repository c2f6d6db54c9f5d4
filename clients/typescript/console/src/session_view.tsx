/** SessionView: a session, what its kernel said, and a place to run code. */

import { useEffect, useMemo, useRef } from "preact/hooks";

import { KernelState, type Session } from "../../src/index.js";
import { CellView } from "./cell.js";
import { Editor } from "./editor.js";
import { useKeys, useStore } from "./hooks.js";
import { SessionActions } from "./kernel_actions.js";
import { Death, LoadAndMemory, State } from "./kernel_facts.js";
import type { Live } from "./live.js";
import { Notebook } from "./notebook.js";
import { client } from "./server.js";
import { useSpecs } from "./specs.js";
import { ago, atTime } from "./words.js";

/** How near to its end a page is said to be at its end, in pixels. */
const NEAR_END = 120;

export function SessionView({ live, sessionId }: { live: Live; sessionId: string }) {
  const { sessions, connection } = useStore(live);
  const session = sessions.get(sessionId);
  useKeys({ u: toOverview });
  useEffect(() => {
    document.title = session ? `${session.path} · Jupyter Sessions` : "Jupyter Sessions";
    return () => (document.title = "Jupyter Sessions");
  }, [session?.path]);
  if (session) {
    return <OpenSession live={live} session={session} />;
  }
  return connection === "live" ? (
    <section class="empty" role="status">
      <h1>This session does not exist</h1>
      <p>It was deleted, or it is somebody else’s.</p>
      <a href="#/">All sessions</a>
    </section>
  ) : (
    <p class="empty">Looking for the session…</p>
  );
}

function toOverview(): void {
  location.hash = "#/";
}

function OpenSession({ live, session }: { live: Live; session: Session }) {
  const { sessionId } = session;
  const specs = useSpecs();
  const notebook = useMemo(() => new Notebook(client, sessionId), [sessionId]);
  useEffect(() => {
    void notebook.run();
    return () => notebook.close();
  }, [notebook]);
  const kernel = session.kernel!; // each session has one, dead or alive
  return (
    <>
      <nav class="up">
        <a href="#/" aria-keyshortcuts="u">
          ← Sessions
        </a>
      </nav>
      <div class="heading session">
        <h1>{session.path}</h1>
        <div class="actions">
          <SessionActions live={live} session={session} onDeleted={toOverview} />
        </div>
      </div>
      <p class="facts">
        <State kernel={kernel} />
        <span>{specs.displayName(kernel.kernelName)}</span>
        {kernel.usage && (
          <span>
            CPU, memory: <LoadAndMemory kernel={kernel} load={live.loads.of(kernel.kernelId)} />
          </span>
        )}
        <span title={atTime(kernel.lastActivityTime)}>active {ago(kernel.lastActivityTime)}</span>
        <span title="Where it runs">{kernel.cwd}</span>
        <span title="Who it belongs to">{session.owner}</span>
      </p>
      <Death kernel={kernel} />
      <Cells notebook={notebook} />
      <Editor
        notebook={notebook}
        sessionId={sessionId}
        isDead={kernel.state === KernelState.DEAD}
      />
    </>
  );
}

function Cells({ notebook }: { notebook: Notebook }) {
  const { cells, hasEarlier, loading, problem } = useStore(notebook);
  const isAtEnd = useRef(true);
  useEffect(() => {
    const scrolled = () => (isAtEnd.current = distanceToEnd() < NEAR_END);
    addEventListener("scroll", scrolled, { passive: true });
    return () => removeEventListener("scroll", scrolled);
  }, []);
  useEffect(() => {
    if (isAtEnd.current) {
      scrollTo({ top: document.documentElement.scrollHeight });
    }
  });
  return (
    <section class="cells" aria-label="Code and outputs" aria-busy={loading}>
      {hasEarlier && (
        <button type="button" class="quiet" onClick={() => notebook.showEarlier()}>
          Show earlier
        </button>
      )}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {!loading && cells.length === 0 && <p class="empty">Nothing was run here yet.</p>}
      {cells.map((cell) => (
        <CellView key={cell.id} cell={cell} version={cell.version} notebook={notebook} />
      ))}
    </section>
  );
}

function distanceToEnd(): number {
  return document.documentElement.scrollHeight - scrollY - innerHeight;
}
