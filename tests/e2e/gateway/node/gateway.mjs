// What the tests share: the client library of JupyterLab, told where the gateway is.

import services from "@jupyterlab/services";
import WebSocket from "ws";

export const { KernelManager, KernelMessage, KernelSpecManager, ServerConnection, SessionManager } =
  services;

// Offers no subprotocol: the gateway then speaks the default format, with JSON text frames.
class DefaultFormat extends WebSocket {
  constructor(url) {
    super(url);
  }
}

const { GATEWAY_URL, GATEWAY_TOKEN, GATEWAY_FORMAT } = process.env;

export const settings = ServerConnection.makeSettings({
  baseUrl: GATEWAY_URL,
  token: GATEWAY_TOKEN,
  appendToken: true,
  WebSocket: GATEWAY_FORMAT === "v1" ? WebSocket : DefaultFormat,
});

// One window of a browser: it has managers of its own, which ask the server again and again.
export class Window {
  constructor() {
    this.kernels = new KernelManager({ serverSettings: settings });
    this.kernelspecs = new KernelSpecManager({ serverSettings: settings });
    this.sessions = new SessionManager({
      serverSettings: settings,
      kernelManager: this.kernels,
    });
  }

  async open(path) {
    const name = path.split("/").pop();
    return this.sessions.startNew({
      path,
      name,
      type: "notebook",
      kernel: { name: "python3" },
    });
  }

  close() {
    this.sessions.dispose();
    this.kernelspecs.dispose();
    this.kernels.dispose();
  }
}

// Runs code: its end, and all that came for it.
export function run(kernel, code, { stdin, onOutput } = {}) {
  const future = kernel.requestExecute({ code, allow_stdin: stdin !== undefined });
  const outputs = [];
  future.onIOPub = (message) => {
    if (["status", "execute_input"].includes(message.header.msg_type)) return;
    outputs.push({ type: message.header.msg_type, ...message.content });
    onOutput?.(message);
  };
  if (stdin !== undefined) {
    future.onStdin = (request) =>
      kernel.sendInputReply({ status: "ok", value: stdin }, request.header);
  }
  return future.done.then((reply) => ({ ...reply.content, outputs }));
}

// What a run printed.
export const printed = (ran) =>
  ran.outputs
    .filter(({ type, name }) => type === "stream" && name === "stdout")
    .map(({ text }) => text)
    .join("");

// Resolves when the signal says something that is wanted, or the condition holds at once.
export function when(signal, wanted) {
  return new Promise((resolve) => {
    const listen = (sender, value) => {
      if (!wanted(sender, value)) return;
      signal.disconnect(listen);
      resolve(value);
    };
    signal.connect(listen);
  });
}
