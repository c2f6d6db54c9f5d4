/** Trials: how long a stream whose connection broke is tried to be resumed. */

import { type CallFailed, KernelBusy, Unavailable } from "./errors.js";

/** A server that is replaced is back long before. */
export const RESUME_MS = 60_000;
/** A server that was never reached may not be there at all. */
const AT_FIRST_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** Counts the failures since something came. */
export class Trials {
  #patienceMs: number;
  #failedAt: number | undefined;
  #pauseMs = FIRST_PAUSE_MS;

  /** `resumeMs`: how long to try, once it has begun; 0: not at all. */
  constructor(
    private readonly resumeMs: number,
    begun: boolean,
  ) {
    this.#patienceMs = begun ? resumeMs : Math.min(resumeMs, AT_FIRST_MS);
  }

  /** Something came: the next failure is the first. */
  succeeded(): void {
    this.#patienceMs = this.resumeMs;
    this.#failedAt = undefined;
    this.#pauseMs = FIRST_PAUSE_MS;
  }

  /** How long to wait before the next trial; undefined: it is of no use any more. */
  pauseAfter(failure: CallFailed): number | undefined {
    const now = performance.now();
    this.#failedAt ??= now;
    const unreachable = failure instanceof Unavailable && !(failure instanceof KernelBusy);
    if (!unreachable || now - this.#failedAt >= this.#patienceMs) {
      return undefined;
    }
    const pause = this.#pauseMs;
    this.#pauseMs = Math.min(2 * pause, LONGEST_PAUSE_MS);
    return pause;
  }
}
