"""Kernels as the store keeps them: so that they can be shown and restarted by another server."""

from dataclasses import replace

import pytest

from jupyter_sessions_server.model import (
    ExitCause,
    KernelExit,
    KernelProgress,
    KernelStart,
    StartMode,
)
from tests.store.rows import EXIT, kernel, session

pytestmark = pytest.mark.parametrize("exclusive", [False, True], ids=["shared", "exclusive"])


async def test_a_kernel_comes_back_as_it_was_saved(store):
    """So that it can be shown and restarted by another server."""
    given = kernel(
        "k3", kernel_name="ir", owner="bob", cwd="/x", env={"A": "ä"}, created_ms=5_000,
        restarts=3, kept=True, exit=EXIT, start=KernelStart(StartMode.WARM, "", 20), next_seq=9,
        busy=True,
    )  # fmt: skip

    await store.save_kernel(given)

    assert (await store.list_kernels())[-1] == given


@pytest.mark.parametrize(
    "changes",
    [
        {"start_ms": 9, "last_activity_ms": 9, "restarts": 2},
        {"kept": True},
        {"exit": EXIT},
        {"exit": KernelExit(ExitCause.EXITED, 9, exit_code=0)},
    ],
)
async def test_a_kernel_may_be_saved_again(store, changes):
    """What has changed of it is what counts; and back again."""
    await store.save_kernel(kernel("k1", **changes))
    changed = (await store.list_kernels())[0]
    await store.save_kernel(kernel("k1"))

    assert changed == kernel("k1", **changes)
    assert await store.list_kernels() == [kernel("k1"), kernel("k2")]


async def test_progress_is_saved_for_many_kernels_at_once(store):
    """What kernels say is noted now and then, in one transaction."""
    progress = [KernelProgress(id_, 7, True, 9, 20) for id_ in ("k1", "unknown", "k2")]

    await store.save_progress(progress)

    listed = await store.list_kernels()
    assert [record.kernel_id for record in listed] == ["k1", "k2"]
    for record in listed:
        assert (record.next_seq, record.busy, record.last_activity_ms) == (7, True, 9)
        assert record.start == KernelStart(ready_after_ms=20)


async def test_kernels_are_listed_in_the_order_of_their_creation(store):
    """And saving one again does not change it."""
    await store.save_kernel(kernel("k0", created_ms=500))
    await store.save_kernel(kernel("k1", restarts=1))

    assert [record.kernel_id for record in await store.list_kernels()] == ["k0", "k1", "k2"]


async def test_a_kernel_that_a_session_uses_is_not_forgotten(store):
    """No session is ever without its kernel."""
    stored = await store.insert(session("a"), None)
    await store.forget_kernel("k1")
    kept = [record.kernel_id for record in await store.list_kernels()]

    await store.delete(stored)
    await store.forget_kernel("k1")

    assert kept == ["k1", "k2"]
    assert [record.kernel_id for record in await store.list_kernels()] == ["k2"]


async def test_forgetting_an_unknown_kernel_does_nothing(store):
    """Cleaning up twice is safe."""
    await store.forget_kernel("unknown")

    assert len(await store.list_kernels()) == 2


async def test_kernels_are_no_change_of_sessions(store):
    """A busy kernel wakes nobody who watches sessions."""
    await store.save_kernel(kernel("k1", exit=EXIT))
    await store.forget_kernel("k2")

    assert await store.revision() == 0


async def test_saving_a_kernel_leaves_its_environment(store):
    """It is changed with the session's name alone, so that an older record cannot undo that."""
    old = await store.insert(session("a"), None)
    await store.replace(replace(old, path="b"), {"JPY_SESSION_NAME": "b"})

    await store.save_kernel(kernel("k1", restarts=1))

    assert (await store.list_kernels())[0].env == {"JPY_SESSION_NAME": "b"}


async def test_a_kernel_is_used_by_its_sessions(store):
    """Whether by one besides the one that is about to go."""
    a = await store.insert(session("a"), None)
    alone = await store.is_kernel_used("k1", a.session_id)
    b = await store.insert(session("b", owner="bob"), None)

    assert not alone
    assert await store.is_kernel_used("k1")
    assert await store.is_kernel_used("k1", a.session_id)
    assert await store.is_kernel_used("k1", "unknown")
    assert not await store.is_kernel_used("k2", b.session_id)
