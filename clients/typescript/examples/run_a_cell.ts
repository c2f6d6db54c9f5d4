/**
 * Opens a session, runs a cell, and prints what it says as it comes.
 *
 *     JUPYTER_SESSIONS_URL=http://127.0.0.1:8889/ JUPYTER_SESSIONS_TOKEN=… npm run example
 */

import { connect, textPlain, OutputArea } from "../src/index.js";

const CODE = `
for number in range(3):
    print("line", number)
6 * 7
`;

const client = connect({
  baseUrl: process.env.JUPYTER_SESSIONS_URL ?? "http://127.0.0.1:8889/",
  token: process.env.JUPYTER_SESSIONS_TOKEN,
});

const session = await client.openSession("example.ipynb");
console.log(`session ${session.sessionId}, kernel ${session.kernel.kernelName}`);

for await (const event of session.stream(CODE)) {
  const area = new OutputArea();
  area.add(event);
  for (const output of area.outputs) {
    process.stdout.write(textPlain(output));
  }
}

const result = await session.execute("1 / 0");
console.log(`\n${result.state}: ${result.error?.ename}: ${result.error?.evalue}`);

await session.delete();
client.close();
