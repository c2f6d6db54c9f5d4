/** Help: the keys, and whether single ones are shortcuts. */

import { useState } from "preact/hooks";

import { Dialog } from "./dialogs.js";
import { singleKeysAreOn, switchSingleKeys } from "./hooks.js";

const KEYS: readonly (readonly [string, string])[] = [
  ["?", "this help"],
  ["n", "start a session"],
  ["/", "filter the list"],
  ["u", "up, from a session to the list"],
  ["e", "edit code, in a session"],
  ["Shift+Enter or Ctrl+Enter", "run the code"],
  ["Alt+↑ and Alt+↓", "code that was run before"],
  ["Tab and Shift+Tab", "from one thing to the next; also out of the code"],
  ["Esc", "close a dialog; leave the code"],
];

export function Help({ onClose }: { onClose(): void }) {
  const [on, setOn] = useState(singleKeysAreOn());
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <label class="choice">
        <input
          type="checkbox"
          checked={on}
          onChange={() => {
            switchSingleKeys(!on);
            setOn(!on);
          }}
        />
        Single keys are shortcuts
      </label>
      <form method="dialog" class="choices">
        <button autofocus>Close</button>
      </form>
    </Dialog>
  );
}
