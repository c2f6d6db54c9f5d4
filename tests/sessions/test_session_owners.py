"""Sessions and kernels of another owner do not exist."""

import pytest

from jupyter_sessions_server.errors import InvalidField, KernelNotFound, SessionNotFound
from jupyter_sessions_server.model import Owner

ANN, BOB = Owner("ann"), Owner("bob")


@pytest.fixture
async def anns(sessions):
    """Ann's session of a.ipynb."""
    session, _ = await sessions.create_session("a.ipynb", owner=ANN)
    return session


async def test_two_owners_have_a_session_each_for_one_path(sessions, anns):
    """Whoever else works on a document of the same name is nobody's business."""
    bobs, created = await sessions.create_session("a.ipynb", owner=BOB)

    assert created
    assert bobs.session_id != anns.session_id
    assert bobs.kernel_id != anns.kernel_id
    assert (await sessions.get_session(path="a.ipynb", owner=ANN)) == anns


@pytest.mark.parametrize("key", ["session_id", "path", "type", "kernel_id"])
async def test_anothers_session_is_not_found(sessions, anns, key):
    """By no key, and with no hint that it is there."""
    with pytest.raises(SessionNotFound):
        await sessions.get_session(**{key: getattr(anns, key)}, owner=BOB)


async def test_anothers_session_is_not_listed(sessions, anns):
    """A list holds one's own, and nothing else."""
    assert not await sessions.session_exists("a.ipynb", owner=BOB)
    assert not (await sessions.list_sessions(owner=BOB)).sessions


async def test_anothers_session_cannot_be_changed_or_ended(sessions, anns):
    """Also not by somebody who learnt its id."""
    with pytest.raises(SessionNotFound):
        await sessions.update_session(anns.session_id, path="b.ipynb", owner=BOB)
    with pytest.raises(SessionNotFound):
        await sessions.delete_session(anns.session_id, owner=BOB)

    assert await sessions.get_session(session_id=anns.session_id, owner=ANN) == anns


@pytest.mark.parametrize(
    "use",
    [
        lambda manager, kernel: manager.restart_kernel(BOB, kernel),
        lambda manager, kernel: manager.shutdown_kernel(BOB, kernel),
        lambda manager, kernel: manager.interrupt_kernel(BOB, kernel),
        lambda manager, kernel: manager.settled(BOB, kernel),
    ],
)
async def test_anothers_kernel_cannot_be_used(kernel_manager, anns, kernels, use):
    """Variables and files of another are behind it."""
    with pytest.raises(KernelNotFound):
        await use(kernel_manager, anns.kernel_id)

    assert anns.kernel_id in kernels.alive


async def test_anothers_kernel_is_neither_shown_nor_listed(kernel_manager, anns):
    """One's own are."""
    with pytest.raises(KernelNotFound):
        kernel_manager.get_kernel(BOB, anns.kernel_id)

    assert list(kernel_manager.list_kernels(BOB)) == []
    assert [kernel.owner for kernel in kernel_manager.list_kernels(ANN)] == [ANN]


async def test_anothers_kernel_cannot_be_attached_to(sessions, anns):
    """Neither by a new session nor by one that is there; the id alone is told to be taken."""
    bobs, _ = await sessions.create_session("b.ipynb", owner=BOB)

    with pytest.raises(InvalidField) as raised:
        await sessions.create_session("c.ipynb", kernel_id=anns.kernel_id, owner=BOB)
    with pytest.raises(KernelNotFound):
        await sessions.update_session(bobs.session_id, kernel_id=anns.kernel_id, owner=BOB)

    assert raised.value.field == "kernel_id"
    assert not await sessions.session_exists("c.ipynb", owner=BOB)


async def test_a_session_id_that_another_owner_has_is_taken(sessions, anns, kernels):
    """Ids are the server's, not an owner's; whose it is stays unsaid."""
    with pytest.raises(InvalidField) as raised:
        await sessions.create_session("b.ipynb", session_id=anns.session_id, owner=BOB)

    assert raised.value.field == "session_id"
    assert "ann" not in str(raised.value)
    assert "a.ipynb" not in str(raised.value)
    assert len(kernels.launches) == 1


async def test_a_request_id_is_its_owners_own(sessions, anns):
    """Two owners who name their requests alike do not get in each other's way."""
    first = await sessions.create_session("b.ipynb", request_id="r1", owner=ANN)

    second = await sessions.create_session("c.ipynb", request_id="r1", owner=BOB)

    assert (first.created, second.created) == (True, True)


async def test_a_filter_does_not_reach_another_owners_sessions(sessions, anns):
    """A list is made of one's own before it is filtered."""
    await sessions.create_session("a.ipynb", owner=BOB)

    page = await sessions.list_sessions(owner=BOB)

    assert [session.owner for session in page.sessions] == [BOB]
