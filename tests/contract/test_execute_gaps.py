"""Execute says where events are missing; it never leaves them out in silence."""

from dataclasses import replace

import pytest

from jupyter_sessions.v1 import executions_pb2 as pb
from jupyter_sessions.v1.kernels_pb2 import StartKernelRequest
from jupyter_sessions_server.model import Channel


@pytest.fixture
def config(config):
    """A server whose messages have at most 1 MiB."""
    return replace(config, rpc=replace(config.rpc, max_response_bytes=1024 * 1024))


@pytest.fixture
def running(execution_stub, kernel_stub, kernels):
    """Runs code in a new kernel that prints what it is told to and then ends."""

    async def running(*texts):
        started = await kernel_stub.StartKernel(StartKernelRequest(wait_ready=True))
        kernel_id = started.kernel.kernel_id
        request = pb.ExecuteRequest(kernel_id=kernel_id, code="wait")
        stream = aiter(execution_stub.Execute(request))
        events = list((await anext(stream)).events)
        await kernels.running_code(kernel_id)
        for text in texts:
            content = {"name": "stdout", "text": text}
            kernels.say(kernel_id, kernels.requests[-1][2], Channel.IOPUB, "stream", content)
        await kernels.interrupt(kernel_id)
        return events + [event async for batch in stream for event in batch.events]

    return running


def gaps_and_texts(events):
    """What of the output came, and what did not."""
    return [
        (event.gap.missing_count, event.gap.reason) if event.HasField("gap") else event.stream.text
        for event in events
        if event.HasField("gap") or event.HasField("stream")
    ]


async def test_an_event_larger_than_a_message_may_be(running):
    """The rest of the output still comes."""
    events = await running("before", "x" * 1024 * 1024, "after")

    assert gaps_and_texts(events) == ["before", (1, pb.GAP_REASON_TOO_LARGE), "after"]


async def test_an_event_that_just_fits_comes(running):
    """What a message can hold is sent."""
    text = "x" * (1024 * 1024 - 64 * 1024 - 100)

    assert gaps_and_texts(await running(text)) == [text]


async def test_what_was_not_kept_long_enough(running, kernels):
    """A kernel that prints without end does not fill the memory; its newest output is kept."""
    kernels.journal_bytes = 100_000

    events = await running(*(f"{n} " + "x" * 1000 for n in range(1000)))

    (count, reason), *texts = gaps_and_texts(events)
    assert reason == pb.GAP_REASON_TRIMMED
    assert 800 < count < 1000
    assert texts[-1].startswith("999 ")
    assert events[-1].finished.execution.state == pb.EXECUTION_STATE_FAILED
