"""Two callers at once, the second at every moment of the first: what is left makes sense."""

import asyncio

import pytest

from jupyter_sessions_server.errors import JupyterSessionsError
from jupyter_sessions_server.model import KernelDisposition
from tests.sessions.loop_turns import all_done, turns
from tests.sessions.parts import open_sessions
from tests.sessions.slow_parts import MemoryStore, SlowKernels

DEFAULT = "default"
FAR_ENOUGH = 24
"""Turns after which the longest of the calls has been answered."""

CALLS = {
    "create on its kernel": lambda s, _: s.create_session("x", kernel_id="k1"),
    "create on another's kernel id": lambda s, _: s.create_session("x", kernel_id="k9"),
    "create its path": lambda s, _: s.create_session("a"),
    "create its path on a new kernel": lambda s, _: s.create_session("a", kernel_name="ir"),
    "delete": lambda s, a: s.delete_session(a),
    "delete the one beside": lambda s, _: s.delete_session("s2"),
    "delete, the kernel too": lambda s, a: s.delete_session(a, kernel=KernelDisposition.SHUT_DOWN),
    "delete but keep the kernel": lambda s, a: s.delete_session(a, kernel=KernelDisposition.KEEP),
    "rename": lambda s, a: s.update_session(a, path="b"),
    "switch to a new kernel": lambda s, a: s.update_session(a, kernel_name="ir"),
    "switch the one beside": lambda s, _: s.update_session("s2", kernel_name="ir"),
    "switch a third to it": lambda s, _: s.update_session("s3", kernel_id="k1"),
    "shut the kernel down": lambda s, _: s.kernel_manager.shutdown_kernel(DEFAULT, "k1"),
    "restart the kernel": lambda s, _: s.kernel_manager.restart_kernel(DEFAULT, "k1"),
    "start a kernel of its id": lambda s, _: s.kernel_manager.start_kernel(
        DEFAULT, kernel_id="k1", kept=True
    ),
}


async def begin(sessions, shared):
    """Session s1 on kernel k1, which s2 may share, and s3 on a kernel of its own."""
    await sessions.create_session("a", session_id="s1", kernel_id="k1")
    if shared:
        await sessions.create_session("b.ipynb", session_id="s2", kernel_id="k1")
    await sessions.create_session("c", session_id="s3", kernel_id="k3")
    await all_done()


async def assert_sound(sessions, store, kernels):
    """Every kernel that runs is somebody's; every session's kernel is known; nothing is pending."""
    listed = (await sessions.list_sessions()).sessions
    shown = {kernel.kernel_id: kernel for kernel in sessions.kernel_manager.list_kernels(DEFAULT)}
    used = {session.kernel_id for session in listed}
    kept = {record.kernel_id for record in store.kernels.values() if record.kept}
    assert not list(sessions.pending)
    assert used <= set(shown)
    assert set(shown) == set(store.kernels)
    assert {kernel_id for kernel_id, kernel in shown.items() if kernel.alive} == set(kernels.alive)
    assert set(kernels.alive) <= used | kept, "a kernel runs that nobody has"
    assert [session.revision for session in listed] == [
        store.sessions[session.session_id].revision for session in listed
    ]


@pytest.mark.parametrize("second", CALLS)
@pytest.mark.parametrize("first", CALLS)
@pytest.mark.parametrize("shared", [False, True], ids=["alone", "shared"])
@pytest.mark.parametrize(
    "moments",
    [range(0, FAR_ENOUGH, 8), pytest.param(range(FAR_ENOUGH), marks=pytest.mark.slow)],
    ids=["some", "every"],
)
async def test_whatever_comes_together_leaves_sense(clock, first, second, shared, moments):
    """Each caller is answered, or refused with a reason; no kernel is lost or left over."""
    for moment in moments:
        store, kernels = MemoryStore(), SlowKernels(clock)
        async with open_sessions(store, kernels, clock) as sessions:
            await begin(sessions, shared)
            one = asyncio.create_task(CALLS[first](sessions, "s1"))
            await turns(moment)

            outcomes = await asyncio.gather(
                one, CALLS[second](sessions, "s1"), return_exceptions=True
            )

            await all_done()
            refusals = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
            assert all(isinstance(refusal, JupyterSessionsError) for refusal in refusals), moment
            await assert_sound(sessions, store, kernels)
