/** How often to look at the server: often while somebody watches, seldom while nobody does. */

const HIDDEN_MS = 30_000;
const LONGEST_MS = 15_000;

/** How long to wait before the next look. */
export function pauseMs(interval: number, failures: number, hidden = document.hidden): number {
  const backedOff = Math.min(interval * 2 ** failures, Math.max(LONGEST_MS, interval));
  return hidden ? Math.max(HIDDEN_MS, backedOff) : backedOff;
}

/** A pause that ends early when it is woken, when the page is looked at again, or with `ended`. */
export class Pause {
  #wake: () => void = () => {};

  /** End the pause under way. */
  wake(): void {
    this.#wake();
  }

  async for(milliseconds: number, ended: AbortSignal): Promise<void> {
    const over = new AbortController();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      const timer = setTimeout(resolve, milliseconds);
      const { signal } = over;
      document.addEventListener("visibilitychange", () => document.hidden || resolve(), { signal });
      addEventListener("online", () => resolve(), { signal });
      ended.addEventListener("abort", () => resolve(), { signal });
      signal.addEventListener("abort", () => clearTimeout(timer));
    });
    over.abort();
  }
}

/**
 * Aborted once nobody looks at the page, or with `ended`.
 *
 * Streams end then: a browser has six connections for a server, which all its tabs share.
 */
export function whileSeen(ended: AbortSignal): AbortSignal {
  const unseen = new AbortController();
  const { signal } = unseen;
  const look = () => document.hidden && unseen.abort();
  document.addEventListener("visibilitychange", look, { signal });
  ended.addEventListener("abort", () => unseen.abort(), { signal });
  look();
  return signal;
}
