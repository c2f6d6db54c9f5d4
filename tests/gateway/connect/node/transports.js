// The transports of stock Connect clients, by name.

import {
  createConnectTransport,
  createGrpcWebTransport,
  compressionGzip,
} from "@connectrpc/connect-node";
import * as web from "@connectrpc/connect-web";

const node = { httpVersion: "1.1" };
const gzip = { sendCompression: compressionGzip, compressMinBytes: 1 };

const create = {
  "node, Connect, protobuf": (options) =>
    createConnectTransport({ ...node, ...options, useBinaryFormat: true }),
  "node, Connect, JSON": (options) =>
    createConnectTransport({ ...node, ...options, useBinaryFormat: false }),
  "node, Connect, gzip": (options) => createConnectTransport({ ...node, ...gzip, ...options }),
  "node, gRPC-Web, protobuf": (options) =>
    createGrpcWebTransport({ ...node, ...options, useBinaryFormat: true }),
  "node, gRPC-Web, JSON": (options) =>
    createGrpcWebTransport({ ...node, ...options, useBinaryFormat: false }),
  "node, gRPC-Web, gzip": (options) => createGrpcWebTransport({ ...node, ...gzip, ...options }),
  "web, Connect, protobuf": (options) =>
    web.createConnectTransport({ ...options, useBinaryFormat: true }),
  "web, Connect, JSON": (options) => web.createConnectTransport(options),
  "web, gRPC-Web, protobuf": (options) => web.createGrpcWebTransport(options),
};

/** The transport that is tested, with the token. */
export function transport({ token }) {
  const authorize = (next) => (request) => {
    if (token !== undefined) request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
  return create[process.env.TRANSPORT]({
    baseUrl: process.env.ADDRESS,
    interceptors: [authorize],
  });
}
