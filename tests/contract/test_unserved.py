"""What is in the contract and not served yet says so, in a way that a program can act on."""

import pytest

from jupyter_sessions.v1 import executions_pb2
from tests.conftest import TOKEN
from tests.refusals import refused
from tests.rpcs import RPCS, SERVED, UNSERVED


@pytest.fixture
def call(channel):
    """Calls an RPC, whatever its kind, with the token and an empty request."""

    def call(rpc):
        method = RPCS[rpc]
        kind = "stream" if method.client_streaming else "unary"
        kind += "_stream" if method.server_streaming else "_unary"
        request = b"" if kind.startswith("unary") else iter([b""])
        path = f"/{method.containing_service.full_name}/{method.name}"
        metadata = (("authorization", f"Bearer {TOKEN}"),)
        return getattr(channel, kind)(path)(request, metadata=metadata, timeout=10)

    return call


@pytest.mark.parametrize("rpc", sorted(UNSERVED))
async def test_an_unserved_rpc_answers_unimplemented(call, rpc):
    """A client finds out, and does without it."""
    refusal = await refused(call(rpc))

    assert refusal.what == ("UNIMPLEMENTED", "NOT_IMPLEMENTED")
    assert refusal.facts == {"feature": rpc}


@pytest.mark.parametrize("rpc", SERVED)
async def test_all_others_are_served(call, rpc):
    """The list of what is not served is complete, and holds nothing that is."""
    done = call(rpc)

    if hasattr(done, "__aiter__"):
        assert (await refused(done)).reason == "FIELD_INVALID"
    else:
        assert (await done.code()).name in ("OK", "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    "fields",
    [
        {"allow_stdin": True},
        {"timeout": {"seconds": 1}},
        {"timeout": {}},
        {"request_id": "r"},
        {"on_disconnect": executions_pb2.ON_DISCONNECT_CANCEL},
        {"max_output_bytes": 1},
        {"on_output_limit": executions_pb2.ON_OUTPUT_LIMIT_INTERRUPT},
    ],
    ids=lambda fields: next(iter(fields)),
)
async def test_an_unserved_field_is_refused_and_nothing_is_run(
    execution_stub, kernel, kernels, fields
):
    """Code that was to have a time limit is not run without one."""
    request = executions_pb2.ExecuteRequest(kernel_id=kernel.kernel_id, **fields)

    refusal = await refused(execution_stub.Execute(request))

    assert refusal.what == ("UNIMPLEMENTED", "NOT_IMPLEMENTED")
    assert refusal.facts == {"feature": f"ExecuteRequest.{next(iter(fields))}"}
    assert not [r for _, _, r in kernels.requests if r.msg_type == "execute_request"]


@pytest.mark.parametrize(
    "fields",
    [
        {"on_disconnect": executions_pb2.ON_DISCONNECT_CONTINUE},
        {"on_output_limit": executions_pb2.ON_OUTPUT_LIMIT_DISCARD},
    ],
    ids=str,
)
async def test_what_such_a_field_says_by_default_may_be_said(run, kernel, fields):
    """A client that spells the default out gets it."""
    events = await run(kernel_id=kernel.kernel_id, code="say hello", **fields)

    assert events[-1].finished.execution.state == executions_pb2.EXECUTION_STATE_SUCCEEDED
