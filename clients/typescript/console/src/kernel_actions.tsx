/** What a person can do with a kernel or a session; what loses something is asked for first. */

import { useState } from "preact/hooks";

import { type Kernel, KernelState, type Session } from "../../src/index.js";
import { ConfirmLoss, type Loss } from "./dialogs.js";
import { focusMain } from "./hooks.js";
import type { Live } from "./live.js";
import { useAction } from "./notices.js";
import { client } from "./server.js";

const VARIABLES_ARE_LOST = "Its variables are lost, and code that runs is stopped.";

type Ask = (loss: Loss) => void;

interface KernelProps {
  live: Live;
  kernel: Kernel;
  /** What the kernel belongs to, for people. */
  of: string;
}

/** For a kernel that belongs to no session. */
export function KernelActions({ live, kernel, of }: KernelProps) {
  const [loss, ask] = useState<Loss>();
  return (
    <>
      <KernelButtons live={live} kernel={kernel} of={of} ask={ask} />
      <ShutDown live={live} kernel={kernel} of={of} ask={ask} />
      {loss && <ConfirmLoss loss={loss} onClose={() => ask(undefined)} />}
    </>
  );
}

/** For a session and its kernel. `onDeleted`: where to go when it is gone. */
export function SessionActions(props: { live: Live; session: Session; onDeleted?(): void }) {
  const { live, session, onDeleted } = props;
  const { busy, act } = useAction();
  const [loss, ask] = useState<Loss>();
  const kernel = session.kernel!; // each session has one, dead or alive
  const remove = async () => {
    const done = await act(async () => {
      await client.deleteSession(session.sessionId);
      live.forget(session.sessionId);
    }, `Deleted ${session.path}.`);
    if (done) {
      focusMain(); // the button is gone
      onDeleted?.();
    }
  };
  const deletion: Loss = {
    title: `Delete the session of ${session.path}?`,
    warning:
      kernel.state === KernelState.DEAD
        ? "The session and what its kernel said are gone then. The document stays."
        : `Its kernel is shut down, unless another session uses it. ${VARIABLES_ARE_LOST} The document stays.`,
    verb: "Delete",
    action: () => void remove(),
  };
  return (
    <>
      <KernelButtons live={live} kernel={kernel} of={session.path} ask={ask} />
      {onDeleted && <ShutDown live={live} kernel={kernel} of={session.path} ask={ask} />}
      <button
        type="button"
        disabled={busy}
        aria-label={`Delete the session of ${session.path}`}
        onClick={() => ask(deletion)}
      >
        Delete
      </button>
      {loss && <ConfirmLoss loss={loss} onClose={() => ask(undefined)} />}
    </>
  );
}

function KernelButtons({ live, kernel, of, ask }: KernelProps & { ask: Ask }) {
  const { busy, act } = useAction();
  const { kernelId } = kernel;
  const isDead = kernel.state === KernelState.DEAD;
  const interrupt = () =>
    act(async () => live.putKernel(await client.interruptKernel(kernelId)), `Interrupted ${of}.`);
  const restart = () =>
    act(
      async () => live.putKernel(await client.restartKernel(kernelId)),
      isDead ? `Started ${of} again.` : `Restarted ${of}.`,
    );
  const loss: Loss = {
    title: `Restart the kernel of ${of}?`,
    warning: VARIABLES_ARE_LOST,
    verb: "Restart",
    action: () => void restart(),
  };
  return (
    <>
      {kernel.state === KernelState.BUSY && (
        <button
          type="button"
          disabled={busy}
          aria-label={`Interrupt ${of}`}
          onClick={() => void interrupt()}
        >
          Interrupt
        </button>
      )}
      <button
        type="button"
        disabled={busy || kernel.state === KernelState.STOPPING}
        aria-label={isDead ? `Start again: ${of}` : `Restart ${of}`}
        onClick={() => (isDead ? void restart() : ask(loss))}
      >
        {isDead ? "Start again" : "Restart"}
      </button>
    </>
  );
}

function ShutDown({ live, kernel, of, ask }: KernelProps & { ask: Ask }) {
  const { busy, act } = useAction();
  const shutDown = () =>
    act(
      async () => live.putKernel(await client.shutDownKernel(kernel.kernelId)),
      `Shut down the kernel of ${of}.`,
    );
  if (kernel.state === KernelState.DEAD) {
    return null;
  }
  const loss: Loss = {
    title: `Shut down the kernel of ${of}?`,
    warning: VARIABLES_ARE_LOST,
    verb: "Shut down",
    action: () => void shutDown(),
  };
  return (
    <button
      type="button"
      disabled={busy || kernel.state === KernelState.STOPPING}
      aria-label={`Shut down the kernel of ${of}`}
      onClick={() => ask(loss)}
    >
      Shut down
    </button>
  );
}
