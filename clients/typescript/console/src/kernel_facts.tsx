/** What is known of a kernel: its state, what it takes, how it died. */

import { type Kernel, KernelState } from "../../src/index.js";
import { Scrollable } from "./scrollable.js";
import { atTime, duration, durationMs, exitWords, size, stateOf } from "./words.js";

export function State({ kernel }: { kernel: Kernel }) {
  const state = stateOf(kernel);
  return (
    <span class={`state ${state}`}>
      {state}
      {kernel.restartCount > 0 && kernel.state !== KernelState.DEAD && (
        <span class="details" title="How many times it was restarted">
          ↻ {kernel.restartCount}
        </span>
      )}
    </span>
  );
}

/** How the kernel ended, and what it said last; nothing while it lives. */
export function Death({ kernel }: { kernel: Kernel }) {
  const { exit } = kernel;
  if (!exit) {
    return null;
  }
  const lastWords = exit.stderrTail.trimEnd();
  return (
    <div class="death">
      <span title={atTime(exit.exitTime)}>{exitWords(exit)}</span>
      {lastWords && (
        <details>
          <summary>What it said last</summary>
          <Scrollable>{lastWords}</Scrollable>
        </details>
      )}
    </div>
  );
}

/** What it takes of the machine, as last measured. */
export function LoadAndMemory({ kernel, load }: { kernel: Kernel; load: number | undefined }) {
  const { usage } = kernel;
  if (!usage) {
    return <span class="details">–</span>;
  }
  const total = usage.cpuTime ? duration(durationMs(usage.cpuTime)) : "";
  return (
    <span title={`${total} of processor time in all; measured ${atTime(usage.measureTime)}`}>
      {load === undefined ? total : `${Math.round(load * 100)} %`}, {size(usage.memoryBytes)}
    </span>
  );
}
