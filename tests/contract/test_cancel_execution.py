"""CancelExecution, timeouts and limits end an execution before its time, and no other."""

import asyncio
from dataclasses import replace

import pytest
from google.protobuf.duration_pb2 import Duration

from jupyter_sessions.v1 import executions_pb2 as pb
from tests.contract.running_executions import begin, state_of, texts
from tests.refusals import refused
from tests.waiting import until


@pytest.fixture
def config(config):
    """A server that is patient for a moment only."""
    kernels = replace(config.kernels, interrupt_grace_seconds=0.05, queue_limit=5)
    return replace(config, kernels=kernels)


@pytest.fixture
def kernel_id(kernel):
    """A kernel that is ready."""
    return kernel.kernel_id


@pytest.fixture
def cancel(execution_stub):
    """Cancels an execution, and answers with it."""

    async def cancel(begun):
        request = pb.CancelExecutionRequest(execution_id=begun.execution_id)
        return (await execution_stub.CancelExecution(request)).execution

    return cancel


def step_of(execution):
    return pb.StopStep.Name(execution.stop_step).removeprefix("STOP_STEP_")


async def test_a_running_one_is_interrupted(execution_stub, kernel_id, cancel, kernels):
    """As Ctrl-C does it; the kernel stays."""
    begun = await begin(execution_stub, kernel_id=kernel_id, code="wait")
    await kernels.running_code(kernel_id)

    ended = await cancel(begun)

    assert (state_of(ended), step_of(ended)) == ("CANCELLED", "INTERRUPTED")
    assert (await begun.rest())[-1].finished.execution == ended
    assert len(kernels.launches) == 1


async def test_a_waiting_one_is_dropped_and_the_others_stay(
    execution_stub, kernel_id, cancel, kernels
):
    """Nobody else's code is touched."""
    code = ("wait", "say dropped", "say kept")
    running, dropped, kept = [
        await begin(execution_stub, kernel_id=kernel_id, code=each, stop_on_error=False)
        for each in code
    ]
    await kernels.running_code(kernel_id)

    ended = await cancel(dropped)

    assert (state_of(ended), step_of(ended)) == ("CANCELLED", "DROPPED")
    assert texts(await dropped.rest()) == []
    await kernels.interrupt(kernel_id)
    assert texts(await kept.rest()) == ["kept"]
    assert await running.state() == "FAILED"


async def test_cancelling_one_does_not_abort_those_behind_it(
    execution_stub, kernel_id, cancel, kernels
):
    """It did not fail: somebody did not want it any more."""
    first = await begin(execution_stub, kernel_id=kernel_id, code="wait")
    second = await begin(execution_stub, kernel_id=kernel_id, code="say second")
    await kernels.running_code(kernel_id)

    await cancel(first)

    assert texts(await second.rest()) == ["second"]


async def test_an_error_aborts_those_behind_it(execution_stub, kernel_id, kernels):
    """As in a notebook that is run from top to bottom."""
    first = await begin(execution_stub, kernel_id=kernel_id, code="wait")
    second = await begin(execution_stub, kernel_id=kernel_id, code="say second")
    await kernels.running_code(kernel_id)

    await kernels.interrupt(kernel_id)

    assert state_of((await second.rest())[-1].finished.execution) == "ABORTED"
    third = await begin(execution_stub, kernel_id=kernel_id, code="say third")
    assert texts(await third.rest()) == ["third"]
    assert await first.state() == "FAILED"


async def test_one_that_does_not_stop_has_its_kernel_restarted(
    execution_stub, kernel_id, cancel, kernels
):
    """It ignores interrupts; the next one runs all the same."""
    kernels.stubborn = True
    first = await begin(execution_stub, kernel_id=kernel_id, code="wait")
    second = await begin(execution_stub, kernel_id=kernel_id, code="say second")
    await kernels.running_code(kernel_id)

    ended = await cancel(first)

    assert (state_of(ended), step_of(ended)) == ("CANCELLED", "KERNEL_RESTARTED")
    assert texts(await second.rest()) == ["second"]
    assert len(kernels.launches) == 2


@pytest.mark.covers("ExecutionService.CancelExecution", "KERNEL_HOST_UNAVAILABLE")
async def test_one_that_cannot_be_interrupted_goes_on(execution_stub, kernel_id, cancel, kernels):
    """It is not called cancelled, for it is not; a retry may."""
    begun = await begin(execution_stub, kernel_id=kernel_id, code="wait")
    await kernels.running_code(kernel_id)
    kernels.reachable = False
    request = pb.CancelExecutionRequest(execution_id=begun.execution_id)

    refusal = await refused(execution_stub.CancelExecution(request))

    assert refusal.what == ("UNAVAILABLE", "KERNEL_HOST_UNAVAILABLE")
    assert await begun.state() == "RUNNING"
    kernels.reachable = True
    assert state_of(await cancel(begun)) == "CANCELLED"


@pytest.mark.covers("ExecutionService.CancelExecution", "KERNELSPEC_NOT_FOUND")
async def test_one_whose_kernel_could_not_be_started_again_goes_on(
    execution_stub, kernel_id, kernels, specs
):
    """Better a kernel that is busy than none."""
    kernels.stubborn = True
    begun = await begin(execution_stub, kernel_id=kernel_id, code="wait")
    await kernels.running_code(kernel_id)
    del specs.specs["python3"]
    request = pb.CancelExecutionRequest(execution_id=begun.execution_id)

    refusal = await refused(execution_stub.CancelExecution(request))

    assert refusal.what == ("NOT_FOUND", "KERNELSPEC_NOT_FOUND")
    assert await begun.state() == "RUNNING"


async def test_a_finished_one_stays_as_it_is(execution_stub, kernel_id, cancel):
    """Repeating is safe."""
    begun = await begin(execution_stub, kernel_id=kernel_id, code="say x")
    finished = (await begun.rest())[-1].finished.execution

    assert await cancel(begun) == finished
    assert await cancel(begun) == finished


@pytest.mark.parametrize("stubborn", [False, True])
async def test_a_timeout_ends_it(execution_stub, kernel_id, kernels, stubborn):
    """Counted on the server, from its start in the kernel."""
    kernels.stubborn = stubborn
    begun = await begin(
        execution_stub, kernel_id=kernel_id, code="wait", timeout=Duration(nanos=20_000_000)
    )

    ended = (await begun.rest())[-1].finished.execution

    assert state_of(ended) == "TIMED_OUT"
    assert step_of(ended) == ("KERNEL_RESTARTED" if stubborn else "INTERRUPTED")
    following = await begin(execution_stub, kernel_id=kernel_id, code="say next")
    assert texts(await following.rest()) == ["next"]


async def test_waiting_does_not_count(execution_stub, kernel_id, kernels):
    """The time of one that waits begins when its turn comes."""
    await begin(execution_stub, kernel_id=kernel_id, code="wait", stop_on_error=False)
    second = await begin(
        execution_stub, kernel_id=kernel_id, code="say x", timeout=Duration(nanos=1_000_000)
    )
    await asyncio.sleep(0.01)

    await kernels.interrupt(kernel_id)

    assert texts(await second.rest()) == ["x"]


@pytest.mark.parametrize("goes", ["continues", "is cancelled"])
async def test_what_becomes_of_it_when_its_caller_hangs_up(
    execution_stub, kernel_id, kernels, goes
):
    """As the caller has said before."""
    what = pb.ON_DISCONNECT_CANCEL if goes == "is cancelled" else pb.ON_DISCONNECT_CONTINUE
    request = pb.ExecuteRequest(kernel_id=kernel_id, code="wait", on_disconnect=what)
    call = execution_stub.Execute(request)
    [accepted] = (await anext(aiter(call))).events
    await kernels.running_code(kernel_id)

    call.cancel()

    get = pb.GetExecutionRequest(execution_id=accepted.accepted.execution_id)
    if goes == "is cancelled":
        await until(lambda: kernels.interrupts[kernel_id])
    else:
        await execution_stub.GetExecution(get)
        await kernels.interrupt(kernel_id)
    attach = pb.AttachExecutionRequest(execution_id=get.execution_id)
    *_, last = [e async for batch in execution_stub.AttachExecution(attach) for e in batch.events]
    assert state_of(last.finished.execution) == ("CANCELLED" if "is" in goes[:2] else "FAILED")


@pytest.mark.parametrize("limit", [500, 2_000])
async def test_output_over_the_limit_is_counted_not_sent(execution_stub, kernel_id, limit):
    """A caller that prints by mistake what nobody can read is told how much it was."""
    begun = await begin(
        execution_stub, kernel_id=kernel_id, code="lines 200", max_output_bytes=limit
    )

    events = await begun.rest()

    [gap] = [event.gap for event in events if event.HasField("gap")]
    assert gap.reason == pb.GAP_REASON_OUTPUT_LIMIT
    assert len(texts(events)) + gap.missing_count == 200
    assert 0 < len(texts(events)) < 100
    assert await begun.attached(events[0].seq) == events


async def test_output_over_the_limit_can_interrupt(execution_stub, kernel_id, kernels):
    """Where the rest would be a waste of time."""
    begun = await begin(
        execution_stub,
        kernel_id=kernel_id,
        code="chatter",
        max_output_bytes=500,
        on_output_limit=pb.ON_OUTPUT_LIMIT_INTERRUPT,
    )

    ended = (await begun.rest())[-1].finished.execution

    assert (state_of(ended), step_of(ended)) == ("CANCELLED", "INTERRUPTED")


@pytest.mark.covers("ExecutionService.Execute", "EXECUTION_QUEUE_FULL")
async def test_no_more_wait_than_may(execution_stub, kernel_id, kernels):
    """A caller in a loop fills no memory."""
    await begin(execution_stub, kernel_id=kernel_id, code="wait")
    await kernels.running_code(kernel_id)
    for _ in range(5):
        await begin(execution_stub, kernel_id=kernel_id, code="say x")

    refusal = await refused(
        execution_stub.Execute(pb.ExecuteRequest(kernel_id=kernel_id, code="say y"))
    )

    assert refusal.what == ("RESOURCE_EXHAUSTED", "EXECUTION_QUEUE_FULL")
    assert refusal.facts == {"kernel_id": kernel_id, "queue_limit": "5"}


@pytest.mark.covers("ExecutionService.CancelExecution", "EXECUTION_NOT_FOUND")
async def test_an_unknown_one_cannot_be_cancelled(execution_stub):
    """Its id was mistyped, or it is no longer kept."""
    request = pb.CancelExecutionRequest(execution_id="nobody")

    refusal = await refused(execution_stub.CancelExecution(request))

    assert refusal.what == ("NOT_FOUND", "EXECUTION_NOT_FOUND")


@pytest.mark.parametrize(
    "time", [Duration(), Duration(seconds=-1), Duration(nanos=1), Duration(seconds=10**9)]
)
async def test_a_timeout_that_is_none_is_refused(execution_stub, kernel_id, time):
    """Less than a millisecond, or more than a year."""
    request = pb.ExecuteRequest(kernel_id=kernel_id, code="", timeout=time)

    refusal = await refused(execution_stub.Execute(request))

    assert (refusal.reason, refusal.fields) == ("FIELD_INVALID", ("timeout",))
