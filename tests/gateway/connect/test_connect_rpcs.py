"""All of the contract can be called over HTTP, RPCs that come later too."""

import importlib
import pkgutil

import pytest

import jupyter_sessions.v1
from jupyter_sessions_server.gateway.connect.rpcs import FILES
from tests.gateway.connect.speaking import (
    STREAM_JSON,
    STREAM_PROTO,
    UNARY_JSON,
    UNARY_PROTO,
    framed,
    said,
)
from tests.rpcs import RPCS, UNSERVED

CALLABLE = sorted(name for name, method in RPCS.items() if not method.client_streaming)


def test_no_service_is_forgotten():
    """A new file of the contract is to be listed where the gateway looks."""
    modules = pkgutil.iter_modules(jupyter_sessions.v1.__path__, "jupyter_sessions.v1.")
    files = [
        importlib.import_module(module.name).DESCRIPTOR
        for module in modules
        if module.name.endswith("_pb2")
    ]

    assert {file.name for file in files if file.services_by_name} == {file.name for file in FILES}


@pytest.mark.parametrize("rpc", CALLABLE)
async def test_each_rpc_reaches_the_service(fake_caller, fake_channel, rpc):
    """With the caller's token, in both codecs."""
    path = rpc.replace(".", "/")
    kinds = (STREAM_PROTO, STREAM_JSON) if RPCS[rpc].server_streaming else (UNARY_PROTO, UNARY_JSON)

    for kind in kinds:
        body = framed(kind, b"{}" if kind.endswith("json") else b"")
        assert said(await fake_caller.post(path, body, content_type=kind)).code is None

    calls = [(call.path, call.request, call.metadata) for call in fake_channel.calls]
    authorized = (("authorization", fake_caller.http.headers["authorization"]),)
    assert calls == [(f"/jupyter_sessions.v1.{path}", b"", authorized)] * 2


@pytest.mark.parametrize("rpc", sorted(UNSERVED))
async def test_what_the_service_does_not_serve_is_told_by_itself(caller, rpc):
    """As for gRPC."""
    content_type = STREAM_JSON if RPCS[rpc].server_streaming else UNARY_JSON
    path, body = rpc.replace(".", "/"), framed(content_type, b"{}")

    error = said(await caller.post(path, body, content_type=content_type))

    assert error.what == ("unimplemented", "NOT_IMPLEMENTED")
