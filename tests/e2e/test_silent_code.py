"""Code that says nothing for long, and a caller who makes sure that the server is still there."""

import grpc
import pytest

from jupyter_sessions.v1.executions_pb2 import ExecuteRequest
from jupyter_sessions.v1.executions_pb2_grpc import ExecutionServiceStub

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(120)]


def test_a_caller_that_pings_while_code_is_silent_is_not_cut_off(server, session):
    """My cell computes for an hour; gRPC pings all the while, so that dead connections are seen."""
    request = ExecuteRequest(session_id=session.session_id, code="import time; time.sleep(60)")
    pings = [("grpc.keepalive_time_ms", 11_000), ("grpc.http2.max_pings_without_data", 0)]
    metadata = [("authorization", f"Bearer {server.token}")]

    with grpc.insecure_channel(server.target, options=pings) as channel:
        answers = list(ExecutionServiceStub(channel).Execute(request, metadata=metadata))

    assert answers[-1].events[-1].HasField("finished")
