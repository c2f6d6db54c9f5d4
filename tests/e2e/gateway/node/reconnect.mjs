// Runs one cell, and tells as JSON lines what becomes of it. Whoever started this program may end
// the server meanwhile. Commands by standard input: "reconnect", or the answer to input().
//
//     node reconnect.mjs PATH CODE

import { createInterface } from "node:readline";

import { Window } from "./gateway.mjs";

// The library logs; standard output is for what is told.
console.debug = console.log = console.error;
const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

const [path, code] = process.argv.slice(2);
const window = new Window();
const { kernel } = await window.open(path);
await kernel.info;

kernel.connectionStatusChanged.connect((_, status) => tell({ event: "connection", status }));

let asked;
createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "reconnect") kernel.reconnect().catch((error) => tell({ event: String(error) }));
  else kernel.sendInputReply({ status: "ok", value: line }, asked);
});

let text = "";
const future = kernel.requestExecute({ code, allow_stdin: true });
future.onStdin = (request) => {
  asked = request.header;
  tell({ event: "asked", prompt: request.content.prompt });
};
future.onIOPub = ({ header, content }) => {
  if (header.msg_type !== "stream") return;
  if (text === "") tell({ event: "printing" });
  text += content.text;
};
const { content } = await future.done;
tell({ event: "ended", status: content.status, text });
process.exit();
