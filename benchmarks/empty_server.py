"""A program: a grpc.aio server whose GetSession gives always the same bytes, and does nothing else.

python -m benchmarks.empty_server PORT ANSWER-FILE
"""

import asyncio
import signal
import sys
from pathlib import Path

import grpc
import uvloop


async def serve(port: int, answer: bytes) -> None:
    """Serve until SIGTERM."""

    async def get_session(request: bytes, context: object) -> bytes:
        return answer

    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        "GetSession": grpc.unary_unary_rpc_method_handler(get_session)
    }
    service = "jupyter_sessions.v1.SessionService"
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await server.start()
    await stop.wait()
    await server.stop(grace=1)


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), Path(sys.argv[2]).read_bytes()))
