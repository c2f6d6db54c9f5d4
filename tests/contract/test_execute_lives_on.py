"""Execute, while kernels start, die and restart, and callers come and go."""

import asyncio
from dataclasses import replace

import grpc
import pytest

from jupyter_sessions.v1 import executions_pb2 as pb
from jupyter_sessions.v1 import kernels_pb2, sessions_pb2
from jupyter_sessions_server.model import Channel
from tests.refusals import refused
from tests.waiting import until


@pytest.fixture
def config(config):
    """A server that lets a caller have three streams open."""
    return replace(config, rpc=replace(config.rpc, stream_limit=3))


@pytest.fixture
async def starting(kernel_stub, kernels):
    """A kernel that has not answered yet."""
    kernels.answers = False
    return (await kernel_stub.StartKernel(kernels_pb2.StartKernelRequest())).kernel


def code_sent(kernels):
    return [request for _, _, request in kernels.requests if request.msg_type == "execute_request"]


async def rest_of(stream):
    return [event async for batch in stream for event in batch.events]


async def test_code_waits_for_a_kernel_that_starts(execution_stub, starting, kernels):
    """A caller need not wait itself: the code is accepted, and run when it can be."""
    request = pb.ExecuteRequest(kernel_id=starting.kernel_id, code="say hello")
    stream = aiter(execution_stub.Execute(request))
    first = await anext(stream)
    assert first.events[0].HasField("accepted")
    assert not code_sent(kernels)

    kernels.answer_now()

    events = await rest_of(stream)
    assert events[-1].finished.execution.state == pb.EXECUTION_STATE_SUCCEEDED


async def test_code_waits_for_the_code_before_it(execution_stub, kernel, kernels):
    """One after the other; each caller sees only its own events."""
    target = {"kernel_id": kernel.kernel_id, "stop_on_error": False}
    first = execution_stub.Execute(pb.ExecuteRequest(code="wait", **target))
    first_events = asyncio.ensure_future(rest_of(first))
    await kernels.running_code(kernel.kernel_id)
    second = aiter(execution_stub.Execute(pb.ExecuteRequest(code="say second", **target)))
    [accepted] = (await anext(second)).events

    await kernels.interrupt(kernel.kernel_id)

    assert accepted.HasField("accepted")
    assert [e.stream.text for e in await first_events if e.HasField("stream")] == []
    texts = [e.stream.text for e in await rest_of(second) if e.HasField("stream")]
    assert texts == ["second"]


async def test_a_kernel_that_dies_ends_the_execution_as_lost(run, kernel):
    """The stream ends properly, with what the kernel died of."""
    events = await run(kernel_id=kernel.kernel_id, code="die")

    execution = events[-1].finished.execution
    assert execution.state == pb.EXECUTION_STATE_LOST
    assert execution.kernel_exit.cause == kernels_pb2.KERNEL_EXIT_CAUSE_SIGNALED
    assert execution.kernel_exit.signal == 9


async def test_a_kernel_that_dies_before_it_is_ready_loses_what_waits(
    execution_stub, starting, kernels
):
    """Nobody waits for ever; numbers rise here, too."""
    request = pb.ExecuteRequest(kernel_id=starting.kernel_id, code="say hello")
    stream = aiter(execution_stub.Execute(request))
    (accepted,) = (await anext(stream)).events

    kernels.die(starting.kernel_id)

    (finished,) = await rest_of(stream)
    assert finished.finished.execution.state == pb.EXECUTION_STATE_LOST
    assert finished.finished.execution.kernel_exit.signal == 9
    assert accepted.seq < finished.seq


async def test_a_session_that_is_deleted_loses_what_waits(session_stub, execution_stub, kernels):
    """Its kernel is forgotten with it, and still the stream ends properly."""
    kernels.answers = False
    request = sessions_pb2.CreateSessionRequest(path="a.ipynb", session_id="s")
    await session_stub.CreateSession(request)
    stream = aiter(execution_stub.Execute(pb.ExecuteRequest(session_id="s", code="say hello")))
    await anext(stream)

    await session_stub.DeleteSession(sessions_pb2.DeleteSessionRequest(session_id="s"))

    (finished,) = await rest_of(stream)
    assert finished.finished.execution.state == pb.EXECUTION_STATE_LOST
    cause = finished.finished.execution.kernel_exit.cause
    assert cause == kernels_pb2.KERNEL_EXIT_CAUSE_SHUT_DOWN


async def test_a_restart_loses_what_runs_and_the_next_code_works(
    run, execution_stub, kernel_stub, kernel, kernels
):
    """The way out of code that does not end."""
    request = pb.ExecuteRequest(kernel_id=kernel.kernel_id, code="wait")
    stream = aiter(execution_stub.Execute(request))
    await kernels.running_code(kernel.kernel_id)

    await kernel_stub.RestartKernel(kernels_pb2.RestartKernelRequest(kernel_id=kernel.kernel_id))

    execution = (await rest_of(stream))[-1].finished.execution
    assert execution.state == pb.EXECUTION_STATE_LOST
    assert execution.kernel_exit.cause == kernels_pb2.KERNEL_EXIT_CAUSE_SHUT_DOWN
    after = await run(kernel_id=kernel.kernel_id, code="say hello")
    assert after[-1].finished.execution.state == pb.EXECUTION_STATE_SUCCEEDED


async def test_a_caller_who_hangs_up_does_not_stop_the_code(
    hang_up, execution_stub, kernel, kernels
):
    """A closed laptop does not end a night's work."""
    request = pb.ExecuteRequest(kernel_id=kernel.kernel_id, code="wait")
    call = execution_stub.Execute(request)
    stream = aiter(call)
    await anext(stream)
    await kernels.running_code(kernel.kernel_id)

    await hang_up(call)

    assert await _still_busy(kernels, kernel)
    assert kernels.interrupts[kernel.kernel_id] == 0


async def test_a_caller_who_hangs_up_while_the_kernel_starts_does_not_stop_the_code(
    hang_up, execution_stub, starting, kernels
):
    """What was accepted is run."""
    request = pb.ExecuteRequest(kernel_id=starting.kernel_id, code="say hello")
    call = execution_stub.Execute(request)
    await anext(aiter(call))

    await hang_up(call)
    kernels.answer_now()

    await until(lambda: code_sent(kernels))


async def test_a_deadline_that_passes_ends_only_the_stream(
    hang_up, execution_stub, kernel, kernels
):
    """The deadline is the caller's patience; how long code may run is another question."""
    request = pb.ExecuteRequest(kernel_id=kernel.kernel_id, code="wait")
    call = execution_stub.Execute(request, timeout=0.2)

    assert await call.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await hang_up(call)
    assert await _still_busy(kernels, kernel)


@pytest.mark.covers("ExecutionService.Execute", "STREAM_LIMIT_REACHED")
@pytest.mark.covers("ExecutionService.AttachExecution", "STREAM_LIMIT_REACHED")
async def test_no_more_streams_than_the_limit(execution_stub, kernel, kernels):
    """Each open stream costs the server memory; those that have ended do not count."""
    request = pb.ExecuteRequest(kernel_id=kernel.kernel_id, code="wait")
    calls = [execution_stub.Execute(request) for _ in range(3)]
    for call in calls:
        batch = await anext(aiter(call))
    id_ = batch.events[0].accepted.execution_id
    attach = pb.AttachExecutionRequest(execution_id=id_)

    refusal = await refused(execution_stub.Execute(request))

    assert await refused(execution_stub.AttachExecution(attach)) == refusal
    assert refusal.what == ("RESOURCE_EXHAUSTED", "STREAM_LIMIT_REACHED")
    assert refusal.facts == {"stream_limit": "3"}
    calls[0].cancel()
    await _is_let_in(execution_stub, request)


async def _still_busy(kernels, kernel):
    await kernels.running_code(kernel.kernel_id)
    return kernel.kernel_id in kernels.alive


async def _is_let_in(execution_stub, request):
    """Wait until the server has noticed that a stream was left."""
    async with asyncio.timeout(10):
        while True:
            try:
                await anext(aiter(execution_stub.Execute(request)))
            except grpc.aio.AioRpcError:
                continue
            return


async def test_a_caller_who_leaves_amid_a_flood_is_no_failure(
    execution_stub, kernel, kernels, caplog, server
):
    """Whoever reads the log is not to look for what is wrong with the service."""
    call = execution_stub.Execute(pb.ExecuteRequest(kernel_id=kernel.kernel_id, code="wait"))
    await kernels.running_code(kernel.kernel_id)
    for _ in range(20):
        say = {"name": "stdout", "text": "x" * 1_000_000}
        kernels.say(kernel.kernel_id, kernels.requests[-1][2], Channel.IOPUB, "stream", say)
    await anext(aiter(call))
    await asyncio.sleep(0.05)  # it is written to, and does not read

    call.cancel()

    await until(lambda: not server._guard._streams)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
