"""DeleteSession while others use, end and forget the same kernel."""

import asyncio

import pytest

from jupyter_sessions.v1 import kernels_pb2
from jupyter_sessions.v1 import sessions_pb2 as pb
from jupyter_sessions_server.store.sqlite import SqliteStore
from tests.fakes import FakeSpecs
from tests.refusals import refused
from tests.waiting import until


class SlowStore(SqliteStore):
    """A store whose deletions can be held up when they have been committed."""

    def __init__(self):
        super().__init__()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.deleted = False

    async def delete(self, session):
        revision = await super().delete(session)
        self.deleted = True
        await self.may_answer.wait()
        return revision


class SlowSpecs(FakeSpecs):
    """Kernelspecs whose answers can be held up."""

    def __init__(self):
        super().__init__()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.waiting = False

    async def find(self, kernel_name):
        self.waiting = not self.may_answer.is_set()
        await self.may_answer.wait()
        return await super().find(kernel_name)


@pytest.fixture
async def store():
    """An empty store."""
    async with SlowStore() as opened:
        yield opened


async def test_a_kernel_that_is_forgotten_meanwhile_is_still_told(
    session_stub, kernel_stub, session, store
):
    """Somebody shuts the kernel down just when its last session goes."""
    store.may_answer.clear()
    request = pb.DeleteSessionRequest(session_id=session.session_id)
    deleting = asyncio.ensure_future(session_stub.DeleteSession(request))
    await until(lambda: store.deleted)
    shut_down = kernels_pb2.ShutDownKernelRequest(kernel_id=session.kernel.kernel_id)
    await kernel_stub.ShutDownKernel(shut_down)

    store.may_answer.set()

    answer = await deleting
    assert answer.kernel.kernel_id == session.kernel.kernel_id
    assert answer.kernel.state == kernels_pb2.KERNEL_STATE_DEAD


async def test_a_deletion_under_way_lets_nobody_attach_to_the_kernel(
    session_stub, session, kernels
):
    """The kernel ends, and a session that is created now would have a dead one."""
    kernels.may_stop.clear()
    request = pb.DeleteSessionRequest(session_id=session.session_id)
    deleting = asyncio.ensure_future(session_stub.DeleteSession(request))
    await until(lambda: kernels.stopping)

    attaching = pb.CreateSessionRequest(path="b.ipynb", kernel_id=session.kernel.kernel_id)
    refusal = await refused(session_stub.CreateSession(attaching))
    kernels.may_stop.set()
    await deleting

    assert refusal.what == ("FAILED_PRECONDITION", "KERNEL_DEAD")


async def test_an_update_waits_for_a_deletion_under_way(session_stub, session, kernels):
    """One transition of a session at a time."""
    kernels.may_stop.clear()
    deleting = asyncio.ensure_future(
        session_stub.DeleteSession(pb.DeleteSessionRequest(session_id=session.session_id))
    )
    await until(lambda: kernels.stopping)
    renamed = pb.Session(session_id=session.session_id, path="b.ipynb")
    updating = session_stub.UpdateSession(
        pb.UpdateSessionRequest(session=renamed, update_mask={"paths": ["path"]})
    )

    kernels.may_stop.set()

    assert (await refused(updating)).reason == "SESSION_NOT_FOUND"
    await deleting


class TestWhileAnotherCreates:
    """With kernelspecs that take their time."""

    @pytest.fixture
    def specs(self):
        """Kernelspecs whose answers can be held up."""
        return SlowSpecs()

    async def test_a_session_that_goes_meanwhile_is_created_anew(
        self, session_stub, session, specs
    ):
        """Whoever opens the document while another closes it gets a session that exists."""
        specs.may_answer.clear()
        request = pb.CreateSessionRequest(path="a.ipynb", kernel_name="python")
        creating = asyncio.ensure_future(session_stub.CreateSession(request))
        await until(lambda: specs.waiting)
        deletion = pb.DeleteSessionRequest(session_id=session.session_id)
        await session_stub.DeleteSession(deletion)

        specs.may_answer.set()

        answer = await creating
        assert answer.created
        found = await session_stub.GetSession(pb.GetSessionRequest(path="a.ipynb"))
        assert found.session.session_id == answer.session.session_id
