"""When a kernel cannot be asked, or does not answer in time."""

from dataclasses import replace

import pytest

from jupyter_sessions.v1 import executions_pb2 as pb
from jupyter_sessions.v1.kernels_pb2 import StartKernelRequest
from tests.fake_answers import SUBSHELL_ID
from tests.refusals import refused

RPCS = {"Complete": {}, "Inspect": {}, "IsComplete": {}, "History": {"tail_count": 1}}
each_rpc = pytest.mark.parametrize("rpc", RPCS)


@pytest.fixture
def config(config):
    """A server that waits only shortly for a kernel's answer."""
    return replace(config, kernels=replace(config.kernels, query_seconds=0.1))


@pytest.fixture
def ask(execution_stub):
    """Asks a kernel or the kernel of a session."""

    def ask(rpc, **fields):
        request = getattr(pb, f"{rpc}Request")(**{**RPCS[rpc], **fields})
        return getattr(execution_stub, rpc)(request)

    return ask


@pytest.fixture
async def busy(execution_stub, kernel, kernels):
    """The id of a kernel that runs code which waits."""
    call = execution_stub.Execute(pb.ExecuteRequest(kernel_id=kernel.kernel_id, code="wait"))
    await kernels.running_code(kernel.kernel_id)
    yield kernel.kernel_id
    call.cancel()


@pytest.mark.covers("ExecutionService.Complete", "SESSION_NOT_FOUND", "KERNEL_NOT_FOUND")
@pytest.mark.covers("ExecutionService.Inspect", "SESSION_NOT_FOUND", "KERNEL_NOT_FOUND")
@pytest.mark.covers("ExecutionService.IsComplete", "SESSION_NOT_FOUND", "KERNEL_NOT_FOUND")
@pytest.mark.covers("ExecutionService.History", "SESSION_NOT_FOUND", "KERNEL_NOT_FOUND")
@each_rpc
@pytest.mark.parametrize("whose", ["session", "kernel"])
async def test_an_unknown_target_is_not_found(ask, rpc, whose):
    """A session that was deleted, a kernel that was forgotten."""
    refusal = await refused(ask(rpc, **{f"{whose}_id": "nobody"}))

    assert refusal.what == ("NOT_FOUND", f"{whose.upper()}_NOT_FOUND")
    assert refusal.facts == {f"{whose}_id": "nobody"}


@pytest.mark.covers("ExecutionService.Complete", "KERNEL_DEAD")
@pytest.mark.covers("ExecutionService.Inspect", "KERNEL_DEAD")
@pytest.mark.covers("ExecutionService.IsComplete", "KERNEL_DEAD")
@pytest.mark.covers("ExecutionService.History", "KERNEL_DEAD")
@each_rpc
async def test_a_dead_kernel_answers_nothing(ask, session, kernels, rpc):
    """It has to be restarted first; and the error says what it died of."""
    kernels.die(session.kernel.kernel_id)

    refusal = await refused(ask(rpc, session_id=session.session_id))

    assert refusal.what == ("FAILED_PRECONDITION", "KERNEL_DEAD")
    assert refusal.facts == {"kernel_id": session.kernel.kernel_id, "cause": "SIGNALED"}


@pytest.mark.covers("ExecutionService.Complete", "KERNEL_BUSY")
@pytest.mark.covers("ExecutionService.Inspect", "KERNEL_BUSY")
@pytest.mark.covers("ExecutionService.IsComplete", "KERNEL_BUSY")
@pytest.mark.covers("ExecutionService.History", "KERNEL_BUSY")
@each_rpc
async def test_a_busy_kernel_is_not_waited_for_without_end(ask, busy, rpc):
    """An editor's menu that comes after a minute is of no use."""
    refusal = await refused(ask(rpc, kernel_id=busy))

    assert refusal.what == ("UNAVAILABLE", "KERNEL_BUSY")
    assert refusal.facts == {"kernel_id": busy}


@each_rpc
async def test_a_subshell_answers_while_the_kernel_is_busy(ask, busy, kernels, rpc):
    """Who types while a cell runs still gets a menu."""
    kernels.subshells = set()

    assert await ask(rpc, kernel_id=busy)
    assert kernels.subshells == {SUBSHELL_ID}


async def test_a_starting_kernel_that_does_not_answer_is_busy_too(ask, kernel_stub, kernels):
    """The call ends in time, whatever the kernel waits for."""
    kernels.answers = False
    started = await kernel_stub.StartKernel(StartKernelRequest())

    refusal = await refused(ask("Complete", kernel_id=started.kernel.kernel_id))

    assert refusal.what == ("UNAVAILABLE", "KERNEL_BUSY")


@pytest.mark.parametrize(
    ("rpc", "fields", "field"),
    [
        ("Complete", {}, "target"),
        ("Inspect", {}, "target"),
        ("IsComplete", {}, "target"),
        ("History", {"tail_count": 1}, "target"),
        ("Complete", {"session_id": ""}, "session_id"),
        ("Complete", {"kernel_id": "x" * 129}, "kernel_id"),
        ("Complete", {"kernel_id": "k", "code": "x" * (4 * 1024 * 1024 + 1)}, "code"),
        ("Inspect", {"kernel_id": "k", "code": "x" * (4 * 1024 * 1024 + 1)}, "code"),
        ("IsComplete", {"kernel_id": "k", "code": "x" * (4 * 1024 * 1024 + 1)}, "code"),
        ("Complete", {"kernel_id": "k", "cursor_position": 1}, "cursor_position"),
        ("Complete", {"kernel_id": "k", "cursor_position": -1}, "cursor_position"),
        ("Inspect", {"kernel_id": "k", "code": "é", "cursor_position": 2}, "cursor_position"),
        ("Inspect", {"kernel_id": "k", "detail": 99}, "detail"),
        ("History", {"kernel_id": "k", "tail_count": 0}, "tail_count"),
        ("History", {"kernel_id": "k", "range": {"start": -1}}, "range.start"),
        ("History", {"kernel_id": "k", "range": {"stop": -1}}, "range.stop"),
        ("History", {"kernel_id": "k", "search": {"count": 1}}, "search.pattern"),
        (
            "History",
            {"kernel_id": "k", "search": {"pattern": "x" * 4097, "count": 1}},
            "search.pattern",
        ),
        ("History", {"kernel_id": "k", "search": {"pattern": "a", "count": -1}}, "search.count"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_malformed_field(execution_stub, kernels, rpc, fields, field):
    """Nothing is asked for a request that is wrong."""
    call = getattr(execution_stub, rpc)(getattr(pb, f"{rpc}Request")(**fields))

    refusal = await refused(call)

    assert refusal.what == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refusal.fields == (field,)
    assert not kernels.requests


async def test_history_needs_to_be_told_which(execution_stub, kernel):
    """All of it may be a lot."""
    request = pb.HistoryRequest(kernel_id=kernel.kernel_id)

    assert (await refused(execution_stub.History(request))).fields == ("access",)
