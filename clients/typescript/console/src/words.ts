/** How things are said to people: states, causes, sizes, times. */

import type { Duration, Timestamp } from "@bufbuild/protobuf/wkt";
import { timestampMs } from "@bufbuild/protobuf/wkt";

import {
  type Execution,
  ExecutionState,
  type Kernel,
  type KernelExit,
  KernelExitCause,
  KernelState,
} from "../../src/index.js";

const EXIT_WORDS: Readonly<Record<KernelExitCause, string>> = {
  [KernelExitCause.UNSPECIFIED]: "It ended, and nobody knows why.",
  [KernelExitCause.EXITED]: "Its process ended by itself",
  [KernelExitCause.SIGNALED]: "Its process was killed by somebody else",
  [KernelExitCause.OUT_OF_MEMORY]: "It ran out of memory.",
  [KernelExitCause.NEVER_READY]: "It did not answer in time when it was started.",
  [KernelExitCause.CULLED]: "It was ended because nobody used it, or because its time was over.",
  [KernelExitCause.SHUT_DOWN]: "It was shut down.",
  [KernelExitCause.LOST]: "It is gone, and nobody saw how.",
};

const SIGNALS: Readonly<Record<number, string>> = {
  2: "SIGINT",
  4: "SIGILL",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  11: "SIGSEGV",
  15: "SIGTERM",
};

/** What a process gets for a mistake of its own. */
const CRASHES: readonly number[] = [4, 6, 7, 8, 11];

const GAP_WORDS: Readonly<Record<string, string>> = {
  TRIMMED: "they were removed to keep within a size limit",
  STORAGE_FULL: "the disk was full",
  NOT_RECORDED: "nobody recorded them for a while",
  TOO_LARGE: "the output is larger than a message may be",
  OUTPUT_LIMIT: "the output limit was reached",
};

const EXECUTION_WORDS: Readonly<Record<ExecutionState, string>> = {
  [ExecutionState.UNSPECIFIED]: "unknown",
  [ExecutionState.QUEUED]: "waits",
  [ExecutionState.RUNNING]: "runs",
  [ExecutionState.SUCCEEDED]: "done",
  [ExecutionState.FAILED]: "failed",
  [ExecutionState.CANCELLED]: "cancelled",
  [ExecutionState.TIMED_OUT]: "timed out",
  [ExecutionState.ABORTED]: "not run: the code before it failed",
  [ExecutionState.LOST]: "lost: its kernel ended",
};

/** What the kernel is doing, in a word. */
export function stateOf(kernel: Kernel | undefined): string {
  return (KernelState[kernel?.state ?? 0] ?? "unknown").toLowerCase();
}

/** How far the execution has come. */
export function stateOfExecution(execution: Execution): string {
  return EXECUTION_WORDS[execution.state] ?? "unknown";
}

/** How a process ended. */
export function exitWords(exit: KernelExit): string {
  const words = EXIT_WORDS[exit.cause] ?? EXIT_WORDS[KernelExitCause.UNSPECIFIED];
  if (words.endsWith(".")) {
    return words;
  }
  if (exit.signal !== undefined) {
    const name = SIGNALS[exit.signal];
    const what = CRASHES.includes(exit.signal) ? "Its process crashed" : words;
    return `${what}, with signal ${exit.signal}${name ? ` (${name})` : ""}.`;
  }
  return `${words}${exit.exitCode === undefined ? "" : `, with exit code ${exit.exitCode}`}.`;
}

/** Why outputs are missing. */
export function gapWords(missing: number, reason: string): string {
  const what = missing === 1 ? "1 message is missing" : `${missing} messages are missing`;
  return `${what} here: ${GAP_WORDS[reason] ?? reason}.`;
}

/** A size, in the unit that makes it short. */
export function size(bytes: bigint | number): string {
  let amount = Number(bytes);
  for (const unit of ["B", "KB", "MB", "GB"]) {
    if (amount < 1000) {
      return `${amount < 10 && unit !== "B" ? amount.toFixed(1) : Math.round(amount)} ${unit}`;
    }
    amount /= 1000;
  }
  return `${amount.toFixed(1)} TB`;
}

/** How long something took. */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 1) {
    return `${Math.max(0, Math.round(milliseconds))} ms`;
  }
  if (seconds < 60) {
    return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  }
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.floor(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A duration of the contract in milliseconds. */
export function durationMs(time: Duration): number {
  return Number(time.seconds) * 1000 + time.nanos / 1e6;
}

/** How long ago something was. */
export function ago(time: Timestamp | undefined, now = Date.now()): string {
  if (!time) {
    return "–";
  }
  const seconds = (now - timestampMs(time)) / 1000;
  if (seconds < 10) {
    return "just now";
  }
  if (seconds < 60) {
    return `${Math.floor(seconds)} s ago`;
  }
  if (seconds < 3600) {
    return `${Math.floor(seconds / 60)} min ago`;
  }
  const hours = Math.floor(seconds / 3600);
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`;
}

/** A time as a person writes it. */
export function atTime(time: Timestamp | undefined): string {
  return time ? new Date(timestampMs(time)).toLocaleString() : "";
}
