"""When the disk is full: an error that says so, and nothing changed."""

import pytest

from jupyter_sessions.v1 import executions_pb2, kernels_pb2
from jupyter_sessions.v1 import sessions_pb2 as pb
from jupyter_sessions_server.errors import StorageFull
from jupyter_sessions_server.store.executions import SqliteExecutionStore
from jupyter_sessions_server.store.sqlite import SqliteStore
from tests.refusals import refused


class FullStore(SqliteStore):
    """A store whose disk has no room when it is told so."""

    full = False

    async def insert(self, session, request):
        self._require_room()
        return await super().insert(session, request)

    async def replace(self, session, kernel_env=None, committed=lambda: None):
        self._require_room()
        return await super().replace(session, kernel_env, committed)

    async def delete(self, session):
        self._require_room()
        return await super().delete(session)

    async def save_kernel(self, kernel):
        self._require_room()
        await super().save_kernel(kernel)

    def _require_room(self):
        if self.full:
            raise StorageFull


class FullExecutionStore(SqliteExecutionStore):
    """The same for executions."""

    full = False

    async def add(self, record):
        if self.full:
            raise StorageFull
        await super().add(record)


@pytest.fixture
async def execution_store():
    """An empty store, with room for now."""
    async with FullExecutionStore() as opened:
        yield opened


@pytest.fixture
async def store():
    """An empty store, with room for now."""
    async with FullStore() as opened:
        yield opened


@pytest.mark.covers("SessionService", "STORAGE_FULL")
async def test_a_session_that_cannot_be_stored_is_not_created(session_stub, store, kernels):
    """Its kernel would be one that nobody finds again."""
    store.full = True
    request = pb.CreateSessionRequest(path="a.ipynb")

    refusal = await refused(session_stub.CreateSession(request))

    assert refusal.what == ("RESOURCE_EXHAUSTED", "STORAGE_FULL")
    assert not kernels.alive
    store.full = False
    assert (await session_stub.CreateSession(request)).created


@pytest.mark.covers("KernelService", "STORAGE_FULL")
async def test_a_kernel_that_cannot_be_stored_is_not_started(kernel_stub, store, kernels):
    """The same without a session."""
    store.full = True

    refusal = await refused(kernel_stub.StartKernel(kernels_pb2.StartKernelRequest()))

    assert refusal.what == ("RESOURCE_EXHAUSTED", "STORAGE_FULL")
    assert not kernels.alive


@pytest.mark.parametrize("field", ["path", "kernel.kernel_name"])
async def test_an_update_that_cannot_be_stored_changes_nothing(
    session_stub, session, store, kernels, field
):
    """Neither the path nor the kernel."""
    store.full = True
    new = pb.Session(session_id=session.session_id, path="b", kernel={"kernel_name": "ir"})
    request = pb.UpdateSessionRequest(session=new, update_mask={"paths": [field]})

    refusal = await refused(session_stub.UpdateSession(request))

    assert refusal.what == ("RESOURCE_EXHAUSTED", "STORAGE_FULL")
    found = await session_stub.GetSession(pb.GetSessionRequest(path="a.ipynb"))
    assert found.session == session
    assert list(kernels.alive) == [session.kernel.kernel_id]


async def test_a_deletion_that_cannot_be_stored_can_be_repeated(session_stub, session, store):
    """The session is still there, and goes when there is room."""
    store.full = True
    request = pb.DeleteSessionRequest(session_id=session.session_id)

    refusal = await refused(session_stub.DeleteSession(request))

    assert refusal.what == ("RESOURCE_EXHAUSTED", "STORAGE_FULL")
    store.full = False
    await session_stub.DeleteSession(request)
    exists = await session_stub.SessionExists(pb.SessionExistsRequest(path="a.ipynb"))
    assert not exists.exists


@pytest.mark.covers("ExecutionService.Execute", "STORAGE_FULL")
async def test_code_that_cannot_be_stored_is_not_run(
    execution_stub, session, execution_store, kernels
):
    """Nobody would find again what it said."""
    execution_store.full = True
    request = executions_pb2.ExecuteRequest(session_id=session.session_id, code="say x")

    refusal = await refused(execution_stub.Execute(request))

    assert refusal.what == ("RESOURCE_EXHAUSTED", "STORAGE_FULL")
    assert not [r for _, _, r in kernels.requests if r.msg_type == "execute_request"]
    execution_store.full = False
    *_, last = [e async for batch in execution_stub.Execute(request) for e in batch.events]
    assert last.HasField("finished")


async def test_reading_goes_on(session_stub, session, store):
    """Reads write nothing."""
    store.full = True

    answer = await session_stub.ListSessions(pb.ListSessionsRequest())

    assert list(answer.sessions) == [session]
