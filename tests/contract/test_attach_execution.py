"""AttachExecution streams an execution's events from any number on."""

import asyncio

import pytest

from jupyter_sessions.v1 import executions_pb2 as pb
from tests.contract.running_executions import begin, texts
from tests.refusals import refused


@pytest.fixture
def kernel_id(kernel):
    """A kernel that is ready."""
    return kernel.kernel_id


async def test_a_finished_execution_is_told_again(execution_stub, kernel_id):
    """Whoever comes late reads the same as who was there."""
    begun = await begin(execution_stub, kernel_id=kernel_id, code="lines 3")
    first = [begun.accepted, *await begun.rest()]

    again = await begun.attached()

    assert again == first
    assert texts(again) == ["0", "1", "2"]


async def test_it_continues_after_any_number(execution_stub, kernel_id):
    """A caller that lost its connection misses nothing, and gets nothing twice."""
    begun = await begin(execution_stub, kernel_id=kernel_id, code="lines 5")
    events = [begun.accepted, *await begun.rest()]

    for position, event in enumerate(events):
        assert await begun.attached(event.seq) == events[position:]
        assert await begun.attached(event.seq + 1) == events[position + 1 :]


async def test_a_running_execution_is_followed_to_its_end(execution_stub, kernel_id, kernels):
    """Also when its first caller has hung up long ago."""
    begun = await begin(execution_stub, kernel_id=kernel_id, code="wait", stop_on_error=False)
    await kernels.running_code(kernel_id)
    attached = asyncio.ensure_future(begun.attached())

    await kernels.interrupt(kernel_id)

    kinds = [event.WhichOneof("event") for event in await attached]
    assert kinds == ["accepted", "started", "error", "finished"]


async def test_a_waiting_execution_can_be_attached_to(execution_stub, kernel_id, kernels):
    """Its end comes, though the kernel has yet to hear of it."""
    first = await begin(execution_stub, kernel_id=kernel_id, code="wait", stop_on_error=False)
    second = await begin(execution_stub, kernel_id=kernel_id, code="say x")
    attached = asyncio.ensure_future(second.attached())
    await kernels.running_code(kernel_id)

    await kernels.interrupt(kernel_id)

    assert texts(await attached) == ["x"]
    assert await first.state() == "FAILED"


async def test_ten_readers_get_the_same(execution_stub, kernel_id, kernels):
    """Any number may look on."""
    begun = await begin(execution_stub, kernel_id=kernel_id, code="lines 100")

    heard = await asyncio.gather(*(begun.attached() for _ in range(10)))

    assert all(events == heard[0] for events in heard)
    assert len(texts(heard[0])) == 100


async def test_beyond_the_end_there_is_nothing(execution_stub, kernel_id):
    """It has finished, and who asks from there has seen that."""
    begun = await begin(execution_stub, kernel_id=kernel_id, code="say x")
    last = (await begun.rest())[-1]

    assert await begun.attached(last.seq + 1) == []


@pytest.mark.covers("ExecutionService.AttachExecution", "EXECUTION_NOT_FOUND")
async def test_an_unknown_execution_is_not_found(execution_stub):
    """Its id was mistyped, or it is no longer kept."""
    request = pb.AttachExecutionRequest(execution_id="nobody")

    refusal = await refused(execution_stub.AttachExecution(request))

    assert refusal.what == ("NOT_FOUND", "EXECUTION_NOT_FOUND")
    assert refusal.facts == {"execution_id": "nobody"}


async def test_a_negative_number_is_refused(execution_stub, kernel_id):
    """Nothing has one."""
    request = pb.AttachExecutionRequest(execution_id="x", from_seq=-1)

    refusal = await refused(execution_stub.AttachExecution(request))

    assert (refusal.what, refusal.fields) == (
        ("INVALID_ARGUMENT", "FIELD_INVALID"),
        ("from_seq",),
    )
