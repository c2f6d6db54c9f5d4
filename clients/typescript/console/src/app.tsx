/** The page: its header, what connects it to the server, and one of two views. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { Help } from "./help.js";
import { focusMain, useHash, useKeys, useStore } from "./hooks.js";
import type { Live, Snapshot } from "./live.js";
import { Announcements, type Notice, NoticeBar, NoticeContext } from "./notices.js";
import { Overview } from "./overview.js";
import { client, logIn, logOut } from "./server.js";
import { SessionView } from "./session_view.js";

const SESSION_ADDRESS = /^#\/sessions\/([\w-]+)$/;

export function App({ live }: { live: Live }) {
  const snapshot = useStore(live);
  const sessionId = SESSION_ADDRESS.exec(useHash())?.[1];
  const [helping, setHelping] = useState(false);
  const [notice, setNotice] = useState<Notice>();
  useKeys({ "?": () => setHelping(true) });
  useFocusOnChange(sessionId);
  return (
    <NoticeContext.Provider value={setNotice}>
      <Header connection={snapshot.connection} onHelp={() => setHelping(true)} />
      <ConnectionBar snapshot={snapshot} live={live} />
      <NoticeBar notice={notice} onClose={() => setNotice(undefined)} />
      <main id="main" tabIndex={-1}>
        {snapshot.connection === "logged out" ? (
          <LoggedOut />
        ) : sessionId ? (
          <SessionView key={sessionId} live={live} sessionId={sessionId} />
        ) : (
          <Overview live={live} />
        )}
      </main>
      <Announcements notice={notice} />
      {helping && <Help onClose={() => setHelping(false)} />}
    </NoticeContext.Provider>
  );
}

const CONNECTION_WORDS = {
  connecting: "Connecting",
  live: "Live",
  offline: "Offline",
  "logged out": "Logged out",
};

function Header({ connection, onHelp }: { connection: Snapshot["connection"]; onHelp(): void }) {
  const owner = useOwner(connection === "live");
  return (
    <header class="top">
      <a class="brand" href="#/">
        <img src="console/icon.svg" alt="" width="24" height="24" />
        Jupyter Sessions
      </a>
      <span class={`connection ${connection.replace(" ", "-")}`}>
        {CONNECTION_WORDS[connection]}
      </span>
      <span class="space" />
      {owner && (
        <span class="owner" title="Whose sessions these are">
          {owner}
        </span>
      )}
      <button class="quiet" type="button" onClick={onHelp} aria-keyshortcuts="?">
        Help
      </button>
      <button class="quiet" type="button" onClick={() => void logOut()}>
        Log out
      </button>
    </header>
  );
}

function useOwner(live: boolean): string | undefined {
  const [owner, setOwner] = useState<string>();
  useEffect(() => {
    if (live && !owner) {
      // Who cannot be told is left out: the connection's own line says what is wrong.
      client.getIdentity().then(
        (identity) => setOwner(identity.owner),
        () => setOwner(undefined),
      );
    }
  }, [live]);
  return owner;
}

/**
 * What had the focus is gone with the view: begin at the top of the new one.
 *
 * At once: later, it would be taken from where somebody has begun to type.
 */
function useFocusOnChange(view: string | undefined): void {
  const isFirst = useRef(true);
  useLayoutEffect(() => {
    if (!isFirst.current) {
      focusMain();
    }
    isFirst.current = false;
  }, [view]);
}

function ConnectionBar({ snapshot, live }: { snapshot: Snapshot; live: Live }) {
  if (snapshot.connection !== "offline") {
    return null;
  }
  return (
    <div class="bar problem" role="alert">
      <span>
        <strong>{snapshot.problem}</strong> What you see is how it was last known. Kernels go on
        without the server, and this page sees it when it is back.
      </span>
      <button type="button" onClick={() => live.refresh()}>
        Try now
      </button>
    </div>
  );
}

function LoggedOut() {
  return (
    <section class="empty" role="alert">
      <h1>Your login has ended</h1>
      <p>The token is no longer valid. What runs goes on; log in to see it.</p>
      <button class="primary" type="button" onClick={logIn}>
        Log in
      </button>
    </section>
  );
}
