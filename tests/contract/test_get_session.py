"""GetSession finds one session by any of its id, path, name, type and kernel."""

import pytest

from jupyter_sessions.v1 import kernels_pb2
from jupyter_sessions.v1 import sessions_pb2 as pb
from tests.refusals import refused


@pytest.fixture
async def sessions_of_a_team(session_stub):
    """Two notebooks and a console; the console is on the first one's kernel."""
    made = []
    for request in (
        pb.CreateSessionRequest(path="a.ipynb", name="a", wait_ready=True),
        pb.CreateSessionRequest(path="b.ipynb", wait_ready=True),
        pb.CreateSessionRequest(path="c", name="a", type="console", wait_ready=True),
    ):
        if request.type:
            request.kernel_id = made[0].kernel.kernel_id
        made.append((await session_stub.CreateSession(request)).session)
    return made


@pytest.mark.parametrize("key", ["session_id", "path"])
async def test_one_key_is_enough(session_stub, sessions_of_a_team, key):
    """Callers know a session by its id, or its document."""
    wanted = sessions_of_a_team[1]

    answer = await session_stub.GetSession(pb.GetSessionRequest(**{key: getattr(wanted, key)}))

    assert answer.session == wanted


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"name": "a"}, 0),
        ({"name": "a", "type": "console"}, 2),
        ({"type": "notebook"}, 0),
        ({"type": "console"}, 2),
        ({"path": "c", "name": "a", "type": "console"}, 2),
    ],
)
async def test_all_keys_must_match_and_the_oldest_is_found(
    session_stub, sessions_of_a_team, keys, found
):
    """Names and types are not unique; which session is meant must not be left to chance."""
    answer = await session_stub.GetSession(pb.GetSessionRequest(**keys))

    assert answer.session == sessions_of_a_team[found]


async def test_a_session_is_found_by_its_kernel(session_stub, sessions_of_a_team):
    """A tool that sees a kernel asks whose it is; of two that share it, it gets the older one."""
    first, second, _ = sessions_of_a_team

    shared = await session_stub.GetSession(pb.GetSessionRequest(kernel_id=first.kernel.kernel_id))
    own = await session_stub.GetSession(pb.GetSessionRequest(kernel_id=second.kernel.kernel_id))

    assert (shared.session, own.session) == (first, second)


@pytest.mark.covers("SessionService.GetSession", "SESSION_NOT_FOUND")
@pytest.mark.parametrize(
    "keys",
    [
        {"session_id": "nobody"},
        {"path": "A.IPYNB"},
        {"path": "a.ipynb/"},
        {"name": ""},
        {"path": "a.ipynb", "type": "console"},
        {"kernel_id": "k", "name": "n", "path": "p", "session_id": "s", "type": "t"},
    ],
    ids=lambda keys: ",".join(keys),
)
async def test_what_does_not_match_is_not_found(session_stub, sessions_of_a_team, keys):
    """The error repeats what was searched for."""
    refusal = await refused(session_stub.GetSession(pb.GetSessionRequest(**keys)))

    assert refusal.what == ("NOT_FOUND", "SESSION_NOT_FOUND")
    assert refusal.facts == keys


@pytest.mark.covers("SessionService.GetSession", "FIELD_INVALID")
async def test_a_key_is_needed(session_stub, session):
    """Any session at all is never what a caller wants."""
    refusal = await refused(session_stub.GetSession(pb.GetSessionRequest()))

    assert refusal.what == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refusal.fields == ("request",)


async def test_reading_changes_nothing(session_stub, session, kernels):
    """A session whose kernel died stays, however often it is looked at."""
    kernels.die(session.kernel.kernel_id)
    request = pb.GetSessionRequest(path="a.ipynb")

    first = (await session_stub.GetSession(request)).session
    second = (await session_stub.GetSession(request)).session

    assert first == second
    assert first.revision == session.revision
    assert first.kernel.state == kernels_pb2.KERNEL_STATE_DEAD
    assert first.kernel.exit.cause == kernels_pb2.KERNEL_EXIT_CAUSE_SIGNALED
