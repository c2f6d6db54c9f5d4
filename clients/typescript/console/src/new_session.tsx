/** NewSession: asks for a document and a kind of kernel, and opens the session. */

import { useState } from "preact/hooks";

import { SessionKernelMismatch } from "../../src/index.js";
import { Dialog } from "./dialogs.js";
import { explain } from "./failures.js";
import type { Live } from "./live.js";
import { client } from "./server.js";
import { useSpecs } from "./specs.js";

export function NewSession({ live, onClose }: { live: Live; onClose(): void }) {
  const specs = useSpecs({ again: true });
  const [path, setPath] = useState("");
  const [kernelName, setKernelName] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const start = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      const chosen = kernelName || specs.defaultName;
      const session = await client.createSession(path, { kernelName: chosen || undefined });
      live.put(session);
      onClose();
      location.hash = `#/sessions/${session.sessionId}`;
    } catch (thrown) {
      setFailure(thrown);
      setBusy(false);
    }
  };
  return (
    <Dialog title="New session" onClose={onClose}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <label for="path">Document</label>
        <input
          id="path"
          required
          autofocus
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          placeholder="notebooks/demo.ipynb"
          aria-describedby="path-hint"
          value={path}
          onInput={(event) => setPath(event.currentTarget.value)}
        />
        <p id="path-hint" class="hint">
          A path below the server’s root; the document need not exist. A document that has a session
          gets that one.
        </p>
        <label for="kernel">Kernel</label>
        <select
          id="kernel"
          value={kernelName || specs.defaultName}
          onChange={(event) => setKernelName(event.currentTarget.value)}
        >
          {specs.all.map((spec) => (
            <option key={spec.kernelName} value={spec.kernelName}>
              {spec.displayName}
            </option>
          ))}
        </select>
        {specs.problem && <p class="problem">Kernels are not known: {specs.problem}</p>}
        {failure !== undefined && <Failure failure={failure} onClose={onClose} />}
        <div class="choices">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button class="primary" type="submit" disabled={busy}>
            {busy ? "Starting…" : "Start"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Failure({ failure, onClose }: { failure: unknown; onClose(): void }) {
  return (
    <p class="problem" role="alert">
      {explain(failure)}{" "}
      {failure instanceof SessionKernelMismatch && (
        <a href={`#/sessions/${failure.metadata.session_id}`} onClick={onClose}>
          Open that session
        </a>
      )}
    </p>
  );
}
