"""CreateSession for a path that has a session."""

import pytest

from jupyter_sessions.v1 import sessions_pb2 as pb
from tests.refusals import refused


@pytest.mark.parametrize(
    "kernel",
    [{}, {"kernel_name": "python3"}, {"kernel_name": "python"}],
    ids=["none", "its kernelspec", "another name of it"],
)
async def test_it_is_returned_if_its_kernel_is_the_one_asked_for(session_stub, session, kernel):
    """Opening a notebook again finds the kernel with its variables."""
    answer = await session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb", **kernel))

    assert not answer.created
    assert answer.session == session


async def test_it_is_returned_to_who_asks_for_its_kernel_id(session_stub, session):
    """Attaching a document to the kernel that it has is no change."""
    request = pb.CreateSessionRequest(
        path="a.ipynb", kernel_id=session.kernel.kernel_id, fallback_kernel_name="python3"
    )

    answer = await session_stub.CreateSession(request)

    assert answer.session == session


async def test_name_type_labels_and_environment_are_not_compared(session_stub, session):
    """What a second window would set differently is no reason to refuse it."""
    request = pb.CreateSessionRequest(
        path="a.ipynb", name="b", type="console", labels={"a": "b"}, env={"A": "B"}
    )

    answer = await session_stub.CreateSession(request)

    assert answer.session == session


@pytest.mark.covers("SessionService.CreateSession", "SESSION_KERNEL_MISMATCH")
@pytest.mark.parametrize("kernel", [{"kernel_name": "ir"}, {"kernel_id": "another"}])
async def test_it_is_refused_if_its_kernel_is_another_one(session_stub, session, kernels, kernel):
    """Who asks for R must not be given Python without a word."""
    request = pb.CreateSessionRequest(path="a.ipynb", **kernel)

    refusal = await refused(session_stub.CreateSession(request))

    assert refusal.what == ("ALREADY_EXISTS", "SESSION_KERNEL_MISMATCH")
    assert refusal.facts == {
        "path": "a.ipynb",
        "session_id": session.session_id,
        "kernel_id": session.kernel.kernel_id,
        "kernel_name": "python3",
    }
    assert len(kernels.launches) == 1


async def test_return_any_takes_it_whatever_its_kernel(session_stub, session):
    """Jupyter's own front ends open the session that is there."""
    request = pb.CreateSessionRequest(
        path="a.ipynb", kernel_name="ir", if_exists=pb.IF_EXISTS_RETURN_ANY
    )

    answer = await session_stub.CreateSession(request)

    assert answer.session == session


@pytest.mark.covers("SessionService.CreateSession", "SESSION_ALREADY_EXISTS")
async def test_fail_refuses_it(session_stub, session):
    """A job that must have its document alone learns that it has not."""
    request = pb.CreateSessionRequest(path="a.ipynb", if_exists=pb.IF_EXISTS_FAIL)

    refusal = await refused(session_stub.CreateSession(request))

    assert refusal.what == ("ALREADY_EXISTS", "SESSION_ALREADY_EXISTS")
    assert refusal.facts == {"path": "a.ipynb", "session_id": session.session_id}


async def test_fail_creates_where_there_is_none(session_stub):
    """The first of several jobs gets the document."""
    request = pb.CreateSessionRequest(path="a.ipynb", if_exists=pb.IF_EXISTS_FAIL)

    assert (await session_stub.CreateSession(request)).created


@pytest.mark.covers("SessionService.CreateSession", "SESSION_ALREADY_EXISTS")
@pytest.mark.parametrize("if_exists", [pb.IF_EXISTS_RETURN_MATCHING, pb.IF_EXISTS_RETURN_ANY])
async def test_it_is_refused_to_who_chose_another_session_id(session_stub, session, if_exists):
    """A caller who knows the id beforehand must not be given another one."""
    request = pb.CreateSessionRequest(path="a.ipynb", session_id="mine", if_exists=if_exists)

    refusal = await refused(session_stub.CreateSession(request))

    assert refusal.what == ("ALREADY_EXISTS", "SESSION_ALREADY_EXISTS")
    assert refusal.facts == {"path": "a.ipynb", "session_id": session.session_id}


@pytest.mark.covers("SessionService.CreateSession", "SESSION_ALREADY_EXISTS")
async def test_an_id_that_is_taken_is_refused(session_stub, session, kernels):
    """An id names one session for its whole life."""
    request = pb.CreateSessionRequest(path="b.ipynb", session_id=session.session_id)

    refusal = await refused(session_stub.CreateSession(request))

    assert refusal.what == ("ALREADY_EXISTS", "SESSION_ALREADY_EXISTS")
    assert refusal.facts == {"path": "a.ipynb", "session_id": session.session_id}
    assert len(kernels.launches) == 1


@pytest.mark.covers("SessionService.CreateSession", "KERNELSPEC_NOT_FOUND")
async def test_an_unknown_kernelspec_is_refused_and_nothing_is_changed(session_stub, session):
    """A spelling mistake is told as such, also where the document is open already."""
    request = pb.CreateSessionRequest(path="a.ipynb", kernel_name="pyhton3")

    refusal = await refused(session_stub.CreateSession(request))

    assert refusal.what == ("NOT_FOUND", "KERNELSPEC_NOT_FOUND")
    found = await session_stub.GetSession(pb.GetSessionRequest(path="a.ipynb"))
    assert found.session == session


async def test_a_session_whose_kernel_died_is_returned_as_it_is(session_stub, session, kernels):
    """What the kernel died of is seen by whoever opens the document next."""
    kernels.die(session.kernel.kernel_id, signal=11)

    answer = await session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb"))

    assert answer.session.session_id == session.session_id
    assert answer.session.kernel.exit.signal == 11
    assert len(kernels.launches) == 1
