/**
 * The client.
 *
 *     const client = connect({ baseUrl: "http://127.0.0.1:8889/", token });
 *     const session = await client.openSession("a.ipynb");
 *     const result = await session.execute("1 + 1");
 *     console.log(result.value);
 *
 * Each method of Client is one call of the contract, with the same name; the comments in
 * protos/jupyter_sessions/v1 tell what it does to what exists, and its errors, which are thrown as
 * the classes of errors.ts.
 */

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type CallOptions,
  type Client as ConnectClient,
  createClient,
  type Interceptor,
  type Transport,
} from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";

import { EventStream } from "./event_stream.js";
import {
  AttachExecutionRequestSchema,
  type CompleteResponse,
  type Execution,
  ExecutionService,
  type ExecutionState,
  type HistoryEntry,
  type InspectDetail,
  type InspectResponse,
  type IsCompleteResponse,
} from "./gen/jupyter_sessions/v1/executions_pb.js";
import { type Identity, IdentityService } from "./gen/jupyter_sessions/v1/identity_pb.js";
import {
  type GetKernelSpecResourceResponse,
  type Kernel,
  type KernelEvent,
  KernelService,
  type KernelSpec,
  KernelState,
  type ListKernelSpecsResponse,
  type StartKernelRequestSchema,
} from "./gen/jupyter_sessions/v1/kernels_pb.js";
import {
  type DeleteSessionResponse,
  type GetSessionRequestSchema,
  type KernelDisposition,
  type ListSessionsResponse,
  type Session,
  type SessionEvent,
  type SessionFilterSchema,
  type SessionOrder,
  SessionService,
  type WatchSessionsRequestSchema,
} from "./gen/jupyter_sessions/v1/sessions_pb.js";
import {
  createSessionRequest,
  type ExecuteOptions,
  executeRequest,
  type HistoryOptions,
  newId,
  type SessionChanges,
  type SessionOptions,
  type Target,
  targetOf,
  updateSessionRequest,
} from "./requests.js";
import { RESUME_MS } from "./resuming.js";
import { SessionHandle } from "./session_handle.js";
import { callFailed, kernelDead } from "./status.js";

const DEFAULT_TIMEOUT_MS = 60_000;

/** The plain fields of a request, as its callers may give them. */
type Fields<Schema extends Parameters<typeof create>[0]> = Omit<
  MessageInitShape<Schema>,
  "$typeName" | "$unknown"
>;

/** How a client behaves, whatever it is connected by. */
export interface ClientOptions {
  /** How long a call may take; 0: for ever. Streams, so also code that runs, may take any time. */
  timeoutMs?: number;
  /** How long to try to resume a stream whose connection broke. */
  resumeMs?: number;
}

/** Where the server is, and who calls. */
export interface ConnectOptions extends ClientOptions {
  /** The address of the gateway, its base path included. */
  baseUrl: string;
  /** Unset: the browser's cookies tell who calls. */
  token?: string;
  /** What else happens with each call. */
  interceptors?: Interceptor[];
}

/** A client of the gateway at an address, which is reached at the first call. */
export function connect({ baseUrl, token, ...options }: ConnectOptions): Client {
  const interceptors = [...(options.interceptors ?? [])];
  if (token !== undefined) {
    interceptors.push(withToken(token));
  }
  const transport = createConnectTransport({ baseUrl, interceptors, useBinaryFormat: true });
  return new Client(transport, options);
}

/** An interceptor by which calls carry a token, for transports that `connect` does not make. */
export function withToken(token: string): Interceptor {
  return (next) => (request) => {
    request.header.set("Authorization", `Bearer ${token}`);
    return next(request);
  };
}

/** A connection to a server. */
export class Client {
  readonly #sessions: ConnectClient<typeof SessionService>;
  readonly #kernels: ConnectClient<typeof KernelService>;
  readonly #executions: ConnectClient<typeof ExecutionService>;
  readonly #identity: ConnectClient<typeof IdentityService>;
  readonly #closed = new AbortController();
  readonly #resumeMs: number;
  readonly #call: CallOptions;

  /** Over any transport for Connect, gRPC-Web or gRPC; `connect` makes one for Connect. */
  constructor(transport: Transport, options: ClientOptions = {}) {
    this.#sessions = createClient(SessionService, transport);
    this.#kernels = createClient(KernelService, transport);
    this.#executions = createClient(ExecutionService, transport);
    this.#identity = createClient(IdentityService, transport);
    this.#resumeMs = options.resumeMs ?? RESUME_MS;
    this.#call = {
      signal: this.#closed.signal,
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    };
  }

  /** End all calls and streams under way. */
  close(): void {
    this.#closed.abort();
  }

  /** Who the token belongs to. */
  async getIdentity(): Promise<Identity> {
    const { identity } = await answer(this.#identity.getIdentity({}, this.#call));
    return present(identity);
  }

  // Sessions

  /**
   * The session of a document, its kernel ready.
   *
   * It is created if the path has none. If it exists and its kernel is dead, the kernel is
   * restarted, unless `restartDead` is false. Throws KernelDead if the kernel dies at its start.
   * Other options are those of createSession. The session stays until it is deleted.
   */
  async openSession(
    path: string,
    { restartDead = true, ...options }: SessionOptions & { restartDead?: boolean } = {},
  ): Promise<SessionHandle> {
    const request = createSessionRequest(path, options, true);
    const opened = await answer(this.#sessions.createSession(request, this.#call));
    const handle = new SessionHandle(this, present(opened.session));
    if (opened.created) {
      checkAlive(handle.kernel);
    } else if (restartDead && handle.kernel.state === KernelState.DEAD) {
      checkAlive(await handle.restart({ onlyIfDead: true }));
    }
    return handle;
  }

  /**
   * Open a session for a document, or return the one that is open.
   *
   * A request id is generated, so that retries are harmless. The kernel may still be STARTING,
   * unless `waitReady`.
   */
  async createSession(
    path: string,
    { waitReady = false, ...options }: SessionOptions & { waitReady?: boolean } = {},
  ): Promise<Session> {
    const request = createSessionRequest(path, options, waitReady);
    return present((await answer(this.#sessions.createSession(request, this.#call))).session);
  }

  /** The session that has all that is given; throws SessionNotFound if none has. */
  async getSession(keys: Fields<typeof GetSessionRequestSchema>): Promise<Session> {
    return present((await answer(this.#sessions.getSession(keys, this.#call))).session);
  }

  /** Whether there is a session for a document. */
  async sessionExists(path: string): Promise<boolean> {
    return (await answer(this.#sessions.sessionExists({ path }, this.#call))).exists;
  }

  /** All sessions that match, oldest first; further pages are asked for as they are needed. */
  async *listSessions(options: ListSessionsOptions = {}): AsyncGenerator<Session> {
    for await (const page of this.listSessionPages(options)) {
      yield* page.sessions;
    }
  }

  /** The same by pages, which tell the revision that a watch can go on from. */
  async *listSessionPages({
    orderBy,
    pageSize,
    ...filter
  }: ListSessionsOptions = {}): AsyncGenerator<ListSessionsResponse> {
    let pageToken = "";
    do {
      const request = { filter, orderBy, pageSize, pageToken };
      const page = await answer(this.#sessions.listSessions(request, this.#call));
      yield page;
      pageToken = page.nextPageToken;
    } while (pageToken);
  }

  /** Change what is given, all of it or nothing. */
  async updateSession(sessionId: string, changes: SessionChanges): Promise<Session> {
    const request = updateSessionRequest(sessionId, changes);
    return present((await answer(this.#sessions.updateSession(request, this.#call))).session);
  }

  /** End a session, and its kernel if no other session uses it and `kernel` says no other. */
  async deleteSession(
    sessionId: string,
    options: { kernel?: KernelDisposition; expectedRevision?: bigint; purge?: boolean } = {},
  ): Promise<DeleteSessionResponse> {
    return answer(this.#sessions.deleteSession({ sessionId, ...options }, this.#call));
  }

  /** Changes of sessions as they come, until the loop is left; it does not resume by itself. */
  async *watchSessions(
    request: Fields<typeof WatchSessionsRequestSchema> = {},
    signal?: AbortSignal,
  ): AsyncGenerator<SessionEvent> {
    const watch = (call: CallOptions) => this.#sessions.watchSessions(request, call);
    for await (const batch of this.#stream(watch, signal)) {
      yield* batch.events;
    }
  }

  // Kernels

  /** The kernelspecs of the server, and which one is the default. */
  async listKernelSpecs(): Promise<ListKernelSpecsResponse> {
    return answer(this.#kernels.listKernelSpecs({}, this.#call));
  }

  /** One kernelspec. */
  async getKernelSpec(kernelName: string): Promise<KernelSpec> {
    const { kernelSpec } = await answer(this.#kernels.getKernelSpec({ kernelName }, this.#call));
    return present(kernelSpec);
  }

  /** One file of a kernelspec, such as its logo: its bytes and media type. */
  async getKernelSpecResource(
    kernelName: string,
    resourceName: string,
  ): Promise<GetKernelSpecResourceResponse> {
    const request = { kernelName, resourceName };
    return answer(this.#kernels.getKernelSpecResource(request, this.#call));
  }

  /** Start a kernel that belongs to no session; an id is generated if none is given. */
  async startKernel(
    kernelName?: string,
    options: Omit<Fields<typeof StartKernelRequestSchema>, "kernelName"> = {},
  ): Promise<Kernel> {
    const request = { kernelId: newId(), ...options, kernelName };
    return present((await answer(this.#kernels.startKernel(request, this.#call))).kernel);
  }

  /** One kernel, dead or alive. */
  async getKernel(kernelId: string): Promise<Kernel> {
    return present((await answer(this.#kernels.getKernel({ kernelId }, this.#call))).kernel);
  }

  /** All kernels, those of sessions included, oldest first, or those in one of the states. */
  async *listKernels(
    options: { states?: KernelState[]; pageSize?: number } = {},
  ): AsyncGenerator<Kernel> {
    let pageToken = "";
    do {
      const page = await answer(this.#kernels.listKernels({ ...options, pageToken }, this.#call));
      yield* page.kernels;
      pageToken = page.nextPageToken;
    } while (pageToken);
  }

  /** Give the kernel a new process under the same id; variables are gone. */
  async restartKernel(
    kernelId: string,
    options: { onlyIfDead?: boolean; waitReady?: boolean } = {},
  ): Promise<Kernel> {
    const request = { kernelId, ...options };
    return present((await answer(this.#kernels.restartKernel(request, this.#call))).kernel);
  }

  /** Stop the code that runs, as Ctrl-C does; the kernel and its variables stay. */
  async interruptKernel(kernelId: string): Promise<Kernel> {
    return present((await answer(this.#kernels.interruptKernel({ kernelId }, this.#call))).kernel);
  }

  /** End the kernel's process; sessions that use it stay, with the kernel DEAD. */
  async shutDownKernel(kernelId: string): Promise<Kernel> {
    return present((await answer(this.#kernels.shutDownKernel({ kernelId }, this.#call))).kernel);
  }

  /** Kernels and changes of them as they come, until the loop is left. */
  async *watchKernels(kernelIds: string[] = [], signal?: AbortSignal): AsyncGenerator<KernelEvent> {
    const watch = (call: CallOptions) => this.#kernels.watchKernels({ kernelIds }, call);
    for await (const batch of this.#stream(watch, signal)) {
      yield* batch.events;
    }
  }

  // Executions

  /**
   * Run code in the kernel of a session, or in a kernel, and stream what it says.
   *
   * The code is sent when the stream is first read.
   */
  execute(code: string, { timeoutMs, ...rest }: Target & ExecuteOptions): EventStream {
    const { sessionId, kernelId, ...options } = rest;
    const target = { sessionId, kernelId } as Target;
    return this.#events(executeRequest(code, target, { timeoutMs, ...options }));
  }

  /** The events of an execution from a number on, finished or not. */
  attach(executionId: string, fromSeq = 0n): EventStream {
    return this.#events(create(AttachExecutionRequestSchema, { executionId, fromSeq }));
  }

  /** One execution, as it is. */
  async getExecution(executionId: string): Promise<Execution> {
    const got = await answer(this.#executions.getExecution({ executionId }, this.#call));
    return present(got.execution);
  }

  /** What ran in the kernel of a session, or in a kernel, newest first, whoever ran it. */
  async *listExecutions({
    states,
    pageSize,
    ...target
  }: Target & { states?: ExecutionState[]; pageSize?: number }): AsyncGenerator<Execution> {
    let pageToken = "";
    do {
      const request = { target: targetOf(target as Target), states, pageSize, pageToken };
      const page = await answer(this.#executions.listExecutions(request, this.#call));
      yield* page.executions;
      pageToken = page.nextPageToken;
    } while (pageToken);
  }

  /** End an execution: one that waits is dropped, one that runs interrupted; as it ended. */
  async cancelExecution(executionId: string): Promise<Execution> {
    const cancelled = await answer(this.#executions.cancelExecution({ executionId }, this.#call));
    return present(cancelled.execution);
  }

  /** Answer the input request that an execution, run with `allowStdin`, waits for. */
  async sendInput(executionId: string, value: string, inputRequestId = ""): Promise<void> {
    await answer(this.#executions.sendInput({ executionId, value, inputRequestId }, this.#call));
  }

  // Questions to kernels; they throw KernelBusy if the kernel does not answer in time

  /** How code may go on at the cursor, which counts Unicode characters; unset: at the end. */
  async complete(code: string, asked: Target & { cursor?: number }): Promise<CompleteResponse> {
    const request = { target: targetOf(asked), code, cursorPosition: asked.cursor };
    return answer(this.#executions.complete(request, this.#call));
  }

  /** What is known of the name at the cursor. */
  async inspect(
    code: string,
    asked: Target & { cursor?: number; detail?: InspectDetail },
  ): Promise<InspectResponse> {
    const { cursor, detail } = asked;
    const request = { target: targetOf(asked), code, cursorPosition: cursor, detail };
    return answer(this.#executions.inspect(request, this.#call));
  }

  /** Whether code could be run as it is, or a console should ask for more lines. */
  async isComplete(code: string, target: Target): Promise<IsCompleteResponse> {
    return answer(this.#executions.isComplete({ target: targetOf(target), code }, this.#call));
  }

  /** Code that was run in the kernel, oldest first: the last entries, a range, or matches. */
  async history(asked: Target & HistoryOptions): Promise<HistoryEntry[]> {
    const { access, raw = true, output } = asked;
    const request = { target: targetOf(asked), access, raw, output };
    return (await answer(this.#executions.history(request, this.#call))).entries;
  }

  #events(request: ConstructorParameters<typeof EventStream>[1]): EventStream {
    return new EventStream(this.#executions, request, this.#resumeMs, this.#closed.signal);
  }

  /** Reads a stream, and ends its call in whatever way the loop is left. */
  async *#stream<Response>(
    begin: (call: CallOptions) => AsyncIterable<Response>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Response> {
    const left = new AbortController();
    const signals = [left.signal, this.#closed.signal, ...(signal ? [signal] : [])];
    try {
      yield* begin({ signal: AbortSignal.any(signals), timeoutMs: 0 });
    } catch (thrown) {
      throw callFailed(thrown);
    } finally {
      left.abort();
    }
  }
}

/** Which sessions are listed, and how; see ListSessionsRequest. */
export interface ListSessionsOptions extends Fields<typeof SessionFilterSchema> {
  orderBy?: SessionOrder;
  pageSize?: number;
}

async function answer<Response>(call: Promise<Response>): Promise<Response> {
  try {
    return await call;
  } catch (thrown) {
    throw callFailed(thrown);
  }
}

/** A message that the contract says is always there. */
function present<Message>(message: Message | undefined): Message {
  if (message === undefined) {
    throw new TypeError("the server's answer lacks what it must have");
  }
  return message;
}

function checkAlive(kernel: Kernel): void {
  if (kernel.state === KernelState.DEAD) {
    throw kernelDead(kernel);
  }
}
