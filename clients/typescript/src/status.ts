/** From the status of a failed call to the error that a program catches. */

import { Code, ConnectError } from "@connectrpc/connect";

import { CallFailed, ERROR_BY_CODE, ERROR_BY_REASON, KernelDead } from "./errors.js";
import { ErrorInfoSchema } from "./gen/google/rpc/error_details_pb.js";
import { type Kernel, KernelExitCause } from "./gen/jupyter_sessions/v1/kernels_pb.js";

const ERROR_DOMAIN = "jupyter_sessions";

/** The error for whatever a call has thrown. */
export function callFailed(thrown: unknown): CallFailed {
  if (thrown instanceof CallFailed) {
    return thrown;
  }
  const error = ConnectError.from(thrown);
  const code = isBrokenConnection(error) ? Code.Unavailable : error.code;
  const info = error.findDetails(ErrorInfoSchema).find((found) => found.domain === ERROR_DOMAIN);
  const kind = ERROR_BY_REASON[info?.reason ?? ""] ?? ERROR_BY_CODE[code] ?? CallFailed;
  const message = error.rawMessage || Code[code];
  return new kind(message, code, info?.reason, info?.metadata, { cause: thrown });
}

/** The error for a kernel that is dead where a live one is needed. */
export function kernelDead(kernel: Kernel): KernelDead {
  const cause = KernelExitCause[kernel.exit?.cause ?? KernelExitCause.UNSPECIFIED] ?? "";
  const lastWords = kernel.exit?.stderrTail.trim().split("\n").at(-1);
  const message = `kernel ${kernel.kernelId} is dead (${cause})${lastWords ? `: ${lastWords}` : ""}`;
  const metadata = { kernel_id: kernel.kernelId, cause };
  return new KernelDead(message, Code.FailedPrecondition, "KERNEL_DEAD", metadata);
}

/** Whether no server has said this: fetch throws, or the answer ends in its middle. */
function isBrokenConnection(error: ConnectError): boolean {
  return error.code === Code.Unknown && error.cause !== undefined;
}
