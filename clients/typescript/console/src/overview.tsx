/** Overview: all sessions, and the kernels that belong to none. */

import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";

import type { Kernel, Session } from "../../src/index.js";
import { useKeys, useStore } from "./hooks.js";
import { KernelActions, SessionActions } from "./kernel_actions.js";
import { Death, LoadAndMemory, State } from "./kernel_facts.js";
import type { Live } from "./live.js";
import { NewSession } from "./new_session.js";
import { useSpecs } from "./specs.js";
import { ago, atTime, stateOf } from "./words.js";

/** More rows than this are shown on demand: pages stay quick. */
const ROWS = 200;

export function Overview({ live }: { live: Live }) {
  const { sessions, kernels, connection } = useStore(live);
  const [creating, setCreating] = useState(false);
  const [filter, setFilter] = useState("");
  const [all, setAll] = useState(false);
  const filterBox = useRef<HTMLInputElement>(null);
  useKeys({ n: () => setCreating(true), "/": () => filterBox.current?.focus() });
  const matching = [...sessions.values()].filter((session) => matches(session, filter));
  const shown = all ? matching : matching.slice(0, ROWS);
  return (
    <>
      <div class="heading">
        <h1>
          Sessions <span class="count">{sessions.size || ""}</span>
        </h1>
        {sessions.size > 0 && (
          <input
            ref={filterBox}
            type="search"
            placeholder="Filter by path, name, kernel or state"
            aria-label="Filter sessions"
            aria-keyshortcuts="/"
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        )}
        <button
          class="primary"
          type="button"
          aria-keyshortcuts="n"
          onClick={() => setCreating(true)}
        >
          New session
        </button>
      </div>
      {connection === "connecting" ? (
        <p class="empty">Looking for sessions…</p>
      ) : sessions.size === 0 ? (
        <NoSessions connection={connection} />
      ) : (
        <SessionTable live={live} sessions={shown} />
      )}
      {sessions.size > 0 && matching.length === 0 && (
        <p class="empty" role="status">
          No session matches “{filter}”.
        </p>
      )}
      {shown.length < matching.length && (
        <button type="button" onClick={() => setAll(true)}>
          Show all {matching.length}
        </button>
      )}
      {kernels.length > 0 && <KernelTable live={live} kernels={kernels} />}
      {creating && <NewSession live={live} onClose={() => setCreating(false)} />}
    </>
  );
}

function NoSessions({ connection }: { connection: string }) {
  return connection === "live" ? (
    <section class="empty">
      <h2>No sessions</h2>
      <p>A session ties a document to a running kernel. Start one here, or from any client.</p>
    </section>
  ) : (
    <p class="empty">Which sessions there are is not known yet.</p>
  );
}

function SessionTable({ live, sessions }: { live: Live; sessions: Session[] }) {
  return (
    <Table caption="Sessions" first="Document">
      {sessions.map((session) => (
        <tr key={session.sessionId} data-session={session.sessionId}>
          <th scope="row">
            <a href={`#/sessions/${session.sessionId}`}>{session.path}</a>
            <Details session={session} />
          </th>
          <KernelCells live={live} kernel={session.kernel!} />
          <td class="actions">
            <SessionActions live={live} session={session} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Details({ session }: { session: Session }) {
  const type = session.type === "notebook" ? "" : session.type;
  const details = [session.name, type, session.owner].filter(Boolean);
  return <span class="details">{details.join(" · ")}</span>;
}

function KernelTable({ live, kernels }: { live: Live; kernels: readonly Kernel[] }) {
  return (
    <section>
      <div class="heading">
        <h2>
          Kernels without a session <span class="count">{kernels.length}</span>
        </h2>
      </div>
      <Table caption="Kernels without a session" first="Id">
        {kernels.map((kernel) => (
          <tr key={kernel.kernelId} data-kernel={kernel.kernelId}>
            <th scope="row">
              <code>{kernel.kernelId}</code>
              <span class="details">{kernel.owner}</span>
            </th>
            <KernelCells live={live} kernel={kernel} />
            <td class="actions">
              <KernelActions live={live} kernel={kernel} of={kernel.kernelId} />
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

/** A table whose rows tell of kernels, after a first column of their own. */
function Table(props: { caption: string; first: string; children: ComponentChildren }) {
  return (
    <table class="list">
      <caption class="read-out">{props.caption}</caption>
      <thead>
        <tr>
          <th scope="col">{props.first}</th>
          <th scope="col">State</th>
          <th scope="col">Kernel</th>
          <th scope="col" class="number">
            CPU, memory
          </th>
          <th scope="col">Last activity</th>
          <th scope="col">
            <span class="read-out">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>{props.children}</tbody>
    </table>
  );
}

function KernelCells({ live, kernel }: { live: Live; kernel: Kernel }) {
  const specs = useSpecs();
  return (
    <>
      <td>
        <State kernel={kernel} />
        <Death kernel={kernel} />
      </td>
      <td data-label="Kernel">{specs.displayName(kernel.kernelName)}</td>
      <td data-label="CPU, memory" class="number">
        <LoadAndMemory kernel={kernel} load={live.loads.of(kernel.kernelId)} />
      </td>
      <td data-label="Last activity" class="time" title={atTime(kernel.lastActivityTime)}>
        {ago(kernel.lastActivityTime)}
      </td>
    </>
  );
}

function matches(session: Session, filter: string): boolean {
  const { path, name, kernel, owner, type } = session;
  const state = stateOf(kernel);
  const text = [path, name, kernel?.kernelName, state, owner, type].join(" ").toLowerCase();
  return text.includes(filter.trim().toLowerCase());
}
