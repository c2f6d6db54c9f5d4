"""EventStream: what code says as it comes, and calls that never outlive their reader."""

import asyncio
import contextlib

import grpc
import pytest

import jupyter_sessions
from jupyter_sessions.errors import KernelDead, ServerStopping
from jupyter_sessions.v1.executions_pb2 import ExecutionEvent, StreamOutput

HELLO = ExecutionEvent(seq=2, stream=StreamOutput(name="stdout", text="hello\n"))


async def test_events_come_one_by_one(client, fake):
    """The server sends batches; a reader need not know."""
    fake.says["hello()"] = [HELLO, HELLO]

    kinds = [e.WhichOneof("event") async for e in client.execute("hello()", session_id="s0")]

    assert kinds == ["accepted", "stream", "stream", "finished"]


async def test_code_is_sent_when_the_stream_is_first_read(client, fake):
    """A stream that nobody reads leaves no call behind."""
    client.execute("1 + 1", session_id="s0")

    await client.session_exists("a.ipynb")

    assert not fake.requests["Execute"]


async def test_breaking_out_of_the_loop_ends_the_call(client, fake):
    """gRPC would keep the call, and the server its stream, for as long as the channel lives."""
    stream = client.execute("wait", session_id="s0")

    async for _event in stream:
        break

    await asyncio.wait_for(fake.hung_up.wait(), timeout=5)


async def test_an_error_in_the_loop_ends_the_call(client, fake):
    """What goes wrong at the reader's is no reason to leak."""
    with contextlib.suppress(ZeroDivisionError):
        async for _event in client.execute("wait", session_id="s0"):
            raise ZeroDivisionError

    await asyncio.wait_for(fake.hung_up.wait(), timeout=5)


async def test_cancelling_the_reader_ends_the_call(client, fake):
    """asyncio.timeout and task groups cancel."""
    async with client.open_session("a.ipynb") as session:
        reader = asyncio.create_task(session.execute("wait"))
        await fake.asked["Execute"].wait()

        reader.cancel()

        await asyncio.wait_for(fake.hung_up.wait(), timeout=5)


async def test_leaving_the_block_ends_the_call_even_if_the_iterator_is_kept(client, fake):
    """Where it matters when the call ends, a block says so."""
    async with client.execute("wait", session_id="s0") as stream:
        kept = aiter(stream)
        await anext(kept)

    await asyncio.wait_for(fake.hung_up.wait(), timeout=5)
    await kept.aclose()


async def test_nothing_more_comes_after_the_block(client):
    """An iterator that was kept must not begin another call."""
    async with client.execute("1 + 1", session_id="s0") as stream:
        kept = aiter(stream)
        await anext(kept)

    with pytest.raises(RuntimeError, match="the block of this stream has ended"):
        await anext(kept)


async def test_an_iterator_that_was_closed_has_ended(client, fake):
    """As for any other that contextlib.aclosing closes."""
    async with contextlib.aclosing(aiter(client.execute("wait", session_id="s0"))) as events:
        await anext(events)

    assert await anext(events, None) is None
    await asyncio.wait_for(fake.hung_up.wait(), timeout=5)


async def test_a_read_that_was_given_up_goes_on_where_it_was(client, fake):
    """Waiting with a time limit is what programs do; silence is not the end."""
    fake.says["wait"] = [HELLO]
    events = aiter(client.execute("wait", session_id="s0"))
    came = [await anext(events), await anext(events)]

    for _ in range(2):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(events), 0.05)
        fake.hanging.add("AttachExecution")
    fake.hanging.clear()
    came += [event async for event in events]

    assert [event.WhichOneof("event") for event in came] == ["accepted", "stream", "finished"]
    assert {(r.execution_id, r.from_seq) for r in fake.requests["AttachExecution"]} == {("e1", 100)}


async def test_code_whose_acceptance_was_not_waited_for_runs_once(client, fake):
    """The next read asks for the same execution."""
    fake.hanging.add("Execute")
    events = aiter(client.execute("1", session_id="s0"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(events), 0.05)
    fake.hanging.clear()

    kinds = [event.WhichOneof("event") async for event in events]

    first, second = fake.requests["Execute"]
    assert first.request_id == second.request_id
    assert kinds == ["accepted", "finished"]


async def test_two_that_read_at_once_are_told(client):
    """The second must not begin another call beside the first."""
    events = aiter(client.execute("wait", session_id="s0"))
    await anext(events)
    reader = asyncio.create_task(anext(events))
    await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="already running"):
        await anext(events)

    reader.cancel()


async def test_a_read_of_the_blocking_client_that_failed_goes_on_too(fake):
    """The same iterator serves when the server is back, whatever a program has given up before."""
    fake.says["hello()"] = [HELLO]
    fake.fail_next("Execute, later", grpc.StatusCode.UNAVAILABLE, "SERVER_STOPPING")

    def read():
        with jupyter_sessions.sync.connect(fake.target, resume_seconds=0) as client:
            events = iter(client.execute("hello()", session_id="s0"))
            came = [next(events), next(events)]
            with pytest.raises(ServerStopping):
                next(events)
            return [*came, *events]

    kinds = [event.WhichOneof("event") for event in await asyncio.to_thread(read)]
    assert kinds == ["accepted", "stream", "finished"]


async def test_the_blocking_client_ends_the_call_too(fake):
    """The same holds for `for` as for `async for`."""
    loop = asyncio.get_running_loop()

    def read_one():
        with jupyter_sessions.sync.connect(fake.target) as client:
            stream = client.execute("wait", session_id="s0")
            for _event in stream:
                break
            # Before the channel is closed, which would end it as well.
            asyncio.run_coroutine_threadsafe(fake.hung_up.wait(), loop).result(timeout=5)

    await asyncio.to_thread(read_one)


async def test_a_stream_is_read_once(client):
    """Reading it again would run the code again."""
    stream = client.execute("1 + 1", session_id="s0")
    async for _event in stream:
        pass

    with pytest.raises(RuntimeError, match="read already"):
        await anext(aiter(stream))


async def test_a_refused_execution_raises_at_the_first_event(client, fake):
    """A dead kernel is an error of the call; code that raises is not."""
    code = grpc.StatusCode.FAILED_PRECONDITION
    fake.fail_next("Execute", code, "KERNEL_DEAD", {"cause": "OUT_OF_MEMORY"})

    with pytest.raises(KernelDead) as raised:
        async for _event in client.execute("1 + 1", kernel_id="k0"):
            pass

    assert raised.value.metadata["cause"] == "OUT_OF_MEMORY"


async def test_options_go_into_the_request(client, fake):
    """They have the names of the request's fields; the timeout is in seconds."""
    async for _event in client.execute("1", kernel_id="k0", silent=True, timeout=2.5):
        pass

    [request] = fake.requests["Execute"]
    assert (request.kernel_id, request.silent) == ("k0", True)
    assert request.timeout.ToMilliseconds() == 2500


@pytest.mark.parametrize("seconds", [1e300, float("inf"), float("nan"), -1, 0, 0.0009, 31622401])
async def test_a_timeout_that_no_server_takes_is_refused_where_it_is_given(client, seconds):
    """Whatever is wrong with it, the error names it and what it may be."""
    bounds = r"^timeout is .*: it is from 0\.001 to 31622400 seconds \(366 days\), or None"

    with pytest.raises(ValueError, match=bounds):
        client.execute("1", kernel_id="k0", timeout=seconds)


@pytest.mark.parametrize("seconds", [0.001, 31622400])
async def test_a_timeout_may_be_as_short_and_long_as_servers_take(client, fake, seconds):
    """The bounds themselves are allowed."""
    async for _event in client.execute("1", kernel_id="k0", timeout=seconds):
        pass

    [request] = fake.requests["Execute"]
    assert request.timeout.ToMilliseconds() == seconds * 1000


@pytest.mark.parametrize("target", [{}, {"session_id": "s0", "kernel_id": "k0"}])
async def test_code_runs_in_one_place(client, target):
    """A session or a kernel: neither is a default for the other."""
    with pytest.raises(ValueError, match="one of the two"):
        client.execute("1 + 1", **target)


async def test_a_stream_that_breaks_off_goes_on_where_it_was(client, fake):
    """The server was replaced, and the reader need not know."""
    fake.says["hello()"] = [HELLO]
    fake.fail_next("Execute, later", grpc.StatusCode.UNAVAILABLE, "SERVER_STOPPING")
    fake.fail_next("AttachExecution", grpc.StatusCode.UNAVAILABLE)

    events = [event async for event in client.execute("hello()", session_id="s0")]

    assert [event.WhichOneof("event") for event in events] == ["accepted", "stream", "finished"]
    assert [(r.execution_id, r.from_seq) for r in fake.requests["AttachExecution"]] == [
        ("e1", 100)
    ] * 2


async def test_code_whose_call_broke_before_it_was_accepted_is_sent_again(client, fake):
    """With the same request_id: the server runs it once."""
    fake.fail_next("Execute", grpc.StatusCode.UNAVAILABLE)

    events = [event async for event in client.execute("1", session_id="s0")]

    first, second = fake.requests["Execute"]
    assert first == second
    assert first.request_id
    assert events[-1].HasField("finished")


async def test_a_stream_that_cannot_be_resumed_raises_after_what_came_before(fake):
    """What was read stays read, and the error says where to go on."""
    fake.says["hello()"] = [HELLO]
    facts = {"execution_id": "e1", "next_seq": "3"}
    fake.fail_next("Execute, later", grpc.StatusCode.UNAVAILABLE, "SERVER_STOPPING", facts)
    events = []

    async with jupyter_sessions.connect(fake.target, "t", resume_seconds=0) as impatient:
        with pytest.raises(ServerStopping) as raised:
            async for event in impatient.execute("hello()", session_id="s0"):
                events.append(event)

    assert events[-1] == HELLO
    assert raised.value.metadata == facts


async def test_an_execution_can_be_attached_to_by_its_id(client, fake):
    """By another program, or the same one on another day."""
    first = client.execute("1", session_id="s0")
    _ = [event async for event in first]

    again = [event async for event in client.attach(first.execution_id, from_seq=7)]

    assert [event.WhichOneof("event") for event in again] == ["finished"]
    assert [(r.execution_id, r.from_seq) for r in fake.requests["AttachExecution"]] == [("e1", 7)]


async def test_executions_are_found_listed_and_cancelled(client, fake):
    """By whoever knows an id, or where code ran."""
    found = await client.get_execution("e1")
    listed = [each.execution_id async for each in client.list_executions(session_id="s0")]
    cancelled = await client.cancel_execution("e7")

    assert found.execution_id == "e1"
    assert listed == ["e2", "e1"]
    assert cancelled.execution_id == "e7"
    assert [r.page_token for r in fake.requests["ListExecutions"]] == ["", "second"]
