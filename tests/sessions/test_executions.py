"""Code that is run in kernels, and what it said."""

import asyncio
import json
from contextlib import aclosing

import pytest

from jupyter_sessions_server.errors import KernelDead, KernelNotFound
from jupyter_sessions_server.model import (
    Accepted,
    Code,
    CodeError,
    ExecutionState,
    Finished,
    Owner,
    Result,
    Started,
    StartMode,
    StreamText,
)
from tests.sessions.running_code import ME, events_of, requests_to
from tests.waiting import until


@pytest.fixture
def executions(domain):
    """Runs code."""
    return domain.executions


@pytest.fixture
async def kernel_id(kernel_manager):
    """A kernel that is ready."""
    started, _ = await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    await kernel_manager.settled(ME, started)
    return started


@pytest.mark.parametrize(
    ("code", "outputs", "state"),
    [
        ("pass", [], ExecutionState.SUCCEEDED),
        ("say hello", [StreamText("stdout", "hello")], ExecutionState.SUCCEEDED),
        ("value 42", [Result({"text/plain": "42"}, {}, 1)], ExecutionState.SUCCEEDED),
        (
            "fail oh",
            [CodeError("ValueError", "oh", ["ValueError: oh"])],
            ExecutionState.FAILED,
        ),
        ("die", [], ExecutionState.LOST),
    ],
)
async def test_code_is_accepted_started_and_finished(executions, kernel_id, code, outputs, state):
    """Whatever becomes of it, the events have one beginning and one end."""
    events = await events_of(executions, code)

    first, second, *between, last = [event.output for event in events]
    assert isinstance(first, Accepted)
    assert second == Started(1)
    assert between == outputs
    assert isinstance(last, Finished)
    assert last.execution.state is state


async def test_event_numbers_rise(executions, kernel_id):
    """No number of an execution comes twice."""
    await events_of(executions, "say x")

    numbers = [event.seq for event in await events_of(executions, "say y")]

    assert numbers == sorted(set(numbers))


async def test_each_batch_tells_where_to_go_on(executions, kernel_id):
    """Who loses his connection resumes after what he has."""
    batches = [batch async for batch in executions.execute(ME, kernel_id, Code("say x"))]

    assert all(batch.next_seq > batch.events[-1].seq for batch in batches)
    assert batches[-1].next_seq == batches[-1].events[-1].output.execution.next_seq


async def test_the_kernel_is_asked_what_the_caller_asked(executions, kernel_id, kernels):
    """Options reach the kernel under Jupyter's names."""
    await events_of(
        executions, "x", silent=True, store_history=False, user_expressions={"a": "1"},
        stop_on_error=False,
    )  # fmt: skip

    [request] = requests_to(kernels)
    assert json.loads(request.content) == {
        "code": "x", "silent": True, "store_history": False, "user_expressions": {"a": "1"},
        "allow_stdin": False, "stop_on_error": False,
    }  # fmt: skip
    assert json.loads(request.header)["msg_id"] == request.msg_id


async def test_executions_side_by_side_get_their_own_outputs(executions, kernel_id):
    """Two windows on one kernel do not see each other's prints as theirs."""
    both = await asyncio.gather(events_of(executions, "say one"), events_of(executions, "say two"))

    said = [
        [event.output.text for event in events if isinstance(event.output, StreamText)]
        for events in both
    ]
    assert said == [["one"], ["two"]]


async def test_code_for_a_starting_kernel_waits_until_it_is_ready(
    executions, kernel_manager, kernels
):
    """A caller need not wait himself."""
    kernels.answers = False
    await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    running = asyncio.create_task(events_of(executions, "say x"))
    await until(lambda: kernels.requests)
    sent_before = requests_to(kernels)

    kernels.answer_now()
    events = await running

    assert not sent_before
    assert events[-1].output.execution.state is ExecutionState.SUCCEEDED


async def test_code_goes_on_when_nobody_reads(executions, kernel_id, kernels):
    """A lost connection does not stop a training run."""
    batches = executions.execute(ME, kernel_id, Code("wait"))
    async with aclosing(batches):
        await anext(batches)

    await until(lambda: requests_to(kernels))
    await kernels.running_code(kernel_id)

    assert not kernels.interrupts


async def test_code_accepted_before_its_caller_left_is_run(executions, kernel_manager, kernels):
    """What was accepted was promised, also to a kernel that is yet to answer."""
    kernels.answers = False
    await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    batches = executions.execute(ME, "k1", Code("say x"))
    async with aclosing(batches):
        await anext(batches)

    kernels.answer_now()

    await until(lambda: requests_to(kernels))


async def test_a_list_shows_what_streams_have_told(executions, kernel_id):
    """Code that has ended is not shown as waiting, also while its end is being stored."""
    await events_of(executions, "pass")
    saving = asyncio.create_task(executions.save())
    await asyncio.sleep(0)

    page = await executions.list_executions(ME, kernel_id)

    assert [each.state for each in page.executions] == [ExecutionState.SUCCEEDED]
    await saving


async def test_an_interrupt_ends_the_code_with_an_error(
    executions, kernel_manager, kernels, kernel_id
):
    """As Ctrl-C does."""
    running = asyncio.create_task(events_of(executions, "wait"))
    await kernels.running_code(kernel_id)

    await kernel_manager.interrupt_kernel(ME, kernel_id)

    assert (await running)[-1].output.execution.error.ename == "KeyboardInterrupt"


async def test_a_dead_kernel_takes_no_code(executions, kernel_manager, kernels, kernel_id):
    """The caller hears it before anything is accepted."""
    kernels.die(kernel_id)
    await until(lambda: kernel_id not in kernel_manager)

    with pytest.raises(KernelDead):
        await events_of(executions, "say x")


@pytest.mark.parametrize(("owner", "kernel"), [(ME, "unknown"), (Owner("bob"), "k1")])
async def test_a_kernel_that_is_not_the_callers_takes_no_code(executions, kernel_id, owner, kernel):
    """Whether there is none, or one of another owner."""
    with pytest.raises(KernelNotFound):
        await anext(executions.execute(owner, kernel, Code("say x")))


@pytest.mark.parametrize("mode", [StartMode.COLD, StartMode.WARM])
async def test_a_warm_kernel_gets_code_before_it_has_answered(
    executions, kernel_manager, kernels, mode
):
    """It has its sockets already: the first result comes a round trip sooner."""
    kernels.start_mode, kernels.answers = mode, False
    await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    running = asyncio.create_task(events_of(executions, "say x"))
    await until(lambda: requests_to(kernels, "kernel_info_request"))
    if mode is StartMode.WARM:
        await until(lambda: requests_to(kernels))

    sent_early = bool(requests_to(kernels))
    kernels.answer_now()

    assert [e.output.text for e in await running if isinstance(e.output, StreamText)] == ["x"]
    assert sent_early is (mode is StartMode.WARM)
