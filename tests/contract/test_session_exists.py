"""SessionExists tells whether the caller has a session for a path."""

import pytest

from jupyter_sessions.v1 import sessions_pb2 as pb


@pytest.mark.parametrize(
    ("path", "expected"), [("a.ipynb", True), ("b.ipynb", False), ("A.ipynb", False)]
)
async def test_the_path_is_compared_exactly(session_stub, session, path, expected):
    """A path is one document; what looks alike is another."""
    answer = await session_stub.SessionExists(pb.SessionExistsRequest(path=path))

    assert answer.exists is expected


async def test_a_session_whose_kernel_is_dead_exists(session_stub, session, kernels):
    """The document is still open; its kernel can be restarted."""
    kernels.die(session.kernel.kernel_id)

    answer = await session_stub.SessionExists(pb.SessionExistsRequest(path="a.ipynb"))

    assert answer.exists


async def test_a_deleted_session_does_not_exist(session_stub, session):
    """Its path can be used again."""
    await session_stub.DeleteSession(pb.DeleteSessionRequest(session_id=session.session_id))

    answer = await session_stub.SessionExists(pb.SessionExistsRequest(path="a.ipynb"))

    assert not answer.exists
