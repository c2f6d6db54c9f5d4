/** What views are made of: stores that they follow, times that pass, keys that are pressed. */

import { useLayoutEffect, useReducer, useState } from "preact/hooks";

interface Store<Snapshot> {
  readonly snapshot: Snapshot;
  subscribe(listener: () => void): () => void;
}

/** The store's snapshot; the view is drawn again with each new one. */
export function useStore<Snapshot>(store: Store<Snapshot>): Snapshot {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const { snapshot } = store;
  useLayoutEffect(() => {
    if (store.snapshot !== snapshot) {
      draw(undefined); // it changed before somebody listened
    }
    return store.subscribe(() => draw(undefined));
  }, [store]);
  return snapshot;
}

/** Put the focus at the beginning of what the page is about. */
export function focusMain(): void {
  document.getElementById("main")?.focus({ preventScroll: true });
}

/** The part of the address after "#". */
export function useHash(): string {
  const [hash, setHash] = useState(location.hash);
  useLayoutEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return hash;
}

const SWITCH = "jupyter-sessions.single-keys";

/** Whether keys without Ctrl or Alt are shortcuts; some people press them by accident. */
export function singleKeysAreOn(): boolean {
  return localStorage.getItem(SWITCH) !== "off";
}

export function switchSingleKeys(on: boolean): void {
  localStorage.setItem(SWITCH, on ? "on" : "off");
}

/**
 * Call what is mapped to a key, unless somebody types, or a dialog is open.
 *
 * From when the view is there: a key that is pressed before the next frame does something, too.
 */
export function useKeys(actions: Readonly<Record<string, () => void>>): void {
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const action = actions[event.key];
      if (action && singleKeysAreOn() && !isTyping(event)) {
        event.preventDefault();
        action();
      }
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  });
}

function isTyping(event: KeyboardEvent): boolean {
  return (
    event.ctrlKey ||
    event.altKey ||
    event.metaKey ||
    document.querySelector("dialog[open]") !== null ||
    isField(event.target)
  );
}

/** Whether text goes there; a field of a closed dialog only has the focus until the next frame. */
function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.matches("input, textarea, select") &&
    target.closest("dialog") === null
  );
}
