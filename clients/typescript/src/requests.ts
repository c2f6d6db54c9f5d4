/**
 * Builds the requests that take more than one line.
 *
 * Options have the names of the request's fields, so that sessions.proto and executions.proto
 * describe them. An option that is left out is unset.
 */

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";

import {
  type ExecuteRequest,
  ExecuteRequestSchema,
  type HistoryRequestSchema,
  type OnDisconnect,
  type OnOutputLimit,
} from "./gen/jupyter_sessions/v1/executions_pb.js";
import {
  type CreateSessionRequest,
  CreateSessionRequestSchema,
  type IfExists,
  type KernelDisposition,
  type UpdateSessionRequest,
  UpdateSessionRequestSchema,
} from "./gen/jupyter_sessions/v1/sessions_pb.js";

/** Which kernel: that of a session, or one by its id; one of the two. */
export type Target =
  { sessionId: string; kernelId?: undefined } | { kernelId: string; sessionId?: undefined };

/** What a session is created with, besides its path; see CreateSessionRequest. */
export interface SessionOptions {
  name?: string;
  type?: string;
  /** A new kernel of this kernelspec, or */
  kernelName?: string;
  /** the kernel with this id. */
  kernelId?: string;
  fallbackKernelName?: string;
  sessionId?: string;
  env?: Record<string, string>;
  cwd?: string;
  labels?: Record<string, string>;
  /** Generated if left out. */
  requestId?: string;
  ifExists?: IfExists;
}

/** What is changed of a session; what is left out stays. */
export interface SessionChanges {
  path?: string;
  /** null takes the name away. */
  name?: string | null;
  type?: string;
  labels?: Record<string, string>;
  kernelName?: string;
  kernelId?: string;
  /** Refuse with RevisionMismatch if the session has another one; 0: any. */
  expectedRevision?: bigint;
  previousKernel?: KernelDisposition;
}

/** How code is run, and for how long; see ExecuteRequest. */
export interface ExecuteOptions {
  /** How long it may run before the server interrupts it. */
  timeoutMs?: number;
  silent?: boolean;
  storeHistory?: boolean;
  userExpressions?: Record<string, string>;
  allowStdin?: boolean;
  stopOnError?: boolean;
  /** Generated if left out. */
  requestId?: string;
  onDisconnect?: OnDisconnect;
  maxOutputBytes?: bigint;
  onOutputLimit?: OnOutputLimit;
}

/** Which history to return; see HistoryRequest. */
export type HistoryOptions = Pick<
  Extract<MessageInitShape<typeof HistoryRequestSchema>, { access?: unknown }>,
  "access" | "raw" | "output"
>;

/** The request for a session; its request id makes sending it twice safe. */
export function createSessionRequest(
  path: string,
  { kernelName, kernelId, ...options }: SessionOptions,
  waitReady: boolean,
): CreateSessionRequest {
  if (kernelName !== undefined && kernelId !== undefined) {
    throw new TypeError("give kernelName or kernelId; with kernelId there is fallbackKernelName");
  }
  return create(CreateSessionRequestSchema, {
    requestId: newId(),
    ...options,
    path,
    waitReady,
    kernel:
      kernelName !== undefined
        ? { case: "kernelName", value: kernelName }
        : kernelId !== undefined
          ? { case: "kernelId", value: kernelId }
          : { case: undefined },
  });
}

/** The request for a change; its mask names what is given. */
export function updateSessionRequest(
  sessionId: string,
  { expectedRevision, previousKernel, ...changes }: SessionChanges,
): UpdateSessionRequest {
  const { path, name, type, labels, kernelName, kernelId } = changes;
  const fields = { path, name, type, labels, "kernel.kernel_name": kernelName };
  return create(UpdateSessionRequestSchema, {
    session: {
      sessionId,
      path,
      name: name ?? undefined,
      type,
      labels,
      kernel: { kernelName, kernelId },
    },
    updateMask: { paths: given({ ...fields, "kernel.kernel_id": kernelId }) },
    expectedRevision,
    previousKernel,
  });
}

/** The request to run code in a kernel; its request id makes sending it twice safe. */
export function executeRequest(
  code: string,
  target: Target,
  { timeoutMs, ...options }: ExecuteOptions,
): ExecuteRequest {
  return create(ExecuteRequestSchema, {
    requestId: newId(),
    ...options,
    code,
    target: targetOf(target),
    timeout: timeoutMs === undefined ? undefined : durationFromMs(timeoutMs),
  });
}

/** The target as requests have it. */
export function targetOf({ sessionId, kernelId }: Target) {
  return sessionId !== undefined
    ? ({ case: "sessionId", value: sessionId } as const)
    : ({ case: "kernelId", value: kernelId } as const);
}

/** An id that nobody else has; unlike crypto.randomUUID it works on pages without TLS, too. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function given(fields: Record<string, unknown>): string[] {
  return Object.keys(fields).filter((field) => fields[field] !== undefined);
}
