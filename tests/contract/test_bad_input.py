"""What is malformed is refused: each field by its name, and by its limit if it is over one."""

import grpc
import pytest

from jupyter_sessions.v1 import executions_pb2, kernels_pb2
from jupyter_sessions.v1 import sessions_pb2 as pb
from jupyter_sessions.v1.executions_pb2_grpc import ExecutionServiceStub
from tests.conftest import TOKEN
from tests.refusals import refused

PATH = "a.ipynb"
NAMED = {"session_id": "s"}

CASES = [
    # RPC of SessionService, fields of its request, the field told, the limit told
    ("CreateSession", {}, "path", None),
    ("CreateSession", {"path": "a\0b"}, "path", None),
    ("CreateSession", {"path": "\0"}, "path", None),
    ("CreateSession", {"path": "x" * 4097}, "path", 4096),
    ("CreateSession", {"path": "é" * 2049}, "path", 4096),
    ("CreateSession", {"path": "x" * 1_000_000}, "path", 4096),
    ("CreateSession", {"path": PATH, "name": "x" * 4097}, "name", 4096),
    ("CreateSession", {"path": PATH, "name": "\0"}, "name", None),
    ("CreateSession", {"path": PATH, "type": "x" * 257}, "type", 256),
    ("CreateSession", {"path": PATH, "type": "a\0"}, "type", None),
    ("CreateSession", {"path": PATH, "kernel_name": ""}, "kernel_name", None),
    ("CreateSession", {"path": PATH, "kernel_name": "x" * 257}, "kernel_name", 256),
    ("CreateSession", {"path": PATH, "kernel_name": "a\0"}, "kernel_name", None),
    ("CreateSession", {"path": PATH, "kernel_id": ""}, "kernel_id", None),
    ("CreateSession", {"path": PATH, "kernel_id": "a b"}, "kernel_id", None),
    ("CreateSession", {"path": PATH, "kernel_id": "../a"}, "kernel_id", None),
    ("CreateSession", {"path": PATH, "kernel_id": "a\n"}, "kernel_id", None),
    ("CreateSession", {"path": PATH, "kernel_id": "é"}, "kernel_id", None),
    ("CreateSession", {"path": PATH, "kernel_id": "x" * 65}, "kernel_id", 64),
    ("CreateSession", {"path": PATH, "session_id": "a/b"}, "session_id", None),
    ("CreateSession", {"path": PATH, "session_id": "x" * 65}, "session_id", 64),
    ("CreateSession", {"path": PATH, "fallback_kernel_name": "ir"}, "fallback_kernel_name", None),
    ("CreateSession", {"path": PATH, "env": {"": "x"}}, "env", None),
    ("CreateSession", {"path": PATH, "env": {"A=B": "x"}}, "env", None),
    ("CreateSession", {"path": PATH, "env": {"A": "\0"}}, "env", None),
    ("CreateSession", {"path": PATH, "env": {"A": "x" * 131_072}}, "env", 131_072),
    ("CreateSession", {"path": PATH, "env": {str(n): "" for n in range(1001)}}, "env", 1000),
    ("CreateSession", {"path": PATH, "env": {str(n): "x" * 70_000 for n in "ab"}}, "env", 131_072),
    ("CreateSession", {"path": PATH, "cwd": "relative"}, "cwd", None),
    ("CreateSession", {"path": PATH, "cwd": "/" + "x" * 4096}, "cwd", 4096),
    ("CreateSession", {"path": PATH, "cwd": "/a\0"}, "cwd", None),
    ("CreateSession", {"path": PATH, "labels": {"": "x"}}, "labels", None),
    ("CreateSession", {"path": PATH, "labels": {"a": "\0"}}, "labels", None),
    ("CreateSession", {"path": PATH, "labels": {"x" * 129: ""}}, "labels", 128),
    ("CreateSession", {"path": PATH, "labels": {"x": "x" * 1025}}, "labels", 1024),
    ("CreateSession", {"path": PATH, "labels": {str(n): "" for n in range(65)}}, "labels", 64),
    ("CreateSession", {"path": PATH, "request_id": "x" * 129}, "request_id", 128),
    ("CreateSession", {"path": PATH, "if_exists": 99}, "if_exists", None),
    ("CreateSession", {"path": PATH, "if_exists": -1}, "if_exists", None),
    ("GetSession", {}, "request", None),
    ("GetSession", {"path": "x" * 4097}, "path", 4096),
    ("GetSession", {"session_id": "a\0"}, "session_id", None),
    ("SessionExists", {}, "path", None),
    ("SessionExists", {"path": "\0"}, "path", None),
    ("SessionExists", {"path": "x" * 4097}, "path", 4096),
    ("ListSessions", {"page_size": -1}, "page_size", None),
    ("ListSessions", {"order_by": 99}, "order_by", None),
    ("ListSessions", {"filter": {"kernel_states": [0]}}, "filter.kernel_states", None),
    ("ListSessions", {"filter": {"kernel_states": [1, 99]}}, "filter.kernel_states", None),
    ("ListSessions", {"filter": {"path_prefix": "\0"}}, "filter.path_prefix", None),
    ("ListSessions", {"filter": {"path_prefix": "x" * 4097}}, "filter.path_prefix", 4096),
    ("ListSessions", {"filter": {"type": "x" * 257}}, "filter.type", 256),
    ("ListSessions", {"filter": {"kernel_id": "x" * 129}}, "filter.kernel_id", 128),
    ("ListSessions", {"filter": {"labels": {"": ""}}}, "filter.labels", None),
    ("UpdateSession", {}, "session.session_id", None),
    ("UpdateSession", {"session": NAMED}, "update_mask", None),
    ("UpdateSession", {"session": NAMED, "previous_kernel": 99}, "previous_kernel", None),
    ("DeleteSession", {}, "session_id", None),
    ("DeleteSession", {"session_id": "x" * 129}, "session_id", 128),
    ("DeleteSession", {"session_id": "s", "kernel": 99}, "kernel", None),
    ("DeleteSession", {"session_id": "s", "expected_revision": -1}, "expected_revision", None),
]


@pytest.mark.covers("SessionService", "FIELD_INVALID")
@pytest.mark.parametrize(
    ("rpc", "fields", "field", "limit"), CASES, ids=[f"{case[0]}-{case[2]}" for case in CASES]
)
async def test_a_malformed_field_of_a_session_request(session_stub, rpc, fields, field, limit):
    """A caller corrects the field that it is told of."""
    request = getattr(pb, f"{rpc}Request")(**fields)

    refusal = await refused(getattr(session_stub, rpc)(request))

    assert refusal.what == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refusal.facts == {"field": field} | ({"limit": str(limit)} if limit else {})
    assert refusal.fields == (field,)


@pytest.mark.parametrize(
    ("field", "value", "limit"),
    [
        ("path", "", None),
        ("path", "x" * 4097, 4096),
        ("name", "x" * 4097, 4096),
        ("type", "x" * 257, 256),
        ("labels", {"x" * 129: ""}, 128),
    ],
)
async def test_a_malformed_new_value(session_stub, session, field, value, limit):
    """New values have the limits that the first ones had; nothing is changed."""
    new = pb.Session(**{"session_id": session.session_id, field: value})
    request = pb.UpdateSessionRequest(session=new, update_mask={"paths": [field]})

    refusal = await refused(session_stub.UpdateSession(request))

    assert refusal.what == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refusal.fields == (f"session.{field}",)
    assert refusal.facts.get("limit") == (str(limit) if limit else None)
    found = await session_stub.GetSession(pb.GetSessionRequest(path=PATH))
    assert found.session == session


async def test_what_is_at_its_limit_is_taken(session_stub):
    """The limits are those that are documented."""
    request = pb.CreateSessionRequest(
        path="é" * 2048,
        name="n" * 4096,
        type="t" * 256,
        kernel_id="k" * 64,
        session_id="s" * 64,
        env={str(n): "" for n in range(998)} | {"A": "x" * 128_000},
        cwd="/" + "c" * 4095,
        labels={f"{n:0128}": "x" * 1024 for n in range(64)},
        request_id="r" * 128,
    )

    answer = await session_stub.CreateSession(request)

    assert answer.created
    assert answer.session.path == "é" * 2048


@pytest.mark.covers("KernelService", "FIELD_INVALID")
@pytest.mark.parametrize(
    ("rpc", "fields", "field"),
    [
        ("GetKernelSpec", {}, "kernel_name"),
        ("GetKernelSpec", {"kernel_name": "a\0"}, "kernel_name"),
        ("GetKernelSpecResource", {"resource_name": "a"}, "kernel_name"),
        ("GetKernelSpecResource", {"kernel_name": "python3"}, "resource_name"),
        ("StartKernel", {"kernel_id": "a b"}, "kernel_id"),
        ("StartKernel", {"kernel_name": "x" * 257}, "kernel_name"),
        ("StartKernel", {"path": "\0"}, "path"),
        ("StartKernel", {"path": "x" * 4097}, "path"),
        ("StartKernel", {"cwd": "."}, "cwd"),
        ("StartKernel", {"env": {"=": ""}}, "env"),
        ("GetKernel", {}, "kernel_id"),
        ("GetKernel", {"kernel_id": "x" * 129}, "kernel_id"),
        ("ListKernels", {"page_size": -1}, "page_size"),
        ("ListKernels", {"states": [99]}, "states"),
        ("RestartKernel", {}, "kernel_id"),
        ("InterruptKernel", {}, "kernel_id"),
        ("ShutDownKernel", {"kernel_id": "\0"}, "kernel_id"),
    ],
)
async def test_a_malformed_field_of_a_kernel_request(kernel_stub, kernels, rpc, fields, field):
    """Nothing is started for a request that is wrong."""
    request = getattr(kernels_pb2, f"{rpc}Request")(**fields)

    refusal = await refused(getattr(kernel_stub, rpc)(request))

    assert refusal.what == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refusal.fields == (field,)
    assert not kernels.launches


@pytest.mark.covers("ExecutionService", "FIELD_INVALID")
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "target"),
        ({"session_id": ""}, "session_id"),
        ({"kernel_id": ""}, "kernel_id"),
        ({"kernel_id": "x" * 129}, "kernel_id"),
        ({"kernel_id": "k", "code": "x" * (4 * 1024 * 1024 + 1)}, "code"),
        ({"kernel_id": "k", "on_disconnect": 99}, "on_disconnect"),
        ({"kernel_id": "k", "on_output_limit": 99}, "on_output_limit"),
        ({"kernel_id": "k", "max_output_bytes": -1}, "max_output_bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_malformed_field_of_an_execution_request(execution_stub, fields, field):
    """Nothing is run for a request that is wrong."""
    call = execution_stub.Execute(executions_pb2.ExecuteRequest(**fields))

    refusal = await refused(call)

    assert refusal.what == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refusal.fields == (field,)


async def test_code_at_its_limit_is_taken(target, kernel):
    """Four MiB of code are a lot, and allowed; the answer repeats it, and is as large."""
    options = [("grpc.max_receive_message_length", -1)]
    request = executions_pb2.ExecuteRequest(
        kernel_id=kernel.kernel_id, code="x" * (4 * 1024 * 1024)
    )
    async with grpc.aio.insecure_channel(target, options=options) as channel:
        stub = ExecutionServiceStub(channel)
        call = stub.Execute(request, metadata=(("authorization", f"Bearer {TOKEN}"),))

        events = [event async for batch in call for event in batch.events]

    state = events[-1].finished.execution.state
    assert state == executions_pb2.EXECUTION_STATE_SUCCEEDED
