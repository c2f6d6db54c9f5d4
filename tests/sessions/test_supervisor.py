"""One kernel from start to end: its state is what its journal says."""

import asyncio

import pytest

from jupyter_sessions_server.config import KernelConfig
from jupyter_sessions_server.errors import (
    KernelDead,
    KernelHostUnavailable,
    KernelStartFailed,
    StorageFull,
)
from jupyter_sessions_server.model import Channel, ExitCause, KernelState
from jupyter_sessions_server.requests import request
from jupyter_sessions_server.sessions.messages import UNTRACKED_TYPES
from tests.sessions.supervised import Supervised
from tests.waiting import until


@pytest.fixture
async def it(tasks, kernels, clock):
    """A kernel that is to be started."""
    return Supervised(tasks, kernels, clock)


@pytest.fixture
async def running(it):
    """A kernel that is ready."""
    await it.start()
    return it


async def test_a_kernel_is_starting_until_it_has_answered(it, kernels):
    """Nobody is told that it is idle before it can run code."""
    kernels.answers = False
    await it.supervisor.start()
    await until(lambda: kernels.requests)
    before = it.kernel.state

    kernels.answer_now()
    await it.supervisor.settled()

    assert before is KernelState.STARTING
    assert it.kernel.state is KernelState.IDLE


async def test_an_answer_alone_does_not_make_a_kernel_ready(it, kernels):
    """What it prints would be lost as long as nothing is heard on iopub."""
    kernels.answers = False
    await it.supervisor.start()
    question = request("kernel_info_request", {})
    kernels.say("k1", question, Channel.SHELL, "kernel_info_reply", {})
    await until(lambda: len(kernels.requests) > 1)  # it is asked again, to be heard
    before = it.kernel.state

    kernels.say("k1", question, Channel.IOPUB, "status", {"execution_state": "idle"})
    await it.supervisor.settled()

    assert before is KernelState.STARTING
    assert it.kernel.state is KernelState.IDLE


async def test_being_heard_alone_does_not_make_a_kernel_ready(it, kernels):
    """A kernel says "starting" long before it takes code."""
    kernels.answers = False
    await it.supervisor.start()

    it.tell("starting", for_type="")
    await it.read_all()

    assert it.kernel.state is KernelState.STARTING


async def test_a_kernel_that_runs_code_is_ready(it, kernels, clock):
    """Code may come before our question, and take for ever: the kernel is busy, not starting."""
    kernels.answers = False
    await it.supervisor.start()
    clock.ms += 700

    it.tell("busy")
    await it.read_all()

    assert it.kernel.state is KernelState.BUSY
    assert it.kernel.start.ready_after_ms == 700
    assert not it.supervisor.settling


async def test_a_kernel_that_got_ready_while_it_could_not_be_ended_is_ready(it, kernels):
    """What it said is not forgotten because its end was tried meanwhile."""
    kernels.answers = False
    await it.supervisor.start()
    kernels.may_stop.clear()
    kernels.stop_errors["k1"] = KernelHostUnavailable("no keeper")
    ending = asyncio.create_task(it.supervisor.shut_down(ExitCause.SHUT_DOWN))
    await until(lambda: kernels.stopping)
    kernels.answer_now()
    await it.read_all()
    kernels.may_stop.set()
    with pytest.raises(KernelHostUnavailable):
        await ending

    assert it.kernel.state is KernelState.IDLE
    assert not it.supervisor.settling


async def test_the_time_to_the_first_answer_is_told(it, kernels, clock):
    """Who wonders why notebooks open slowly sees where the time went."""
    kernels.answers = False
    await it.supervisor.start()
    unknown = it.kernel.start.ready_after_ms
    clock.ms += 1_500

    kernels.answer_now()
    await it.supervisor.settled()

    assert (unknown, it.kernel.start.ready_after_ms) == (None, 1_500)


async def test_a_kernel_that_never_answers_is_ended_at_the_deadline(tasks, kernels, clock):
    """A caller who waits for it learns that it will not come."""
    kernels.answers = False
    it = Supervised(tasks, kernels, clock, config=KernelConfig(start_seconds=0.05))
    await it.supervisor.start()

    await it.supervisor.settled()

    assert it.kernel.exit.cause is ExitCause.NEVER_READY
    assert not kernels.alive
    assert it.saved[-1].exit.cause is ExitCause.NEVER_READY


async def test_a_kernel_is_busy_from_its_request_to_its_answer(running):
    """As it says itself."""
    running.tell("busy")
    await running.read_all()
    meanwhile = running.kernel.state

    running.tell("idle")
    await running.read_all()

    assert meanwhile is KernelState.BUSY
    assert running.kernel.state is KernelState.IDLE


@pytest.mark.parametrize("type_", sorted(UNTRACKED_TYPES))
async def test_questions_about_the_kernel_do_not_make_it_busy(running, clock, type_):
    """A browser that asks every kernel how it is keeps none of them from being culled."""
    before = running.kernel.last_activity_ms
    clock.ms += 1_000

    running.tell("busy", for_type=type_)
    await running.read_all()

    assert running.kernel.state is KernelState.IDLE
    assert running.kernel.last_activity_ms == before


async def test_what_a_kernel_does_for_a_caller_is_activity(running, clock):
    """Idle is counted from the last thing it did."""
    clock.ms += 1_000

    running.tell("busy")
    await running.read_all()

    assert running.kernel.last_activity_ms == clock.ms


@pytest.mark.parametrize("state", ["strange", "", None, 5, {"a": 1}])
async def test_a_strange_status_changes_nothing(running, state):
    """A kernel with states of its own is as busy as it was."""
    running.tell("busy")

    running.tell(state)
    await running.read_all()

    assert running.kernel.state is KernelState.BUSY


async def test_every_change_is_told(running, kernels):
    """Whoever shows kernels need not look at them again and again."""
    running.tell("busy")
    await running.read_all()
    running.tell("idle")
    await running.read_all()
    kernels.die("k1")
    await until(lambda: running.saved)

    states = [kernel.state.value for kernel in running.shown]
    assert states == ["starting", "idle", "busy", "idle", "dead"]


async def test_a_process_that_ends_by_itself_is_dead_with_its_cause(running, kernels):
    """A crash is seen at once, and stored."""
    kernels.die("k1", signal=11, stderr_tail="oh")

    await until(lambda: running.saved)

    assert running.kernel.state is KernelState.DEAD
    assert running.kernel.exit.signal == 11
    assert running.saved[-1].exit == running.kernel.exit


async def test_a_process_that_ends_while_it_starts_is_dead(it, kernels):
    """Who waits for it is told at once, not at the deadline."""
    kernels.answers = False
    await it.supervisor.start()

    kernels.die("k1")
    await it.supervisor.settled()

    assert it.kernel.exit.cause is ExitCause.SIGNALED


async def test_a_process_that_cannot_be_started_is_an_error(it, kernels):
    """And nothing is saved of it, or left to be followed."""
    kernels.unstartable = {"python3"}

    with pytest.raises(KernelStartFailed):
        await it.supervisor.start()

    assert (kernels.alive, it.saved, it.kernel.state) == ({}, [], KernelState.STARTING)


async def test_a_kernel_that_is_shut_down_is_stopping_and_then_dead(running, kernels, tasks):
    """Nobody is given a kernel that is on its way out."""
    kernels.may_stop.clear()
    ending = tasks.create_task(running.supervisor.shut_down(ExitCause.CULLED))
    await until(lambda: kernels.stopping)
    meanwhile = running.kernel.state
    with pytest.raises(KernelDead):
        running.supervisor.require_alive()

    kernels.may_stop.set()
    await ending

    assert meanwhile is KernelState.STOPPING
    assert running.kernel.exit.cause is ExitCause.CULLED


async def test_shutting_down_a_dead_kernel_keeps_the_cause(running, kernels):
    """What it died of is not overwritten by tidying up."""
    kernels.die("k1")
    await until(lambda: not running.kernel.alive)

    await running.supervisor.shut_down(ExitCause.SHUT_DOWN)

    assert running.kernel.exit.cause is ExitCause.SIGNALED


async def test_what_a_dead_kernel_said_last_does_not_revive_it(running, kernels):
    """Messages may come late; the process is gone."""
    kernels.die("k1")

    running.tell("idle")
    await running.read_all()

    assert running.kernel.state is KernelState.DEAD


async def test_a_kernel_of_the_store_that_died_is_dead_from_the_first(tasks, kernels, clock, it):
    """A server that starts shows it as it was left."""
    await it.start()
    kernels.die("k1", signal=7)
    await until(lambda: it.saved)

    later = Supervised(tasks, kernels, clock, record=it.saved[-1])

    await later.supervisor.settled()
    assert later.kernel.exit.signal == 7
    with pytest.raises(KernelDead):
        later.supervisor.require_alive()


async def test_an_end_that_cannot_be_stored_is_known_all_the_same(running, kernels, caplog):
    """A full disk does not hide what the kernel died of, nor keep it from being restarted."""
    running.save_error = StorageFull()
    kernels.die("k1", signal=11)
    await until(lambda: not running.kernel.alive)
    await running.supervisor.end_stored()
    cause = running.kernel.exit.cause

    running.save_error = None
    await running.supervisor.restart(only_if_dead=False)
    await running.supervisor.settled()

    assert cause is ExitCause.SIGNALED
    assert running.kernel.state is KernelState.IDLE
    assert "end not stored" in caplog.text


async def test_who_listens_and_fails_does_not_end_the_kernel(running, kernels, caplog):
    """What nobody has thought of in a message is told in the log; the next ones are heard."""
    heard = []

    def hear(record):
        heard.append(record)
        raise ZeroDivisionError

    running.supervisor._heard = hear
    running.tell("busy")
    await running.read_all()

    assert running.kernel.state is KernelState.BUSY
    assert len(heard) == 1
    assert "record not applied k1" in caplog.text


async def test_a_kernel_that_cannot_be_asked_leaves_no_process(it, kernels, caplog):
    """Somebody would have to find and end it by hand."""

    async def fail(*_):
        raise OSError("too many open files")

    kernels.send = fail
    await it.start()

    assert (it.kernel.state, it.kernel.exit.cause) == (KernelState.DEAD, ExitCause.LOST)
    assert not kernels.alive
    assert "supervisor failed" in caplog.text


@pytest.fixture
async def unread(running, kernels):
    """A kernel whose journal is no longer read, since a record could not be; it is being ended."""
    await running.read_all()

    def fail(_):
        raise OSError("too many open files")

    running.supervisor._hear = fail
    kernels.may_stop.clear()
    running.tell("busy")
    await until(lambda: kernels.stopping)
    del running.supervisor._hear
    yield running
    kernels.may_stop.set()


async def test_nobody_waits_for_what_is_not_read_any_more(unread, kernels):
    """Its process may take a while to end."""
    async with asyncio.timeout(1):
        await unread.supervisor.applied(kernels.next_seq("k1") - 1)


async def test_who_starts_it_again_goes_on_where_reading_failed(unread, kernels):
    """What the process before had said, and its end, are told first."""
    heard = []
    unread.supervisor._heard = heard.append
    failed_at = unread.supervisor.next_seq
    kernels.may_stop.set()
    await until(lambda: unread.kernel.state is KernelState.DEAD)

    await unread.supervisor.restart(only_if_dead=False)
    await unread.supervisor.settled()
    await unread.read_all()

    assert [record.seq for record in heard] == list(range(failed_at, kernels.next_seq("k1")))
    assert unread.kernel.state is KernelState.IDLE
