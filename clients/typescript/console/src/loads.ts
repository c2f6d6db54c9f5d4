/** Loads: how many processors kernels keep busy, from two measurements of each. */

import { timestampMs } from "@bufbuild/protobuf/wkt";

import type { Kernel } from "../../src/index.js";
import { durationMs } from "./words.js";

interface Measured {
  readonly atMs: number;
  readonly cpuMs: number;
  /** Of one processor; undefined until there are two measurements. */
  readonly load: number | undefined;
}

export class Loads {
  #measured = new Map<string, Measured>();

  /** Take what was measured last; kernels that are not among them are forgotten. */
  update(kernels: Iterable<Kernel | undefined>): void {
    const measured = new Map<string, Measured>();
    for (const kernel of kernels) {
      if (kernel?.usage?.cpuTime && kernel.usage.measureTime) {
        const cpuMs = durationMs(kernel.usage.cpuTime);
        const atMs = timestampMs(kernel.usage.measureTime);
        measured.set(kernel.kernelId, since(this.#measured.get(kernel.kernelId), atMs, cpuMs));
      }
    }
    this.#measured = measured;
  }

  /** What it kept busy lately. */
  of(kernelId: string): number | undefined {
    return this.#measured.get(kernelId)?.load;
  }
}

function since(last: Measured | undefined, atMs: number, cpuMs: number): Measured {
  if (last?.atMs === atMs) {
    return last;
  }
  const isSameProcess = last !== undefined && cpuMs >= last.cpuMs;
  const load = isSameProcess ? (cpuMs - last.cpuMs) / (atMs - last.atMs) : undefined;
  return { atMs, cpuMs, load };
}
