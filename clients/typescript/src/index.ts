/** Client of a Jupyter Sessions server, for browsers and Node; see client.ts. */

export * from "./client.js";
export * from "./errors.js";
export { EventStream } from "./event_stream.js";
export {
  type Execution,
  type ExecutionEvent,
  ExecutionState,
  InspectDetail,
  OnDisconnect,
  OnOutputLimit,
  StopStep,
} from "./gen/jupyter_sessions/v1/executions_pb.js";
export {
  type Kernel,
  KernelEventType,
  type KernelExit,
  KernelExitCause,
  type KernelSpec,
  KernelState,
} from "./gen/jupyter_sessions/v1/kernels_pb.js";
export {
  IfExists,
  KernelDisposition,
  type Session,
  type SessionEvent,
  SessionEventType,
  SessionOrder,
} from "./gen/jupyter_sessions/v1/sessions_pb.js";
export { displayUpdate, OutputArea } from "./output_area.js";
export * from "./outputs.js";
export type * from "./requests.js";
export { ending, Result } from "./results.js";
export { SessionHandle } from "./session_handle.js";
export { callFailed } from "./status.js";
