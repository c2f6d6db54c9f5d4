"""What is pending: sessions that are being created or deleted."""

import asyncio

import pytest

from jupyter_sessions_server.errors import JupyterSessionsError
from tests.sessions.loop_turns import turns
from tests.sessions.parts import open_sessions
from tests.sessions.slow_parts import MemoryStore, SlowKernels
from tests.waiting import until


async def test_a_creation_is_pending_while_its_kernel_starts(sessions, kernels):
    """There is exactly one record, from before the kernel runs until the session is stored."""
    kernels.may_start.clear()
    creation = asyncio.create_task(sessions.create_session("a.ipynb", session_id="s1"))
    await kernels.held_up(1)
    meanwhile = [record.session_id for record in sessions.pending]

    kernels.may_start.set()
    await creation

    assert meanwhile == ["s1"]
    assert len(sessions.pending) == 0


async def test_a_deletion_is_pending_while_its_kernel_ends(sessions, kernels):
    """There is exactly one record, which knows the kernel too."""
    session, _ = await sessions.create_session("a.ipynb")
    kernels.may_stop.clear()
    deletion = asyncio.create_task(sessions.delete_session(session.session_id))
    await until(lambda: kernels.stopping)
    meanwhile = [(record.session_id, record.kernel_id) for record in sessions.pending]

    kernels.may_stop.set()
    await deletion

    assert meanwhile == [(session.session_id, session.kernel_id)]
    assert len(sessions.pending) == 0


async def test_creations_of_two_paths_are_pending_side_by_side(sessions, kernels):
    """Nothing makes one document wait for another."""
    kernels.may_start.clear()
    creations = [asyncio.create_task(sessions.create_session(path)) for path in ("a", "b")]
    await kernels.held_up(2)
    meanwhile = len(sessions.pending)

    kernels.may_start.set()
    await asyncio.gather(*creations)

    assert meanwhile == 2
    assert len(sessions.pending) == 0


async def test_creations_of_one_path_are_pending_once(sessions, kernels):
    """Two windows that open one document wait for one session."""
    kernels.may_start.clear()
    creations = [asyncio.create_task(sessions.create_session("a.ipynb")) for _ in range(2)]
    await kernels.held_up(1)
    meanwhile = len(sessions.pending)

    kernels.may_start.set()
    await asyncio.gather(*creations)

    assert meanwhile == 1
    assert len(sessions.pending) == 0


async def test_a_deletion_and_a_creation_are_pending_side_by_side(sessions, kernels):
    """What ends one of them says nothing of the other."""
    old, _ = await sessions.create_session("a.ipynb")
    kernels.may_stop.clear()
    kernels.may_start.clear()
    creation = asyncio.create_task(sessions.create_session("b.ipynb", session_id="s2"))
    await kernels.held_up(1)
    deletion = asyncio.create_task(sessions.delete_session(old.session_id))
    await until(lambda: kernels.stopping)
    both = len(sessions.pending)

    kernels.may_stop.set()
    await deletion
    left = [record.session_id for record in sessions.pending]
    kernels.may_start.set()
    await creation

    assert (both, left) == (2, ["s2"])


class HeldUpStore(MemoryStore):
    """A store that can let an insertion wait."""

    def __init__(self):
        super().__init__()
        self.may_insert = asyncio.Event()
        self.may_insert.set()

    async def insert(self, session, request):
        await self.may_insert.wait()
        return await super().insert(session, request)


async def test_a_deletion_and_a_creation_on_one_kernel_are_two_records(clock):
    """The notebook is closed while its console opens: neither is taken for the other."""
    store, kernels = HeldUpStore(), SlowKernels(clock)
    async with open_sessions(store, kernels, clock) as sessions:
        await sessions.create_session("a.ipynb", session_id="s1", kernel_id="k1")
        store.may_insert.clear()
        opening = sessions.create_session("console", session_id="s2", kernel_id="k1")
        creation = asyncio.create_task(opening)
        await until(lambda: any(record.kernel_id for record in sessions.pending))
        deletion = asyncio.create_task(sessions.delete_session("s1"))
        while "s1" not in sessions.pending:
            await turns(1)  # it may be over soon
        told = [record.session_id for record in sessions.pending]

        store.may_insert.set()
        await asyncio.gather(creation, deletion)

    assert told == ["s2", "s1"]
    assert len(sessions.pending) == 0


@pytest.mark.parametrize(
    "wanted",
    [{"kernel_name": "broken"}, {"kernel_name": "unknown"}, {"session_id": "taken"}],
)
async def test_a_creation_that_failed_is_not_pending(sessions, wanted):
    """A failure leaves no record behind for ever."""
    await sessions.create_session("taken.ipynb", session_id="taken")

    with pytest.raises(JupyterSessionsError):
        await sessions.create_session("a.ipynb", **wanted)

    assert len(sessions.pending) == 0


async def test_a_creation_that_was_left_is_not_pending(sessions, kernels):
    """A caller who hangs up leaves no record behind for ever."""
    kernels.may_start.clear()
    creation = asyncio.create_task(sessions.create_session("a.ipynb"))
    await kernels.held_up(1)

    creation.cancel()
    await until(lambda: not kernels.starting)

    await until(lambda: len(sessions.pending) == 0)
    assert not await sessions.session_exists("a.ipynb")
    assert not kernels.alive
