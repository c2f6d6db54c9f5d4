/** SessionHandle: a session and its kernel, as openSession gives them. */

import type { Client } from "./client.js";
import type { EventStream } from "./event_stream.js";
import type { InspectDetail } from "./gen/jupyter_sessions/v1/executions_pb.js";
import type { Kernel } from "./gen/jupyter_sessions/v1/kernels_pb.js";
import type { Session } from "./gen/jupyter_sessions/v1/sessions_pb.js";
import type { ExecuteOptions, HistoryOptions } from "./requests.js";
import { type Result, ResultCollector } from "./results.js";

export class SessionHandle {
  /** `session` is the session as it was last seen; refresh() looks again. */
  constructor(
    private readonly client: Client,
    public session: Session,
  ) {}

  /** The session's id. */
  get sessionId(): string {
    return this.session.sessionId;
  }

  /** The document's path, as last seen. */
  get path(): string {
    return this.session.path;
  }

  /** The session's kernel, as last seen. */
  get kernel(): Kernel {
    return this.session.kernel!; // each session has one, dead or alive
  }

  /** Get the session, its kernel included, as it is now. */
  async refresh(): Promise<Session> {
    this.session = await this.client.getSession({ sessionId: this.sessionId });
    return this.session;
  }

  /**
   * Run code and wait for its end. Code that raises gives a result with an error.
   *
   * Hanging up ends the waiting, not the code.
   */
  async execute(code: string, options: ExecuteOptions = {}): Promise<Result> {
    const collector = new ResultCollector();
    for await (const event of this.stream(code, options)) {
      collector.add(event);
    }
    return collector.result();
  }

  /** Run code and read what it says as it comes; options as for execute. */
  stream(code: string, options: ExecuteOptions = {}): EventStream {
    return this.client.execute(code, { ...options, sessionId: this.sessionId });
  }

  /** How code may go on at the cursor; see Client.complete. */
  async complete(code: string, cursor?: number) {
    return this.client.complete(code, { sessionId: this.sessionId, cursor });
  }

  /** What is known of the name at the cursor; see Client.inspect. */
  async inspect(code: string, cursor?: number, detail?: InspectDetail) {
    return this.client.inspect(code, { sessionId: this.sessionId, cursor, detail });
  }

  /** Whether code could be run as it is; see Client.isComplete. */
  async isComplete(code: string) {
    return this.client.isComplete(code, { sessionId: this.sessionId });
  }

  /** Code that was run in the session's kernel; see Client.history. */
  async history(options: HistoryOptions) {
    return this.client.history({ ...options, sessionId: this.sessionId });
  }

  /** Stop the code that runs; the kernel and its variables stay. */
  async interrupt(): Promise<Kernel> {
    return this.#hasKernel(await this.client.interruptKernel(this.kernel.kernelId));
  }

  /** Give the kernel a new process, and wait until it is ready, or DEAD again. */
  async restart({ onlyIfDead = false } = {}): Promise<Kernel> {
    const options = { onlyIfDead, waitReady: true };
    return this.#hasKernel(await this.client.restartKernel(this.kernel.kernelId, options));
  }

  /** Give the session another path, as its document has. */
  async rename(path: string): Promise<Session> {
    this.session = await this.client.updateSession(this.sessionId, { path });
    return this.session;
  }

  /** End the session, and its kernel if no other session uses it. */
  async delete(): Promise<void> {
    await this.client.deleteSession(this.sessionId);
  }

  #hasKernel(kernel: Kernel): Kernel {
    this.session.kernel = kernel;
    return kernel;
  }
}
