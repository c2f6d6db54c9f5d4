"""When the server stops, streams over HTTP are told where to resume, as those over gRPC are."""

import asyncio
from dataclasses import replace

import pytest

from jupyter_sessions.v1 import executions_pb2
from tests.gateway.connect.speaking import STREAMING

EXECUTE = "ExecutionService/Execute"


@pytest.fixture
def config(config):
    """A server that gives calls under way a long time."""
    return replace(config, rpc=replace(config.rpc, stop_grace_seconds=20))


@pytest.mark.parametrize("content_type", STREAMING)
async def test_streams_are_told_where_to_resume(caller, kernels, kernel_id, server, content_type):
    """The server may be replaced at any moment."""
    request = executions_pb2.ExecuteRequest(kernel_id=kernel_id, code="wait")
    answering = asyncio.ensure_future(caller.ask(content_type, EXECUTE, request))
    await kernels.running_code(kernel_id)

    await server.stop()
    answer = await answering

    assert answer.what == ("unavailable", "SERVER_STOPPING")
    assert answer.info.metadata["execution_id"] == kernels.requests[-1][2].msg_id
    assert int(answer.info.metadata["next_seq"]) >= 0
