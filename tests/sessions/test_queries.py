"""Questions to kernels: who answers them, in which states of a kernel."""

import asyncio
import json

import pytest

from jupyter_sessions_server.errors import KernelBusy, KernelDead, KernelNotFound
from jupyter_sessions_server.model import Channel, ExitCause, KernelState, Owner
from jupyter_sessions_server.requests import request
from jupyter_sessions_server.sessions.questions import Complete
from tests.fake_answers import SUBSHELL_ID
from tests.sessions.running_code import ME, requests_to
from tests.waiting import until

QUESTION = Complete("di", 2)


@pytest.fixture
async def kernel_id(kernel_manager):
    """A kernel that is ready."""
    started, _ = await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    await kernel_manager.settled(ME, started)
    return started


@pytest.fixture
def run_for_ever(kernels, kernel_manager):
    """Runs code that waits, and returns when the kernel is known to be busy."""

    async def run_for_ever():
        code = request("execute_request", {"code": "wait"})
        await kernels.send("k1", Channel.SHELL, code)
        await until(lambda: kernel_manager.kernel("k1").state is KernelState.BUSY)

    return run_for_ever


@pytest.fixture
def ask(domain, kernel_id):
    """Asks the kernel for completions of "di"; what it suggests."""

    async def ask(seconds=None):
        return (await domain.queries.ask(ME, kernel_id, QUESTION, seconds)).matches

    return ask


@pytest.fixture
def asking(ask, kernels):
    """Asks, and returns when the kernel has the question; a task that ends with the answer."""

    async def asking():
        task = asyncio.create_task(ask())
        await until(lambda: requests_to(kernels, "complete_request"))
        return task

    return asking


def shells(kernels):
    """Which shells were asked for completions: None is the first one."""
    requests = requests_to(kernels, "complete_request")
    return [json.loads(request.header).get("subshell_id") for request in requests]


async def test_an_idle_kernel_answers_in_its_first_shell(ask, kernels):
    """It needs no second one."""
    kernels.subshells = set()

    assert await ask() == ["die"]
    assert shells(kernels) == [None]
    assert not kernels.subshells


async def test_a_busy_kernel_answers_in_a_subshell(ask, kernels, run_for_ever):
    """While its first shell runs a cell; and the question does not wait there, too."""
    kernels.subshells = set()
    await run_for_ever()

    assert await ask() == ["die"]
    assert shells(kernels) == [SUBSHELL_ID]


async def test_the_state_stays_busy_while_a_subshell_answers(
    ask, kernels, run_for_ever, kernel_manager
):
    """The subshell is idle when it has answered; the cell still runs."""
    kernels.subshells = set()
    await run_for_ever()

    await ask()
    await until(lambda: kernel_manager.next_seq("k1") == kernels.next_seq("k1"))

    assert kernel_manager.kernel("k1").state is KernelState.BUSY


async def test_one_subshell_is_enough(ask, kernels, run_for_ever):
    """Each costs the kernel a thread, and typing asks many questions."""
    kernels.subshells = set()
    await run_for_ever()

    await asyncio.gather(ask(), ask())
    await ask()

    assert len(requests_to(kernels, "create_subshell_request")) == 1


async def test_a_new_process_gets_a_subshell_of_its_own(ask, kernels, kernel_manager, run_for_ever):
    """The one before has ended with its process."""
    kernels.subshells = set()
    await run_for_ever()
    await ask()

    await kernel_manager.restart_kernel(ME, "k1")
    await kernel_manager.settled(ME, "k1")
    kernels.subshells.clear()
    await run_for_ever()

    assert await ask() == ["die"]
    assert len(requests_to(kernels, "create_subshell_request")) == 2


async def test_a_subshell_that_was_deleted_is_not_asked_again(ask, asking, kernels, run_for_ever):
    """Any client of the kernel may delete it; the next question has a new one."""
    kernels.subshells = set()
    await run_for_ever()
    await ask()
    kernels.subshells.clear()

    answer = await asking()
    await until(lambda: shells(kernels) == [SUBSHELL_ID, SUBSHELL_ID, None])
    again = await ask()
    await kernels.interrupt("k1")

    assert again == await answer == ["die"]
    assert len(requests_to(kernels, "create_subshell_request")) == 2


async def test_a_kernel_without_subshells_answers_when_it_is_idle(asking, kernels, run_for_ever):
    """Code that ends soon is worth waiting for."""
    await run_for_ever()

    answer = await asking()
    await kernels.interrupt("k1")

    assert await answer == ["die"]
    assert shells(kernels) == [None]


async def test_a_wrapper_kernel_is_not_asked_while_it_runs_code(asking, kernels, run_for_ever):
    """It says it has subshells, as ipykernel says for it, but its one interpreter is at work."""
    kernels.subshells, kernels.implementation = set(), "bash_kernel"
    await run_for_ever()

    answer = await asking()
    await kernels.interrupt("k1")

    assert await answer == ["die"]
    assert not kernels.subshells


async def test_a_kernel_that_is_not_known_to_be_busy_yet(ask, kernels, kernel_manager):
    """Code that was sent just before the question is before it in the kernel."""
    kernels.subshells = set()
    code = request("execute_request", {"code": "wait"})
    await kernels.send("k1", Channel.SHELL, code)
    assert kernel_manager.kernel("k1").state is KernelState.IDLE

    assert await ask() == ["die"]
    assert shells(kernels) == [None, SUBSHELL_ID]


async def test_a_busy_kernel_whose_control_is_silent_is_asked_when_it_is_idle(
    ask, kernels, run_for_ever
):
    """Kernels with one thread read nothing while they run code."""
    await run_for_ever()
    kernels.answers = False
    answer = asyncio.create_task(ask())
    await until(lambda: len(requests_to(kernels, "kernel_info_request")) > 1)

    await kernels.interrupt("k1")
    await until(lambda: shells(kernels) == [None])
    kernels.answer_now()

    assert await answer == ["die"]


async def test_a_caller_who_waits_shortly_is_answered_shortly(ask, run_for_ever):
    """The server's own time is the most a kernel may take, not the least."""
    await run_for_ever()

    with pytest.raises(KernelBusy, match=r"0\.01 seconds"):
        await ask(seconds=0.01)


async def test_a_kernel_that_dies_while_it_is_asked(asking, kernels, run_for_ever):
    """Nobody waits for its answer any longer."""
    await run_for_ever()
    answer = await asking()

    kernels.die("k1")

    with pytest.raises(KernelDead) as raised:
        await answer
    assert raised.value.facts == {"kernel_id": "k1", "cause": ExitCause.SIGNALED.value}


async def test_a_starting_kernel_answers_when_it_is_ready(domain, kernel_manager, kernels):
    """A caller need not wait himself."""
    kernels.answers = False
    await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    answer = asyncio.create_task(domain.queries.ask(ME, "k1", QUESTION))
    await until(lambda: kernels.requests and kernel_manager.users("k1"))
    asked_before = shells(kernels)

    kernels.answer_now()

    assert (await answer).matches == ["die"]
    assert asked_before == []


async def test_the_kernel_of_another_owner_does_not_exist(domain, kernel_id):
    """What it knows is its owner's."""
    with pytest.raises(KernelNotFound):
        await domain.queries.ask(Owner("other"), kernel_id, QUESTION)


async def test_an_answer_among_much_output_is_found(ask, kernels, kernel_id):
    """Other requests' messages, and gaps in what is kept, do not matter."""
    kernels.journal_bytes = 1
    other = request("execute_request", {"code": ""})
    for n in range(1000):
        kernels.say("k1", other, Channel.IOPUB, "stream", {"name": "stdout", "text": f"{n}"})

    assert await ask() == ["die"]


async def test_whoever_asks_uses_the_kernel(asking, kernel_manager, kernels, run_for_ever):
    """It is not idle for lack of users meanwhile."""
    await run_for_ever()
    answer = await asking()
    users = kernel_manager.users("k1")

    await kernels.interrupt("k1")
    await answer

    assert (users, kernel_manager.users("k1")) == (1, 0)
