"""To whom sessions and kernels belong: for everybody else they do not exist."""

from functools import partial

import pytest

from jupyter_sessions.v1 import executions_pb2, kernels_pb2
from jupyter_sessions.v1 import sessions_pb2 as pb
from jupyter_sessions.v1.executions_pb2_grpc import ExecutionServiceStub
from jupyter_sessions.v1.kernels_pb2_grpc import KernelServiceStub
from jupyter_sessions.v1.sessions_pb2_grpc import SessionServiceStub
from jupyter_sessions_server.model import Owner, Principal
from jupyter_sessions_server.rpc.server import RpcServer
from tests.refusals import refused


class TwoCallers:
    """An Authenticator that knows Ann and Bob by their names."""

    def authenticate(self, token):
        return Principal(Owner(token)) if token in ("ann", "bob") else None


class Caller:
    """All stubs, called as one of the two."""

    def __init__(self, channel, name):
        self._stubs = [
            stub(channel) for stub in (SessionServiceStub, KernelServiceStub, ExecutionServiceStub)
        ]
        self._metadata = (("authorization", f"Bearer {name}"),)

    def __getattr__(self, rpc):
        (stub,) = [stub for stub in self._stubs if hasattr(stub, rpc)]
        return partial(getattr(stub, rpc), metadata=self._metadata, timeout=10)


@pytest.fixture
async def server(config, domain):
    """A server for the two."""
    server = RpcServer(
        config.rpc,
        authenticator=TwoCallers(),
        sessions=domain.sessions,
        executions=domain.executions,
        queries=domain.queries,
        connections=domain.connections,
    )
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def ann(channel):
    return Caller(channel, "ann")


@pytest.fixture
def bob(channel):
    return Caller(channel, "bob")


@pytest.fixture
async def anns(ann):
    """Ann's session of a.ipynb."""
    request = pb.CreateSessionRequest(path="a.ipynb", session_id="s", kernel_id="k")
    return (await ann.CreateSession(request)).session


async def test_two_owners_have_a_session_each_for_a_path(ann, bob, kernels):
    """Paths are one's own."""
    request = pb.CreateSessionRequest(path="a.ipynb")

    first, second = [(await caller.CreateSession(request)) for caller in (ann, bob)]

    assert first.created
    assert second.created
    assert (first.session.owner, second.session.owner) == ("ann", "bob")
    assert (first.session.kernel.owner, second.session.kernel.owner) == ("ann", "bob")
    assert len(kernels.alive) == 2


async def test_lists_hold_what_is_ones_own(ann, bob, anns):
    """Whatever is asked for, and whoever has asked the same before."""
    await ann.ListSessions(pb.ListSessionsRequest())
    sessions = await bob.ListSessions(pb.ListSessionsRequest())
    by_owner = await bob.ListSessions(pb.ListSessionsRequest(filter={"owner": "ann"}))
    kernels = await bob.ListKernels(kernels_pb2.ListKernelsRequest())
    exists = await bob.SessionExists(pb.SessionExistsRequest(path="a.ipynb"))

    assert not sessions.sessions
    assert not by_owner.sessions
    assert not kernels.kernels
    assert not exists.exists


@pytest.mark.parametrize(
    ("rpc", "request_"),
    [
        ("GetSession", pb.GetSessionRequest(session_id="s")),
        ("GetSession", pb.GetSessionRequest(path="a.ipynb")),
        ("GetSession", pb.GetSessionRequest(kernel_id="k")),
        ("GetSession", pb.GetSessionRequest(type="notebook")),
        (
            "UpdateSession",
            pb.UpdateSessionRequest(
                session=pb.Session(session_id="s", name="bob's"), update_mask={"paths": ["name"]}
            ),
        ),
        ("DeleteSession", pb.DeleteSessionRequest(session_id="s")),
        ("Execute", executions_pb2.ExecuteRequest(session_id="s")),
        ("GetKernel", kernels_pb2.GetKernelRequest(kernel_id="k")),
        ("RestartKernel", kernels_pb2.RestartKernelRequest(kernel_id="k")),
        ("InterruptKernel", kernels_pb2.InterruptKernelRequest(kernel_id="k")),
        ("ShutDownKernel", kernels_pb2.ShutDownKernelRequest(kernel_id="k")),
        ("Execute", executions_pb2.ExecuteRequest(kernel_id="k")),
    ],
)
async def test_what_is_not_ones_own_is_not_found(ann, bob, anns, rpc, request_):
    """Not even that it exists is told; and nothing happens to it."""
    refusal = await refused(getattr(bob, rpc)(request_))

    assert refusal.code.name == "NOT_FOUND"
    found = await ann.GetSession(pb.GetSessionRequest(session_id="s"))
    assert found.session.revision == anns.revision
    assert found.session.kernel.restart_count == 0
    assert found.session.kernel.state != kernels_pb2.KERNEL_STATE_DEAD


async def test_a_session_cannot_be_attached_to_anothers_kernel(bob, anns):
    """A kernel sees all that its owner has."""
    mine = (await bob.CreateSession(pb.CreateSessionRequest(path="b.ipynb"))).session
    request = pb.UpdateSessionRequest(
        session=pb.Session(session_id=mine.session_id, kernel={"kernel_id": "k"}),
        update_mask={"paths": ["kernel.kernel_id"]},
    )

    refusal = await refused(bob.UpdateSession(request))

    assert refusal.what == ("NOT_FOUND", "KERNEL_NOT_FOUND")


@pytest.mark.parametrize(
    ("rpc", "request_", "field"),
    [
        ("CreateSession", pb.CreateSessionRequest(path="b", session_id="s"), "session_id"),
        ("CreateSession", pb.CreateSessionRequest(path="b", kernel_id="k"), "kernel_id"),
        ("StartKernel", kernels_pb2.StartKernelRequest(kernel_id="k"), "kernel_id"),
    ],
)
async def test_an_id_that_somebody_else_has_cannot_be_chosen(bob, anns, rpc, request_, field):
    """It is refused as an id, and nothing is told of what has it."""
    refusal = await refused(getattr(bob, rpc)(request_))

    assert refusal.what == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refusal.facts == {"field": field}
    assert "ann" not in refusal.message


async def test_request_ids_are_ones_own(ann, bob):
    """Two callers may name their requests alike."""
    request = pb.CreateSessionRequest(path="a.ipynb", request_id="1")

    first, second = [await caller.CreateSession(request) for caller in (ann, bob)]

    assert first.session.session_id != second.session.session_id


async def test_a_page_token_is_of_no_use_to_another(ann, bob, anns):
    """It holds where somebody else's list goes on."""
    await ann.CreateSession(pb.CreateSessionRequest(path="b.ipynb"))
    page = await ann.ListSessions(pb.ListSessionsRequest(page_size=1))

    request = pb.ListSessionsRequest(page_token=page.next_page_token)
    refusal = await refused(bob.ListSessions(request))

    assert refusal.reason == "PAGE_TOKEN_INVALID"
