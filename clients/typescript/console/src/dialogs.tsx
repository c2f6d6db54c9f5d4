/** Dialogs: modal, closed by Escape, and the focus goes back to where it was. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

export function Dialog(props: { title: string; onClose(): void; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    element.current?.addEventListener("close", props.onClose);
    element.current?.showModal();
    return () => before instanceof HTMLElement && before.focus();
  }, []);
  return (
    <dialog ref={element} aria-labelledby="dialog-title">
      <h2 id="dialog-title">{props.title}</h2>
      {props.children}
    </dialog>
  );
}

/** Something that loses what cannot be had back. */
export interface Loss {
  readonly title: string;
  /** What is lost, in a sentence. */
  readonly warning: string;
  readonly verb: string;
  action(): void;
}

/** Asks before something is lost; Enter alone does nothing bad, the focus is on Cancel. */
export function ConfirmLoss({ loss, onClose }: { loss: Loss; onClose(): void }) {
  return (
    <Dialog title={loss.title} onClose={onClose}>
      <p>{loss.warning}</p>
      <form method="dialog" class="choices">
        <button autofocus>Cancel</button>
        <button class="danger" onClick={loss.action}>
          {loss.verb}
        </button>
      </form>
    </Dialog>
  );
}
