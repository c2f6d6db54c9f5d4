"""The kernels of all owners: started, found and ended by their ids."""

import asyncio

import pytest

from jupyter_sessions_server.errors import (
    InvalidField,
    KernelAlreadyExists,
    KernelDead,
    KernelNotFound,
    KernelspecNotFound,
    KernelStartFailed,
)
from jupyter_sessions_server.model import ExitCause, KernelState, Owner
from tests.waiting import until

ME = Owner("me")


@pytest.fixture
async def kernel_id(kernel_manager):
    """A kernel of no session, which is kept."""
    started, _ = await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True)
    return started


async def test_each_start_without_an_id_is_another_kernel(kernel_manager, kernels):
    """Who asks for two gets two."""
    started = [await kernel_manager.start_kernel(ME, kept=True) for _ in range(2)]

    assert [created for _, created in started] == [True, True]
    assert set(kernels.alive) == {kernel_id for kernel_id, _ in started}
    assert len(kernels.alive) == 2


async def test_a_kernel_that_runs_is_returned(kernel_manager, kernels, kernel_id):
    """Who repeats his request starts nothing."""
    again = await kernel_manager.start_kernel(ME, kernel_id=kernel_id, kept=True)

    assert again == (kernel_id, False)
    assert len(kernels.launches) == 1


@pytest.mark.parametrize("names", [["", "", ""], ["python3", "python", ""]])
async def test_concurrent_starts_of_one_id_start_one_process(kernel_manager, kernels, names):
    """However many ask, and by whatever name for the same kernelspec."""
    started = await asyncio.gather(
        *(
            kernel_manager.start_kernel(ME, kernel_id="k1", kernel_name=name, kept=True)
            for name in names
        )
    )

    assert [created for _, created in started].count(True) == 1
    assert len(kernels.launches) == 1


async def test_a_failed_start_of_one_id_fails_for_all_who_want_it(kernel_manager, kernels):
    """Nobody waits for what will not come, and the id is free again."""
    outcomes = await asyncio.gather(
        *(
            kernel_manager.start_kernel(ME, kernel_id="k1", kernel_name="broken", kept=True)
            for _ in range(3)
        ),
        return_exceptions=True,
    )

    assert all(isinstance(outcome, KernelStartFailed) for outcome in outcomes)
    assert (await kernel_manager.start_kernel(ME, kernel_id="k1", kept=True))[1]


async def test_an_id_of_another_kernelspec_is_refused(kernel_manager, kernel_id):
    """One id is one kernel, of one kind."""
    with pytest.raises(KernelAlreadyExists):
        await kernel_manager.start_kernel(ME, kernel_id=kernel_id, kernel_name="ir")


async def test_an_unknown_kernelspec_is_told_as_such(kernel_manager, kernel_id):
    """Whether the id is known or not."""
    for id_ in (kernel_id, "k2", None):
        with pytest.raises(KernelspecNotFound):
            await kernel_manager.start_kernel(ME, kernel_id=id_, kernel_name="unknown")


async def test_an_id_that_another_owner_has_is_taken(kernel_manager, kernel_id):
    """Nothing else is told of it."""
    with pytest.raises(InvalidField) as raised:
        await kernel_manager.start_kernel(Owner("bob"), kernel_id=kernel_id)

    assert raised.value.field == "kernel_id"


async def test_a_dead_kernel_is_not_started_by_its_id(kernel_manager, kernels, kernel_id):
    """It is restarted, on purpose: its variables are gone."""
    kernels.die(kernel_id)
    await until(lambda: kernel_id not in kernel_manager)

    with pytest.raises(KernelDead) as raised:
        await kernel_manager.start_kernel(ME, kernel_id=kernel_id)

    assert raised.value.facts == {"kernel_id": "k1", "cause": "SIGNALED"}
    assert kernel_manager.get_kernel(ME, kernel_id).state is KernelState.DEAD


async def test_a_kernel_is_listed_from_its_start_to_its_shutdown(kernel_manager, kernel_id):
    """In the order of creation, those of sessions too."""
    other, _ = await kernel_manager.start_kernel(ME, kept=True)
    listed = [kernel.kernel_id for kernel in kernel_manager.list_kernels(ME)]

    await kernel_manager.shutdown_kernel(ME, kernel_id)

    assert listed == [kernel_id, other]
    assert [kernel.kernel_id for kernel in kernel_manager.list_kernels(ME)] == [other]


async def test_a_kernel_is_a_member_while_it_lives(kernel_manager, kernels, kernel_id):
    """`kernel_id in kernel_manager`, as in jupyter_server."""
    before = kernel_id in kernel_manager

    kernels.die(kernel_id)
    await until(lambda: kernel_id not in kernel_manager)

    assert before
    assert "unknown" not in kernel_manager


async def test_a_shutdown_tells_how_the_kernel_ended_and_forgets_it(kernel_manager, kernel_id):
    """No session shows it, so nobody would look it up."""
    ended = await kernel_manager.shutdown_kernel(ME, kernel_id)

    assert (ended.state, ended.exit.cause) == (KernelState.DEAD, ExitCause.SHUT_DOWN)
    with pytest.raises(KernelNotFound):
        kernel_manager.get_kernel(ME, kernel_id)


async def test_a_shutdown_goes_on_when_its_caller_leaves(kernel_manager, kernels, kernel_id):
    """No kernel is left between life and death."""
    kernels.may_stop.clear()
    caller = asyncio.create_task(kernel_manager.shutdown_kernel(ME, kernel_id))
    await until(lambda: kernels.stopping)
    caller.cancel()

    kernels.may_stop.set()

    await until(lambda: not kernel_manager.list_kernels(ME))
    assert not kernels.alive


async def test_a_kernel_that_a_session_uses_is_shown_dead(kernel_manager, sessions):
    """The session stays, and tells why it cannot run code."""
    session, _ = await sessions.create_session("a.ipynb", owner=ME)

    await kernel_manager.shutdown_kernel(ME, session.kernel_id)

    assert kernel_manager.get_kernel(ME, session.kernel_id).exit.cause is ExitCause.SHUT_DOWN


async def test_a_kernel_started_by_itself_outlives_sessions_that_failed(
    kernel_manager, sessions, kernels, kernel_id
):
    """An attempt to use it does not end it."""
    with pytest.raises(KernelAlreadyExists):
        await sessions.create_session("a.ipynb", kernel_id=kernel_id, kernel_name="ir", owner=ME)

    assert kernel_id in kernels.alive


async def test_a_restart_of_a_kernel_whose_kernelspec_is_gone_changes_nothing(
    kernel_manager, kernels, specs, kernel_id
):
    """The process that runs is not ended for one that cannot be."""
    del specs.specs["python3"]

    with pytest.raises(KernelspecNotFound):
        await kernel_manager.restart_kernel(ME, kernel_id)

    assert kernel_id in kernels.alive
    assert kernel_manager.get_kernel(ME, kernel_id).alive


async def test_an_interrupt_reaches_the_kernel_and_no_other(kernel_manager, kernels, kernel_id):
    """Ctrl-C, from afar."""
    await kernel_manager.start_kernel(ME, kernel_id="k2", kept=True)

    await kernel_manager.interrupt_kernel(ME, kernel_id)

    assert kernels.interrupts == {kernel_id: 1}


async def test_a_dead_kernel_cannot_be_interrupted(kernel_manager, kernels, kernel_id):
    """Nothing runs in it."""
    kernels.die(kernel_id)
    await until(lambda: kernel_id not in kernel_manager)

    with pytest.raises(KernelDead):
        await kernel_manager.interrupt_kernel(ME, kernel_id)

    assert not kernels.interrupts


async def test_a_kernel_id_is_free_again_when_it_is_forgotten(kernel_manager, kernels, kernel_id):
    """The next kernel of this id is a new one, with an empty journal."""
    await kernel_manager.settled(ME, kernel_id)
    await kernel_manager.shutdown_kernel(ME, kernel_id)

    _, created = await kernel_manager.start_kernel(ME, kernel_id=kernel_id, kept=True)

    assert created
    assert kernel_manager.get_kernel(ME, kernel_id).restarts == 0
    assert (await kernel_manager.settled(ME, kernel_id)).state is KernelState.IDLE


async def test_every_new_kernel_id_is_another(kernel_manager):
    """Ids are never reused by the server."""
    assert len({kernel_manager.new_kernel_id() for _ in range(1_000)}) == 1_000
