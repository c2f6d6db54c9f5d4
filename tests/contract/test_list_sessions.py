"""ListSessions lists the caller's sessions: which ones, and in which order."""

import pytest

from jupyter_sessions.v1 import kernels_pb2
from jupyter_sessions.v1 import sessions_pb2 as pb

PATHS = ["work/b.ipynb", "work/a.ipynb", "other/a.ipynb", "work/é.ipynb", "work"]


@pytest.fixture
async def made(session_stub):
    """A session for each of PATHS, in this order."""
    answers = [
        await session_stub.CreateSession(pb.CreateSessionRequest(path=path, wait_ready=True))
        for path in PATHS
    ]
    return [answer.session for answer in answers]


@pytest.fixture
def list_paths(session_stub):
    """The paths of the sessions that a filter lets through."""

    async def list_paths(**filter_):
        request = pb.ListSessionsRequest(filter=pb.SessionFilter(**filter_))
        return [session.path for session in (await session_stub.ListSessions(request)).sessions]

    return list_paths


async def test_without_sessions_the_list_is_empty(session_stub):
    """A new server answers, too."""
    answer = await session_stub.ListSessions(pb.ListSessionsRequest())

    assert not answer.sessions
    assert answer.next_page_token == ""
    assert answer.revision == 0


async def test_all_sessions_are_listed_with_the_revision_they_were_read_at(session_stub, made):
    """A watch from this revision continues the list without a gap."""
    answer = await session_stub.ListSessions(pb.ListSessionsRequest())

    assert list(answer.sessions) == made
    assert answer.revision == made[-1].revision


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("UNSPECIFIED", PATHS),
        ("CREATED", PATHS),
        ("CREATED_DESC", PATHS[::-1]),
        ("PATH", sorted(PATHS, key=str.encode)),
        ("PATH_DESC", sorted(PATHS, key=str.encode, reverse=True)),
    ],
)
async def test_the_order_is_the_one_asked_for(session_stub, made, order, expected):
    """People want the newest first, programs a place they can go on from."""
    request = pb.ListSessionsRequest(order_by=f"SESSION_ORDER_{order}")

    answer = await session_stub.ListSessions(request)

    assert [session.path for session in answer.sessions] == expected


async def test_paths_are_ordered_by_their_bytes(session_stub):
    """An order that all languages agree on, whatever they hold strings in."""
    paths = ["\U0001f600", "\uffee", "z", "A"]
    for path in paths:
        await session_stub.CreateSession(pb.CreateSessionRequest(path=path))

    request = pb.ListSessionsRequest(order_by=pb.SESSION_ORDER_PATH)
    answer = await session_stub.ListSessions(request)

    assert [session.path for session in answer.sessions] == ["A", "z", "\uffee", "\U0001f600"]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("work/", ["work/b.ipynb", "work/a.ipynb", "work/é.ipynb"]),
        ("work", ["work/b.ipynb", "work/a.ipynb", "work/é.ipynb", "work"]),
        ("work/é", ["work/é.ipynb"]),
        ("a.ipynb", []),
        ("%", []),
        ("", PATHS),
    ],
)
async def test_by_the_beginning_of_the_path(list_paths, made, prefix, expected):
    """A file browser asks for the sessions of a folder."""
    assert await list_paths(path_prefix=prefix) == expected


async def test_by_type(session_stub, list_paths, made):
    """A front end for consoles lists consoles."""
    await session_stub.CreateSession(pb.CreateSessionRequest(path="c", type="console"))

    assert await list_paths(type="console") == ["c"]


async def test_by_kernel(session_stub, list_paths, made):
    """Before a kernel is shut down one wants to know who uses it."""
    kernel_id = made[0].kernel.kernel_id
    await session_stub.CreateSession(pb.CreateSessionRequest(path="c", kernel_id=kernel_id))

    assert await list_paths(kernel_id=kernel_id) == ["work/b.ipynb", "c"]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"team": "x"}, ["1", "2"]),
        ({"team": "x", "run": "7"}, ["2"]),
        ({"team": ""}, []),
        ({"nothing": ""}, []),
    ],
    ids=str,
)
async def test_by_labels_all_of_which_must_be_there(session_stub, list_paths, labels, expected):
    """A product finds what it marked as its own."""
    for path, marks in {"1": {"team": "x"}, "2": {"team": "x", "run": "7"}, "3": {}}.items():
        await session_stub.CreateSession(pb.CreateSessionRequest(path=path, labels=marks))

    assert await list_paths(labels=labels) == expected


async def test_by_the_state_of_the_kernel(list_paths, made, kernels):
    """Somebody cleans up after kernels that died."""
    kernels.die(made[1].kernel.kernel_id)
    dead, idle = kernels_pb2.KERNEL_STATE_DEAD, kernels_pb2.KERNEL_STATE_IDLE

    assert await list_paths(kernel_states=[dead]) == ["work/a.ipynb"]
    assert len(await list_paths(kernel_states=[idle])) == 4
    assert await list_paths(kernel_states=[dead, idle]) == PATHS


async def test_by_owner_only_oneself_is_found(list_paths, made):
    """What others have does not exist for a caller."""
    assert await list_paths(owner="default") == PATHS
    assert await list_paths(owner="somebody else") == []


async def test_all_that_is_set_must_match(list_paths, made):
    """Filters narrow each other down."""
    kernel_id = made[0].kernel.kernel_id

    assert await list_paths(path_prefix="work/", type="notebook", kernel_id=kernel_id) == [
        "work/b.ipynb"
    ]
    assert await list_paths(path_prefix="other/", kernel_id=kernel_id) == []


async def test_a_list_changes_nothing(session_stub, made, kernels):
    """Looking does not delete: a session whose kernel died is listed, again and again."""
    kernels.die(made[1].kernel.kernel_id)

    first = await session_stub.ListSessions(pb.ListSessionsRequest())
    second = await session_stub.ListSessions(pb.ListSessionsRequest())

    assert first == second
    assert len(first.sessions) == 5
    assert first.revision == made[-1].revision


async def test_a_list_shows_kernels_as_they_are_now(session_stub, made, kernels, run, clock):
    """Asking the same again is asking anew."""
    first = await session_stub.ListSessions(pb.ListSessionsRequest())
    clock.ms += 1000
    await run(session_id=made[0].session_id, code="say hello")
    kernels.die(made[1].kernel.kernel_id)

    second = await session_stub.ListSessions(pb.ListSessionsRequest())

    assert list(first.sessions) == made
    used, dead, *others = [session.kernel for session in second.sessions]
    assert used.last_activity_time.ToMilliseconds() == clock.ms
    assert dead.state == kernels_pb2.KERNEL_STATE_DEAD
    assert others == [session.kernel for session in made[2:]]


async def test_a_list_shows_every_change_of_a_session(session_stub, made):
    """Each with its revision."""
    await session_stub.ListSessions(pb.ListSessionsRequest())
    renamed = pb.Session(session_id=made[0].session_id, path="z")
    update = pb.UpdateSessionRequest(session=renamed, update_mask={"paths": ["path"]})
    changed = (await session_stub.UpdateSession(update)).session
    deletion = pb.DeleteSessionRequest(session_id=made[1].session_id)
    deleted = await session_stub.DeleteSession(deletion)

    answer = await session_stub.ListSessions(pb.ListSessionsRequest())

    assert list(answer.sessions) == [changed, *made[2:]]
    assert answer.revision == deleted.revision
