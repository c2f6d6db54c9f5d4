/** The kernelspecs of the server: asked for when they are first needed, and again in new dialogs. */

import { useEffect } from "preact/hooks";

import type { KernelSpec } from "../../src/index.js";
import { explain } from "./failures.js";
import { useStore } from "./hooks.js";
import { client } from "./server.js";

export interface Specs {
  readonly all: readonly KernelSpec[];
  readonly defaultName: string;
  /** Why they are not known. */
  readonly problem: string;
  /** What people call it. */
  displayName(kernelName: string): string;
}

class SpecStore {
  snapshot: Specs = specsOf([], "", "");
  #listeners = new Set<() => void>();
  #asked = false;

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async load(again: boolean): Promise<void> {
    if (this.#asked && !again) {
      return;
    }
    this.#asked = true;
    try {
      const { kernelSpecs, defaultKernelName } = await client.listKernelSpecs();
      this.snapshot = specsOf(kernelSpecs, defaultKernelName, "");
    } catch (failure) {
      this.#asked = false;
      this.snapshot = { ...this.snapshot, problem: explain(failure) };
    }
    this.#listeners.forEach((listener) => listener());
  }
}

const store = new SpecStore();

/** The kernelspecs, as far as they are known. */
export function useSpecs({ again = false } = {}): Specs {
  useEffect(() => void store.load(again), []);
  return useStore(store);
}

function specsOf(all: KernelSpec[], defaultName: string, problem: string): Specs {
  const names = new Map(all.map((spec) => [spec.kernelName, spec.displayName]));
  const displayName = (kernelName: string) => names.get(kernelName) ?? kernelName;
  return { all, defaultName, problem, displayName };
}
