/**
 * What can go wrong, as errors. The names are those of every client of this service.
 *
 *     JupyterSessionsError
 *     ├── ExecutionFailed                 code did not succeed, see Result.raiseForError
 *     └── CallFailed                      a call failed: .code, .reason, .metadata tell why
 *         ├── InvalidArgument
 *         │   ├── FieldInvalid
 *         │   ├── PageTokenInvalid
 *         │   └── RequestIdReused
 *         ├── Unauthenticated
 *         │   └── TokenInvalid
 *         ├── PermissionDenied
 *         │   └── ActionForbidden
 *         ├── NotFound
 *         │   ├── SessionNotFound
 *         │   ├── KernelspecNotFound
 *         │   ├── KernelspecResourceNotFound
 *         │   ├── KernelNotFound
 *         │   └── ExecutionNotFound
 *         ├── AlreadyExists
 *         │   ├── SessionAlreadyExists
 *         │   ├── SessionKernelMismatch
 *         │   └── KernelAlreadyExists
 *         ├── FailedPrecondition
 *         │   ├── KernelDead
 *         │   ├── KernelStartFailed
 *         │   └── InputNotRequested
 *         ├── Aborted
 *         │   └── RevisionMismatch
 *         ├── OutOfRange
 *         │   └── RevisionCompacted
 *         ├── ResourceExhausted
 *         │   ├── StorageFull
 *         │   ├── StreamLimitReached
 *         │   ├── SessionLimitReached
 *         │   ├── KernelLimitReached
 *         │   └── ExecutionQueueFull
 *         ├── Unavailable
 *         │   ├── ServerStopping
 *         │   ├── KernelBusy
 *         │   └── KernelHostUnavailable
 *         ├── DeadlineExceeded
 *         ├── NotImplementedByServer
 *         └── InternalError
 *
 * The classes in the middle stand for a status code, those on the right for an ErrorReason of the
 * contract (errors.proto), whose comments show the metadata of each. A reason that this client does
 * not know becomes the class of its code.
 */

import { Code } from "@connectrpc/connect";

/** Any error of this package. */
export class JupyterSessionsError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * Code was run, or was to be run, and did not succeed.
 *
 * `state` is the ExecutionState's name, such as "FAILED": then the code raised an error, `ename` is
 * its class, `evalue` its text, `traceback` its lines with terminal colours. In other states `ename`
 * may be empty, and `evalue` says what became of the execution.
 */
export class ExecutionFailed extends JupyterSessionsError {
  constructor(
    readonly ename: string,
    readonly evalue: string,
    readonly traceback: readonly string[] = [],
    readonly state = "FAILED",
  ) {
    super(ename ? `${ename}: ${evalue}` : evalue);
  }
}

/**
 * A call was refused or failed; its subclasses tell why.
 *
 * `code` is the status code; `reason` the ErrorReason less its prefix, empty if the server gave
 * none; `metadata` the facts that errors.proto shows for it; `message` a text for people.
 */
export class CallFailed extends JupyterSessionsError {
  constructor(
    message: string,
    readonly code: Code,
    readonly reason = "",
    readonly metadata: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The request is wrong, whatever the state of the server. */
export class InvalidArgument extends CallFailed {}

/** A field of the request, named in the metadata, is missing, malformed or over its limit. */
export class FieldInvalid extends InvalidArgument {}

/** The page token is not one of this list; list again without it. */
export class PageTokenInvalid extends InvalidArgument {}

/** The request id came before with a different request; choose another one. */
export class RequestIdReused extends InvalidArgument {}

/** The server does not know who calls. */
export class Unauthenticated extends CallFailed {}

/** No token was sent, or not a valid one. */
export class TokenInvalid extends Unauthenticated {}

/** The caller is known, and may not do this. */
export class PermissionDenied extends CallFailed {}

/** The caller may not do this to this kind of thing; the metadata name both. */
export class ActionForbidden extends PermissionDenied {}

/** What the request names does not exist, or is somebody else's. */
export class NotFound extends CallFailed {}

/** No session of the caller matches. */
export class SessionNotFound extends NotFound {}

/** No kernelspec has this name; listKernelSpecs tells those that exist. */
export class KernelspecNotFound extends NotFound {}

/** The kernelspec has no such file. */
export class KernelspecResourceNotFound extends NotFound {}

/** No kernel of the caller has this id. */
export class KernelNotFound extends NotFound {}

/** No execution of the caller has this id, or it is no longer kept. */
export class ExecutionNotFound extends NotFound {}

/** What the request would make exists. */
export class AlreadyExists extends CallFailed {}

/** Another session has this path or id; `metadata.session_id` is the one that exists. */
export class SessionAlreadyExists extends AlreadyExists {}

/** The path has a session with another kernel than the one asked for; the metadata name it. */
export class SessionKernelMismatch extends AlreadyExists {}

/** The id belongs to a kernel of another kernelspec. */
export class KernelAlreadyExists extends AlreadyExists {}

/** The thing is not in a state that allows this. */
export class FailedPrecondition extends CallFailed {}

/** The kernel is dead, `metadata.cause` tells of what; restart it first. */
export class KernelDead extends FailedPrecondition {}

/** The kernel's process could not be started; nothing was left behind. */
export class KernelStartFailed extends FailedPrecondition {}

/** The execution waits for no input, or for another one by now. */
export class InputNotRequested extends FailedPrecondition {}

/** A concurrent change got in the way; read again and decide anew. */
export class Aborted extends CallFailed {}

/** The session has changed since the expected revision. */
export class RevisionMismatch extends Aborted {}

/** The request reaches beyond what is kept. */
export class OutOfRange extends CallFailed {}

/** Changes since this revision are no longer kept; list again. */
export class RevisionCompacted extends OutOfRange {}

/** A limit is reached; make room, or retry later. */
export class ResourceExhausted extends CallFailed {}

/** The server's disk is full; nothing was changed. */
export class StorageFull extends ResourceExhausted {}

/** The caller has as many streams open as it may; close one. */
export class StreamLimitReached extends ResourceExhausted {}

/** As many sessions exist as may; delete one. */
export class SessionLimitReached extends ResourceExhausted {}

/** As many kernels run as may; shut one down, or retry later. */
export class KernelLimitReached extends ResourceExhausted {}

/** As many executions wait for this kernel as may; retry when some are done. */
export class ExecutionQueueFull extends ResourceExhausted {}

/** The server could not be reached, or cannot answer now; retry. */
export class Unavailable extends CallFailed {}

/** The server is stopping; an execution under way goes on if its kernel does. */
export class ServerStopping extends Unavailable {}

/** The kernel is busy and did not answer in time; retry when it is idle. */
export class KernelBusy extends Unavailable {}

/** What starts and ends kernels cannot be reached; kernels that run go on; retry. */
export class KernelHostUnavailable extends Unavailable {}

/** The call's time was over before the answer came; what it began may go on. */
export class DeadlineExceeded extends CallFailed {}

/** This server does not serve this call or field; do without it. */
export class NotImplementedByServer extends CallFailed {}

/** The server failed in a way it did not foresee, and has logged it. */
export class InternalError extends CallFailed {}

/** By ErrorReason, less its prefix. */
export const ERROR_BY_REASON: Readonly<Record<string, typeof CallFailed>> = {
  INTERNAL: InternalError,
  NOT_IMPLEMENTED: NotImplementedByServer,
  FIELD_INVALID: FieldInvalid,
  PAGE_TOKEN_INVALID: PageTokenInvalid,
  REQUEST_ID_REUSED: RequestIdReused,
  TOKEN_INVALID: TokenInvalid,
  ACTION_FORBIDDEN: ActionForbidden,
  SERVER_STOPPING: ServerStopping,
  STORAGE_FULL: StorageFull,
  STREAM_LIMIT_REACHED: StreamLimitReached,
  SESSION_NOT_FOUND: SessionNotFound,
  SESSION_ALREADY_EXISTS: SessionAlreadyExists,
  SESSION_KERNEL_MISMATCH: SessionKernelMismatch,
  SESSION_LIMIT_REACHED: SessionLimitReached,
  REVISION_MISMATCH: RevisionMismatch,
  REVISION_COMPACTED: RevisionCompacted,
  KERNELSPEC_NOT_FOUND: KernelspecNotFound,
  KERNELSPEC_RESOURCE_NOT_FOUND: KernelspecResourceNotFound,
  KERNEL_NOT_FOUND: KernelNotFound,
  KERNEL_ALREADY_EXISTS: KernelAlreadyExists,
  KERNEL_DEAD: KernelDead,
  KERNEL_START_FAILED: KernelStartFailed,
  KERNEL_LIMIT_REACHED: KernelLimitReached,
  KERNEL_BUSY: KernelBusy,
  KERNEL_HOST_UNAVAILABLE: KernelHostUnavailable,
  EXECUTION_NOT_FOUND: ExecutionNotFound,
  INPUT_NOT_REQUESTED: InputNotRequested,
  EXECUTION_QUEUE_FULL: ExecutionQueueFull,
};

/** By status code. Codes that are missing here become CallFailed. */
export const ERROR_BY_CODE: Readonly<Partial<Record<Code, typeof CallFailed>>> = {
  [Code.InvalidArgument]: InvalidArgument,
  [Code.Unauthenticated]: Unauthenticated,
  [Code.PermissionDenied]: PermissionDenied,
  [Code.NotFound]: NotFound,
  [Code.AlreadyExists]: AlreadyExists,
  [Code.FailedPrecondition]: FailedPrecondition,
  [Code.Aborted]: Aborted,
  [Code.OutOfRange]: OutOfRange,
  [Code.ResourceExhausted]: ResourceExhausted,
  [Code.Unavailable]: Unavailable,
  [Code.DeadlineExceeded]: DeadlineExceeded,
  [Code.Unimplemented]: NotImplementedByServer,
  [Code.Internal]: InternalError,
};
