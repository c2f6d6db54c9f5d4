"""How long a kernel may take to answer, of the time its caller has."""

import pytest

from jupyter_sessions.v1 import executions_pb2 as pb
from jupyter_sessions_server.rpc.authentication import TokenAuthenticator, authenticate
from jupyter_sessions_server.rpc.kernel_queries import KernelQueryHandlers
from jupyter_sessions_server.sessions.questions import Completion
from jupyter_sessions_server.sessions.reader import DEFAULT_OWNER


class Call:
    """What a handler knows of its call."""

    def __init__(self, seconds):
        self._seconds = seconds

    def time_remaining(self):
        return self._seconds


class Queries:
    """Remembers how long a kernel may take."""

    def __init__(self):
        self.seconds = []

    async def ask(self, owner, kernel_id, question, seconds):
        self.seconds.append(seconds)
        return Completion([], 0, 0, {})


@pytest.mark.parametrize(("left", "given"), [(10.0, 9.0), (None, None)])
async def test_the_kernel_has_most_of_the_time_of_the_caller(left, given):
    """The rest is for the answer to get there, or the refusal that says the kernel is busy."""
    authenticate(TokenAuthenticator("t", DEFAULT_OWNER), [("authorization", "Bearer t")])
    queries = Queries()
    handlers = KernelQueryHandlers(queries, sessions=None)

    await handlers.Complete(pb.CompleteRequest(kernel_id="k"), Call(left))

    assert queries.seconds == [given]
