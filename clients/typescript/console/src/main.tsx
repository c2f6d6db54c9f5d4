/** The console: begins to follow the server, and shows it. */

import { render } from "preact";

import { App } from "./app.js";
import { Live } from "./live.js";
import { client } from "./server.js";

const live = new Live(client);
void live.run(new AbortController().signal);
render(<App live={live} />, document.getElementById("app")!);
