"""CreateSession opens a session for a path, or returns the one that is open."""

from jupyter_sessions.v1 import kernels_pb2
from jupyter_sessions.v1 import sessions_pb2 as pb


async def test_a_path_is_all_that_is_needed(session_stub, clock):
    """A front end knows its document, and leaves the rest to the server."""
    answer = await session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb"))

    session = answer.session
    assert answer.created
    assert session.session_id
    assert (session.path, session.type) == ("a.ipynb", "notebook")
    assert not session.HasField("name")
    assert session.owner == session.kernel.owner == "default"
    assert session.create_time.ToMilliseconds() == clock.ms
    assert session.update_time == session.create_time


async def test_what_is_given_is_kept(session_stub):
    """A session is found again by what it was given: names of any language, labels, its type."""
    request = pb.CreateSessionRequest(
        path="/Ärger/数 1.ipynb", name="数", type="console", labels={"team": "é", "empty": ""}
    )

    answer = await session_stub.CreateSession(request)

    session = answer.session
    assert (session.path, session.name, session.type) == ("/Ärger/数 1.ipynb", "数", "console")
    assert dict(session.labels) == {"team": "é", "empty": ""}


async def test_an_empty_name_is_a_name(session_stub):
    """Unset and empty are told apart, as in Jupyter's models."""
    answer = await session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb", name=""))

    assert answer.session.HasField("name")
    assert answer.session.name == ""


async def test_creating_twice_gives_the_same_session(session_stub):
    """A document has one session, however many windows open it."""
    first = await session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb"))

    second = await session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb"))

    assert second.session.session_id == first.session.session_id
    assert (first.created, second.created) == (True, False)


async def test_paths_are_not_normalised(session_stub):
    """A path is kept exactly as given; the server does not guess which ones mean the same."""
    paths = ["a.ipynb", "/a.ipynb", "./a.ipynb", "A.ipynb", "a.ipynb/"]

    answers = [await session_stub.CreateSession(pb.CreateSessionRequest(path=p)) for p in paths]

    assert [answer.session.path for answer in answers] == paths
    assert all(answer.created for answer in answers)


async def test_the_caller_may_choose_the_session_id(session_stub):
    """A product that has ids of its own need not keep a table of two."""
    request = pb.CreateSessionRequest(path="a.ipynb", session_id="my-Session_1")

    answer = await session_stub.CreateSession(request)

    assert answer.session.session_id == "my-Session_1"


async def test_each_creation_has_the_next_revision(session_stub):
    """Revisions rise by one with each change, so that a watcher knows it missed nothing."""
    first = await session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb"))
    await session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb"))

    second = await session_stub.CreateSession(pb.CreateSessionRequest(path="b.ipynb"))

    assert second.session.revision == first.session.revision + 1


async def test_the_kernel_works_where_the_document_is(session_stub):
    """Code opens files beside its notebook."""
    request = pb.CreateSessionRequest(path="work/a.ipynb")

    answer = await session_stub.CreateSession(request)

    assert answer.session.kernel.cwd == "/root/work"


async def test_the_caller_may_choose_the_working_directory(session_stub, kernels):
    """A pipeline runs its notebooks in a folder of the run."""
    request = pb.CreateSessionRequest(path="work/a.ipynb", cwd="/runs/1")

    answer = await session_stub.CreateSession(request)

    assert answer.session.kernel.cwd == kernels.launches[0].cwd == "/runs/1"


async def test_the_kernel_knows_its_session_and_the_variables_given(session_stub, kernels):
    """Libraries find the notebook by JPY_SESSION_NAME; callers add variables of their own."""
    await session_stub.CreateSession(pb.CreateSessionRequest(path="w/a.ipynb", env={"K": "é=1"}))
    await session_stub.CreateSession(pb.CreateSessionRequest(path="w/b.ipynb", name="b"))

    assert kernels.launches[0].env == {"K": "é=1", "JPY_SESSION_NAME": "w/a.ipynb"}
    assert kernels.launches[1].env == {"JPY_SESSION_NAME": "/root/w/b"}


async def test_the_answer_does_not_wait_for_the_kernel(session_stub, kernels):
    """A window opens at once; its kernel may take seconds to import what it needs."""
    kernels.answers = False

    answer = await session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb"))

    assert answer.session.kernel.state == kernels_pb2.KERNEL_STATE_STARTING
    assert not answer.session.kernel.start.HasField("ready_duration")


async def test_with_wait_ready_the_kernel_can_be_used(session_stub):
    """A script wants to run code next, and nothing else."""
    request = pb.CreateSessionRequest(path="a.ipynb", wait_ready=True)

    answer = await session_stub.CreateSession(request)

    assert answer.session.kernel.state == kernels_pb2.KERNEL_STATE_IDLE
    assert answer.session.kernel.start.HasField("ready_duration")


async def test_a_kernel_that_fails_after_its_start_is_dead_in_the_answer(session_stub, kernels):
    """That a kernel fails is its state, with the cause, and not an error of the call."""
    kernels.answers = False
    request = pb.CreateSessionRequest(path="a.ipynb", wait_ready=True)
    call = session_stub.CreateSession(request)
    await kernels.begun(1)

    kernels.die(kernels.launches[0].kernel_id, stderr_tail="ImportError: no")

    kernel = (await call).session.kernel
    assert kernel.state == kernels_pb2.KERNEL_STATE_DEAD
    assert kernel.exit.cause == kernels_pb2.KERNEL_EXIT_CAUSE_SIGNALED
    assert (kernel.exit.signal, kernel.exit.stderr_tail) == (9, "ImportError: no")
