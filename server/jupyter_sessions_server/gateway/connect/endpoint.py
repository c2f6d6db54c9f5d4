"""The endpoint: one RPC over HTTP, from the request to the call and back to the answer."""

import logging
from collections.abc import Callable, Iterable
from typing import Final

import grpc
import orjson
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import Receive, Scope, Send

from jupyter_sessions_server.gateway.connect import errors
from jupyter_sessions_server.gateway.connect.call import Call
from jupyter_sessions_server.gateway.connect.connect_error import error_json
from jupyter_sessions_server.gateway.connect.connect_unary import respond
from jupyter_sessions_server.gateway.connect.dialects import content_types_for, dialect_of
from jupyter_sessions_server.gateway.connect.errors import Failure
from jupyter_sessions_server.gateway.connect.protocol import Answer, Dialect, RequestHeaders
from jupyter_sessions_server.gateway.connect.rpcs import PACKAGE, Rpc, rpcs_of

log = logging.getLogger(__name__)

TokenOf = Callable[[HTTPConnection], str | None]

_PLAIN: Final = b"text/plain; charset=utf-8"


class ConnectEndpoint:
    """An ASGI app that answers `…jupyter_sessions.v1.SERVICE/METHOD`, see `connect_routes`."""

    def __init__(
        self, channel: grpc.aio.Channel, *, token_of: TokenOf, max_body_bytes: int
    ) -> None:
        self._rpcs = rpcs_of(channel)
        self._token_of = token_of
        self._limit = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever it is."""
        name: dict[str, str] = scope["path_params"]
        rpc = self._rpcs.get((name["service"], name["method"]))
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if rpc is None:
            await _refuse_rpc(send, f"{name['service']}/{name['method']}")
        elif scope["method"] != "POST":
            await respond(send, 405, _PLAIN, b"RPCs are called with POST\n", [(b"allow", b"POST")])
        elif (dialect := _dialect_for(rpc, headers)) is None:
            await _refuse_content_type(send, content_types_for(rpc))
        else:
            token = self._token_of(HTTPConnection(scope))
            answer = dialect.wire.answer(send, dialect.content_type)
            await self._answer(Call(rpc, dialect, headers, receive, token), answer)

    async def _answer(self, call: Call, answer: Answer) -> None:
        try:
            await call.run(answer, self._limit)
        except ClientDisconnect:
            pass  # before the request was there: nothing was called, and nobody waits
        except Failure as failure:
            await answer.fail(failure)
        except grpc.aio.AioRpcError as error:
            await answer.fail(errors.failure_of(error))
        except Exception:
            log.exception("gateway failed", extra={"method": call.rpc.name})
            await answer.fail(errors.internal())


def _dialect_for(rpc: Rpc, headers: RequestHeaders) -> Dialect | None:
    dialect = dialect_of(headers.get(b"content-type", b""))
    return dialect if dialect is not None and dialect.wire.serves(rpc) else None


async def _refuse_rpc(send: Send, name: str) -> None:
    failure = errors.unsupported(name, f"there is no RPC {PACKAGE}.{name}")
    body = orjson.dumps(error_json(failure))
    await respond(send, 404, b"application/json", body)


async def _refuse_content_type(send: Send, known: Iterable[bytes]) -> None:
    accept = b", ".join(known)
    text = b"content types: " + accept + b"\n"
    await respond(send, 415, _PLAIN, text, [(b"accept-post", accept)])
