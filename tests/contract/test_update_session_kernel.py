"""UpdateSession gives a session another kernel, and says what becomes of the one it had."""

import asyncio
from dataclasses import replace

import pytest

from jupyter_sessions.v1 import kernels_pb2
from jupyter_sessions.v1 import sessions_pb2 as pb
from jupyter_sessions_server.config import KernelConfig
from tests.refusals import refused
from tests.waiting import until


@pytest.fixture
def config(config):
    """A server for two kernels."""
    return replace(config, kernels=KernelConfig(kernel_limit=2))


@pytest.fixture
def switch(session_stub, session):
    """Calls UpdateSession for the session, with another kernel by id or name."""

    def switch(*, previous=pb.KERNEL_DISPOSITION_UNSPECIFIED, new=None, **kernel):
        new = new or {}
        return session_stub.UpdateSession(
            pb.UpdateSessionRequest(
                session=pb.Session(session_id=session.session_id, kernel=kernel, **new),
                update_mask={"paths": [*new, *(f"kernel.{field}" for field in kernel)]},
                previous_kernel=previous,
            )
        )

    return switch


async def test_a_new_kernel_of_another_kernelspec(switch, session, kernels):
    """Somebody picks another kernel in a menu."""
    changed = (await switch(kernel_name="ir")).session

    assert changed.session_id == session.session_id
    assert changed.revision == session.revision + 1
    assert changed.kernel.kernel_name == "ir"
    assert list(kernels.alive) == [changed.kernel.kernel_id]


async def test_a_new_kernel_of_the_same_kernelspec(switch, session):
    """A kernel name asks for a new kernel each time, also of the kind that it has."""
    changed = (await switch(kernel_name="python3")).session

    assert changed.kernel.kernel_id != session.kernel.kernel_id


async def test_a_new_kernel_knows_the_new_path(switch, kernels):
    """Moving a document and its kernel is one change."""
    changed = (await switch(kernel_name="ir", new={"path": "w/b.ipynb"})).session

    assert (changed.path, changed.kernel.cwd) == ("w/b.ipynb", "/root/w")
    assert kernels.launches[1].env == {"JPY_SESSION_NAME": "w/b.ipynb"}


async def test_a_kernel_that_runs_can_be_attached_to(switch, kernel):
    """A second document joins the variables of a first."""
    changed = (await switch(kernel_id=kernel.kernel_id)).session

    assert changed.kernel.kernel_id == kernel.kernel_id


async def test_attaching_to_the_kernel_it_has_changes_nothing(switch, session, kernels):
    """Repeating is safe; above all it does not end the kernel."""
    changed = (await switch(kernel_id=session.kernel.kernel_id)).session

    assert changed == session
    assert list(kernels.alive) == [session.kernel.kernel_id]


@pytest.mark.parametrize(
    ("previous", "lives"),
    [
        ("UNSPECIFIED", False),
        ("SHUT_DOWN_IF_UNUSED", False),
        ("KEEP", True),
        ("SHUT_DOWN", False),
    ],
)
async def test_the_old_kernel_is_dealt_with_as_told(
    switch, session, kernel, kernel_stub, previous, lives
):
    """By default nothing is left running that nobody uses; a caller may want to come back."""
    old = kernels_pb2.GetKernelRequest(kernel_id=session.kernel.kernel_id)

    await switch(kernel_id=kernel.kernel_id, previous=f"KERNEL_DISPOSITION_{previous}")

    if lives:
        found = await kernel_stub.GetKernel(old)
        assert found.kernel.state == kernels_pb2.KERNEL_STATE_IDLE
    else:
        assert (await refused(kernel_stub.GetKernel(old))).reason == "KERNEL_NOT_FOUND"


@pytest.mark.parametrize(
    ("previous", "state"),
    [("SHUT_DOWN_IF_UNUSED", "IDLE"), ("KEEP", "IDLE"), ("SHUT_DOWN", "DEAD")],
)
async def test_an_old_kernel_that_another_session_uses(
    switch, session, kernel, session_stub, previous, state
):
    """By default the other document does not notice; with SHUT_DOWN its session stays, dead."""
    other = pb.CreateSessionRequest(path="b.ipynb", kernel_id=session.kernel.kernel_id)
    await session_stub.CreateSession(other)

    await switch(kernel_id=kernel.kernel_id, previous=f"KERNEL_DISPOSITION_{previous}")

    found = (await session_stub.GetSession(pb.GetSessionRequest(path="b.ipynb"))).session
    assert found.kernel.kernel_id == session.kernel.kernel_id
    assert kernels_pb2.KernelState.Name(found.kernel.state) == f"KERNEL_STATE_{state}"


@pytest.mark.covers("SessionService.UpdateSession", "KERNEL_NOT_FOUND", "KERNELSPEC_NOT_FOUND")
@pytest.mark.parametrize(
    ("kernel", "reason"),
    [
        ({"kernel_id": "nobody"}, "KERNEL_NOT_FOUND"),
        ({"kernel_name": "nope"}, "KERNELSPEC_NOT_FOUND"),
    ],
)
async def test_an_unknown_kernel_changes_nothing(switch, session, session_stub, kernel, reason):
    """Nor is the path changed that came with it."""
    refusal = await refused(switch(new={"path": "b.ipynb"}, **kernel))

    assert refusal.what == ("NOT_FOUND", reason)
    assert refusal.facts == {**kernel}
    found = await session_stub.GetSession(pb.GetSessionRequest(path="a.ipynb"))
    assert found.session == session


@pytest.mark.covers("SessionService.UpdateSession", "KERNEL_DEAD")
async def test_a_dead_kernel_cannot_be_attached_to(switch, session, session_stub, kernels):
    """The session keeps its own, which runs."""
    other = await session_stub.CreateSession(pb.CreateSessionRequest(path="b.ipynb"))
    kernels.die(other.session.kernel.kernel_id)

    refusal = await refused(switch(kernel_id=other.session.kernel.kernel_id))

    assert refusal.what == ("FAILED_PRECONDITION", "KERNEL_DEAD")
    found = await session_stub.GetSession(pb.GetSessionRequest(path="a.ipynb"))
    assert found.session == session


@pytest.mark.covers("SessionService.UpdateSession", "KERNEL_START_FAILED")
async def test_a_start_that_fails_changes_nothing(switch, session, session_stub, kernels):
    """The old kernel is let go only when there is a new one."""
    refusal = await refused(switch(kernel_name="broken", new={"name": "b"}))

    assert refusal.what == ("FAILED_PRECONDITION", "KERNEL_START_FAILED")
    found = await session_stub.GetSession(pb.GetSessionRequest(path="a.ipynb"))
    assert found.session == session
    assert list(kernels.alive) == [session.kernel.kernel_id]


@pytest.mark.covers("SessionService.UpdateSession", "KERNEL_LIMIT_REACHED")
async def test_no_more_kernels_than_the_limit(switch, session, kernel, session_stub):
    """Old and new kernel run side by side for a moment, and both count."""
    refusal = await refused(switch(kernel_name="ir"))

    assert refusal.what == ("RESOURCE_EXHAUSTED", "KERNEL_LIMIT_REACHED")
    found = await session_stub.GetSession(pb.GetSessionRequest(path="a.ipynb"))
    assert found.session == session


async def test_a_path_in_use_starts_no_kernel(switch, session_stub, session, kernels):
    """All of the change is refused before anything is begun."""
    request = pb.CreateSessionRequest(path="b.ipynb", kernel_id=session.kernel.kernel_id)
    await session_stub.CreateSession(request)

    refusal = await refused(switch(kernel_name="ir", new={"path": "b.ipynb"}))

    assert refusal.reason == "SESSION_ALREADY_EXISTS"
    assert len(kernels.launches) == 1


async def test_a_path_that_is_taken_meanwhile_ends_the_new_kernel(
    switch, session_stub, session, kernels
):
    """Whoever is second finds everything as it was, and no process left over."""
    kernels.may_start.clear()
    switching = switch(kernel_name="ir", new={"path": "b.ipynb"})
    await kernels.held_up(1)
    request = pb.CreateSessionRequest(path="b.ipynb", kernel_id=session.kernel.kernel_id)
    await session_stub.CreateSession(request)

    kernels.may_start.set()

    assert (await refused(switching)).reason == "SESSION_ALREADY_EXISTS"
    assert list(kernels.alive) == [session.kernel.kernel_id]


async def test_an_update_goes_on_when_its_caller_hangs_up(hang_up, switch, session_stub, kernels):
    """A switch that has begun is not left half done."""
    kernels.may_start.clear()
    switching = switch(kernel_name="ir")
    await kernels.held_up(1)

    await hang_up(switching)
    kernels.may_start.set()

    async with asyncio.timeout(10):
        while (found := await _kernel_of_a(session_stub)).kernel_name != "ir":
            pass
    await until(lambda: list(kernels.alive) == [found.kernel_id])


async def _kernel_of_a(session_stub):
    found = await session_stub.GetSession(pb.GetSessionRequest(path="a.ipynb"))
    return found.session.kernel
