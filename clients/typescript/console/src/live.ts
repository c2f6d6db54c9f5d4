/** Live: the sessions and kernels as they are now, and whether that can be known. */

import {
  type Client,
  type Kernel,
  NotImplementedByServer,
  type Session,
  type SessionEvent,
  SessionEventType,
  Unauthenticated,
} from "../../src/index.js";
import { explain } from "./failures.js";
import { Loads } from "./loads.js";
import { Pause, pauseMs, whileSeen } from "./pauses.js";

/** Whether what is shown is up to date. */
export type Connection = "connecting" | "live" | "offline" | "logged out";

const POLL_MS = 1_500;
/** Watched sessions change by themselves; what kernels take of the machine does not. */
const WATCHED_POLL_MS = 6_000;

/** What is shown; replaced, never changed. */
export interface Snapshot {
  readonly connection: Connection;
  /** Why it is not live. */
  readonly problem: string;
  readonly sessions: ReadonlyMap<string, Session>;
  /** Those that belong to no session. */
  readonly kernels: readonly Kernel[];
}

/** Lists again and again, and watches where the server lets it. */
export class Live {
  snapshot: Snapshot = {
    connection: "connecting",
    problem: "",
    sessions: new Map(),
    kernels: [],
  };
  readonly loads = new Loads();
  readonly #listeners = new Set<() => void>();
  readonly #pause = new Pause();
  #watched = false;
  #canWatch = true;
  #failures = 0;

  constructor(private readonly client: Client) {}

  /** Call the listener after each change; the returned function ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Look now: something was changed, or a person asks. */
  refresh(): void {
    this.#failures = 0;
    this.#pause.wake();
  }

  /** Show a session as an answer has it, before the next look. */
  put(session: Session): void {
    const sessions = new Map(this.snapshot.sessions);
    sessions.set(session.sessionId, session);
    this.#show({ sessions });
  }

  /** The same for a kernel, wherever it is shown. */
  putKernel(kernel: Kernel): void {
    const sessions = new Map(this.snapshot.sessions);
    for (const [sessionId, session] of sessions) {
      if (session.kernel?.kernelId === kernel.kernelId) {
        sessions.set(sessionId, { ...session, kernel });
      }
    }
    this.#show({ sessions });
    this.refresh();
  }

  /** The session was deleted. */
  forget(sessionId: string): void {
    const sessions = new Map(this.snapshot.sessions);
    sessions.delete(sessionId);
    this.#show({ sessions });
    this.refresh();
  }

  /** Follow the server until `ended`. */
  async run(ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      try {
        const revision = await this.#list();
        this.#failures = 0;
        if (this.#canWatch && !this.#watched && !document.hidden) {
          void this.#watch(revision, ended);
        }
      } catch (failure) {
        this.#failures += 1;
        const connection = failure instanceof Unauthenticated ? "logged out" : "offline";
        this.#show({ connection, problem: explain(failure) });
      }
      const interval = this.#watched ? WATCHED_POLL_MS : POLL_MS;
      await this.#pause.for(pauseMs(interval, this.#failures), ended);
    }
  }

  async #list(): Promise<bigint> {
    const sessions = new Map<string, Session>();
    let revision: bigint | undefined;
    for await (const page of this.client.listSessionPages()) {
      revision ??= page.revision;
      page.sessions.forEach((session) => sessions.set(session.sessionId, session));
    }
    const used = new Set(Array.from(sessions.values(), (session) => session.kernel?.kernelId));
    const kernels: Kernel[] = [];
    for await (const kernel of this.client.listKernels({ pageSize: 1_000 })) {
      if (!used.has(kernel.kernelId)) {
        kernels.push(kernel);
      }
    }
    this.loads.update([...Array.from(sessions.values(), ({ kernel }) => kernel), ...kernels]);
    this.#show({ connection: "live", problem: "", sessions, kernels });
    return revision ?? 0n;
  }

  async #watch(fromRevision: bigint, ended: AbortSignal): Promise<void> {
    this.#watched = true;
    try {
      const start = { case: "fromRevision", value: fromRevision } as const;
      for await (const event of this.client.watchSessions({ start }, whileSeen(ended))) {
        this.#apply(event);
      }
    } catch (failure) {
      // Any other failure ends the watch as well: the next list begins another one.
      this.#canWatch = !(failure instanceof NotImplementedByServer);
    } finally {
      this.#watched = false;
      this.#pause.wake();
    }
  }

  #apply({ type, session }: SessionEvent): void {
    if (!session) {
      return;
    }
    const sessions = new Map(this.snapshot.sessions);
    if (type === SessionEventType.DELETED) {
      sessions.delete(session.sessionId);
    } else {
      sessions.set(session.sessionId, session);
    }
    this.#show({ sessions });
  }

  #show(change: Partial<Snapshot>): void {
    this.snapshot = { ...this.snapshot, ...change };
    this.#listeners.forEach((listener) => listener());
  }
}
