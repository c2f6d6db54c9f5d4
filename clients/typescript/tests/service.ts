/** A service in the test's own process, spoken to through the real client and transport. */

import { create } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createRouterTransport,
  type Interceptor,
} from "@connectrpc/connect";

import { Client, type ClientOptions } from "../src/index.js";
import { ErrorInfoSchema } from "../src/gen/google/rpc/error_details_pb.js";

/** A client of what `routes` serve. */
export function clientOf(
  routes: (router: ConnectRouter) => void,
  options: ClientOptions = {},
  interceptors: Interceptor[] = [],
): Client {
  return new Client(createRouterTransport(routes, { transport: { interceptors } }), options);
}

/** An error as the service has it. */
export function refusal(
  code: Code,
  reason: string,
  metadata: Record<string, string> = {},
): ConnectError {
  const info = create(ErrorInfoSchema, { reason, domain: "jupyter_sessions", metadata });
  return new ConnectError(`refused for ${reason}`, code, undefined, [
    { desc: ErrorInfoSchema, value: info },
  ]);
}

/** All that comes of an iterable. */
export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) {
    collected.push(item);
  }
  return collected;
}
