"""Execute runs code in a kernel and streams what it says, typed and numbered."""

import json

import pytest

from jupyter_sessions.v1 import executions_pb2 as pb
from jupyter_sessions_server.model import Channel
from tests.refusals import refused


def kinds(events):
    """What happened, in order."""
    return [event.WhichOneof("event") for event in events]


async def test_code_is_run_in_the_kernel_of_a_session(run, session):
    """Most callers know the document, not its kernel."""
    events = await run(session_id=session.session_id, code="say hello")

    assert kinds(events) == ["accepted", "started", "stream", "finished"]
    assert events[0].accepted.kernel_id == session.kernel.kernel_id
    assert (events[2].stream.name, events[2].stream.text) == ("stdout", "hello")
    assert events[3].finished.execution.session_id == session.session_id


async def test_code_is_run_in_a_kernel_without_a_session(run, kernel):
    """A service that only runs code needs no documents."""
    events = await run(kernel_id=kernel.kernel_id, code="say hello")

    assert events[-1].finished.execution.state == pb.EXECUTION_STATE_SUCCEEDED
    assert events[-1].finished.execution.session_id == ""


async def test_the_last_event_holds_the_whole_execution(run, kernel, clock):
    """A caller who wants only the outcome reads one event."""
    events = await run(kernel_id=kernel.kernel_id, code="value 42")

    execution = events[-1].finished.execution
    assert execution.execution_id == events[0].accepted.execution_id
    assert (execution.kernel_id, execution.code) == (kernel.kernel_id, "value 42")
    assert execution.state == pb.EXECUTION_STATE_SUCCEEDED
    assert execution.execution_count == events[1].started.execution_count == 1
    assert execution.queue_time.ToMilliseconds() == clock.ms
    assert execution.start_time == execution.finish_time == execution.queue_time
    assert (execution.first_seq, execution.next_seq) == (events[0].seq, events[-1].seq + 1)


async def test_a_value_is_typed(run, kernel):
    """What the last expression is comes with its media types and its number."""
    events = await run(kernel_id=kernel.kernel_id, code="value 42")

    (result,) = [event.execute_result for event in events if event.HasField("execute_result")]
    assert [(part.mime_type, part.text) for part in result.data.parts] == [("text/plain", "42")]
    assert result.execution_count == 1


async def test_an_error_is_a_failed_execution_and_not_a_failed_call(run, kernel):
    """That code is wrong is what it says, and the service has done its work."""
    events = await run(kernel_id=kernel.kernel_id, code="fail no good")

    assert kinds(events) == ["accepted", "started", "error", "finished"]
    error = events[2].error
    assert (error.ename, error.evalue) == ("ValueError", "no good")
    assert list(error.traceback) == ["ValueError: no good"]
    assert events[3].finished.execution.state == pb.EXECUTION_STATE_FAILED
    assert events[3].finished.execution.error == error


async def test_numbers_rise_and_none_comes_twice(run, kernel):
    """A caller who resumes knows which events it has seen."""
    for code in ("say hello", "fail", "value 1", ""):
        events = await run(kernel_id=kernel.kernel_id, code=code)

        numbers = [event.seq for event in events]
        assert numbers == sorted(set(numbers))


async def test_each_batch_tells_where_to_resume(execution_stub, kernel):
    """`next_seq` is the number after the batch's last event, or higher."""
    request = pb.ExecuteRequest(kernel_id=kernel.kernel_id, code="say hello")

    batches = [batch async for batch in execution_stub.Execute(request)]

    ends = [batch.events[-1].seq for batch in batches]
    begins = [batch.events[0].seq for batch in batches]
    for batch, end, begin in zip(batches, ends, [*begins[1:], 1 << 40], strict=True):
        assert end < batch.next_seq <= begin


async def test_what_is_there_at_once_comes_in_one_batch(execution_stub, kernels, kernel):
    """A loop that prints costs a message for many lines, not one for each."""
    request = pb.ExecuteRequest(kernel_id=kernel.kernel_id, code="wait")
    stream = aiter(execution_stub.Execute(request))
    await kernels.running_code(kernel.kernel_id)
    _, _, message = kernels.requests[-1]

    for n in range(400):
        stdout = {"name": "stdout", "text": f"{n}\n"}
        kernels.say(kernel.kernel_id, message, Channel.IOPUB, "stream", stdout)
    await kernels.interrupt(kernel.kernel_id)

    batches = [batch async for batch in stream]
    texts = [e.stream.text for batch in batches for e in batch.events if e.HasField("stream")]
    assert texts == [f"{n}\n" for n in range(400)]
    assert len(batches) < 10


async def test_a_batch_can_be_received_by_any_client(execution_stub, kernels, kernel):
    """A gRPC client takes 4 MiB unless told otherwise; outputs together may be more."""
    request = pb.ExecuteRequest(kernel_id=kernel.kernel_id, code="wait")
    stream = aiter(execution_stub.Execute(request))
    await kernels.running_code(kernel.kernel_id)
    _, _, message = kernels.requests[-1]

    for _ in range(10):
        stdout = {"name": "stdout", "text": "x" * 600_000}
        kernels.say(kernel.kernel_id, message, Channel.IOPUB, "stream", stdout)
    await kernels.interrupt(kernel.kernel_id)

    batches = [batch async for batch in stream]
    assert max(batch.ByteSize() for batch in batches) < 4 * 1024 * 1024


async def test_code_is_sent_as_it_is(run, kernels, kernel):
    """Any language, any characters, and nothing at all."""
    code = "say é\U0001f600\0\r\n\tx"

    events = await run(kernel_id=kernel.kernel_id, code=code)
    await run(kernel_id=kernel.kernel_id, code="")

    assert events[2].stream.text == "é\U0001f600\0\r\n\tx"
    sent = [json.loads(request.content)["code"] for _, _, request in kernels.requests[-2:]]
    assert sent == [code, ""]


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({}, {"silent": False, "store_history": True, "stop_on_error": False}),
        ({"silent": True}, {"silent": True, "store_history": False}),
        ({"silent": True, "store_history": True}, {"silent": True, "store_history": True}),
        ({"store_history": False}, {"silent": False, "store_history": False}),
        ({"stop_on_error": False}, {"stop_on_error": False}),
        ({"user_expressions": {"é": "1+1"}}, {"user_expressions": {"é": "1+1"}}),
    ],
    ids=str,
)
async def test_how_to_run_it_reaches_the_kernel(run, kernels, kernel, fields, sent):
    """Defaults are those of the Jupyter protocol; code cannot ask for input nobody would give."""
    await run(kernel_id=kernel.kernel_id, code="", **fields)

    content = json.loads(kernels.requests[-1][2].content)
    assert content.items() >= {**sent, "allow_stdin": False}.items()


@pytest.mark.covers("ExecutionService.Execute", "SESSION_NOT_FOUND", "KERNEL_NOT_FOUND")
@pytest.mark.parametrize("whose", ["session", "kernel"])
async def test_an_unknown_target_is_not_found(execution_stub, whose):
    """A session that was deleted, a kernel that was forgotten."""
    request = pb.ExecuteRequest(**{f"{whose}_id": "nobody"})

    refusal = await refused(execution_stub.Execute(request))

    assert refusal.what == ("NOT_FOUND", f"{whose.upper()}_NOT_FOUND")
    assert refusal.facts == {f"{whose}_id": "nobody"}


@pytest.mark.covers("ExecutionService.Execute", "KERNEL_DEAD")
async def test_a_dead_kernel_runs_nothing(execution_stub, session, kernels):
    """It has to be restarted first; and the error says what it died of."""
    kernels.die(session.kernel.kernel_id)
    request = pb.ExecuteRequest(session_id=session.session_id, code="say hello")

    refusal = await refused(execution_stub.Execute(request))

    assert refusal.what == ("FAILED_PRECONDITION", "KERNEL_DEAD")
    assert refusal.facts == {"kernel_id": session.kernel.kernel_id, "cause": "SIGNALED"}
