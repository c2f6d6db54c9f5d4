"""Events in messages: as few as their size allows, whatever comes at once."""

import pytest

from jupyter_sessions.v1 import executions_pb2 as pb
from jupyter_sessions_server.model import Accepted, ExecutionEvent, StreamText
from jupyter_sessions_server.rpc.authentication import TokenAuthenticator
from jupyter_sessions_server.rpc.execution_service import MAX_BATCH_BYTES
from jupyter_sessions_server.rpc.server import RpcServer
from jupyter_sessions_server.sessions.execution_events import EventBatch
from jupyter_sessions_server.sessions.reader import DEFAULT_OWNER
from tests.conftest import TOKEN


class OneBatch:
    """Executions whose events come all at once, as they may after a while."""

    def __init__(self):
        self.texts = []

    async def execute(self, owner, kernel_id, code, session_id=None, **options):
        events = [ExecutionEvent(1, 0, Accepted("e", "k"))]
        for number, text in enumerate(self.texts, start=2):
            events.append(ExecutionEvent(number, 0, StreamText("stdout", text)))
        yield EventBatch(events, len(events) + 1)


@pytest.fixture
def executions():
    return OneBatch()


@pytest.fixture
async def server(config, domain, executions):
    """A server with these executions."""
    server = RpcServer(
        config.rpc,
        authenticator=TokenAuthenticator(TOKEN, DEFAULT_OWNER),
        sessions=domain.sessions,
        executions=executions,
        queries=domain.queries,
        connections=domain.connections,
    )
    await server.start()
    yield server
    await server.stop()


@pytest.mark.parametrize(
    ("sizes", "counts"),
    [
        ([], [1]),
        ([10] * 1000, [1001]),
        ([0.9, 0.9, 0.9], [2, 1, 1]),
        ([0.4, 0.4, 0.4, 0.4], [3, 2]),
        ([3], [1, 1]),
        ([0.1, 3, 0.1], [2, 1, 1]),
    ],
    ids=str,
)
async def test_events_come_in_as_few_messages_as_their_size_allows(
    execution_stub, executions, sizes, counts
):
    """A client takes 4 MiB at most; one event may be larger, and then comes alone."""
    executions.texts = ["x" * int(size * MAX_BATCH_BYTES if size <= 3 else size) for size in sizes]

    call = execution_stub.Execute(pb.ExecuteRequest(kernel_id="k"))

    batches = [batch async for batch in call]
    assert [len(batch.events) for batch in batches] == counts
    events = [event for batch in batches for event in batch.events]
    assert [event.stream.text for event in events[1:]] == executions.texts
    assert [batch.next_seq for batch in batches] == [b.events[-1].seq + 1 for b in batches]
