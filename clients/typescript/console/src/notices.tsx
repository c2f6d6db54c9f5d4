/** Notices: what became of what a person did, for eyes and for screen readers. */

import { createContext } from "preact";
import { useContext, useState } from "preact/hooks";

import { explain } from "./failures.js";
import { useStore } from "./hooks.js";

export interface Notice {
  readonly text: string;
  readonly isProblem: boolean;
}

export const NoticeContext = createContext<(notice: Notice | undefined) => void>(() => {});

/** Does things that may fail, one at a time, and says so if they do. */
export function useAction(): {
  busy: boolean;
  act(action: () => Promise<unknown>, done?: string): Promise<boolean>;
  tell(text: string): void;
} {
  const notify = useContext(NoticeContext);
  const [busy, setBusy] = useState(false);
  const act = async (action: () => Promise<unknown>, done?: string) => {
    setBusy(true);
    notify(undefined);
    try {
      await action();
      notify(done ? { text: done, isProblem: false } : undefined);
      return true;
    } catch (failure) {
      notify({ text: explain(failure), isProblem: true });
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, act, tell: (text) => notify({ text, isProblem: false }) };
}

/** The last notice, until it is closed or another one comes. */
export function NoticeBar({ notice, onClose }: { notice: Notice | undefined; onClose(): void }) {
  if (!notice) {
    return null;
  }
  return (
    <div class={notice.isProblem ? "bar problem" : "bar"}>
      <span>{notice.text}</span>
      <button class="quiet" type="button" onClick={onClose} aria-label="Close this message">
        ✕
      </button>
    </div>
  );
}

class Announcer {
  snapshot = "";
  readonly #listeners = new Set<() => void>();

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  say(text: string): void {
    this.snapshot = text;
    this.#listeners.forEach((listener) => listener());
  }
}

const announcer = new Announcer();

/** Say something to screen readers alone: others see it happen. */
export function announce(text: string): void {
  announcer.say(text);
}

/** What is read out; it is always there, since screen readers miss regions that appear. */
export function Announcements({ notice }: { notice: Notice | undefined }) {
  const said = useStore(announcer);
  return (
    <>
      <div class="read-out" role="status">
        {said}
      </div>
      <div class="read-out" role="status">
        {notice?.isProblem ? "" : notice?.text}
      </div>
      <div class="read-out" role="alert">
        {notice?.isProblem ? notice.text : ""}
      </div>
    </>
  );
}
