"""Changing sessions."""

import asyncio
from dataclasses import replace

import pytest

from jupyter_sessions_server.errors import (
    KernelDead,
    KernelNotFound,
    KernelspecNotFound,
    KernelStartFailed,
    RevisionMismatch,
    SessionAlreadyExists,
    SessionNotFound,
)
from jupyter_sessions_server.model import KernelDisposition


@pytest.fixture
async def session(sessions):
    """The session of a.ipynb."""
    created, _ = await sessions.create_session("a.ipynb", name="A", labels={"a": "1"})
    return created


@pytest.mark.parametrize(
    "change",
    [
        {"path": "b.ipynb"},
        {"name": "B"},
        {"name": None},
        {"name": ""},
        {"type": "notegbook"},
        {"labels": {"b": "2"}},
        {"labels": {}},
        {"path": "b.ipynb", "name": None, "type": "file", "labels": {}},
    ],
)
async def test_an_update_changes_what_it_names_and_nothing_else(sessions, session, clock, change):
    """A rename keeps the kernel, with all its variables."""
    clock.ms += 1_000

    new = await sessions.update_session(session.session_id, **change)

    revision = session.revision + 1
    assert new == replace(session, **change, revision=revision, updated_ms=clock.ms)
    assert await sessions.get_session(session_id=session.session_id) == new


async def test_the_old_path_is_free_after_a_rename(sessions, session):
    """A new document of the old name has a session of its own."""
    await sessions.update_session(session.session_id, path="b.ipynb")

    another, created = await sessions.create_session("a.ipynb")

    assert created
    assert another.session_id != session.session_id


@pytest.mark.parametrize("change", [{}, {"path": "a.ipynb"}, {"name": "A", "labels": {"a": "1"}}])
async def test_an_update_to_what_is_so_already_changes_nothing(sessions, session, clock, change):
    """No revision is spent, and no watcher woken, for nothing."""
    clock.ms += 1_000

    new = await sessions.update_session(session.session_id, **change)

    assert new == session
    assert (await sessions.list_sessions()).revision == session.revision


async def test_an_update_of_a_key_there_is_not_is_a_type_error(sessions, session):
    """A mistake in a program is told as one; the session id may be given by keyword."""
    with pytest.raises(TypeError):
        await sessions.update_session(session.session_id, bad_key="x")

    unchanged = await sessions.update_session(session_id=session.session_id)
    assert unchanged == session


@pytest.mark.parametrize("change", [{}, {"path": "b.ipynb"}, {"kernel_name": "unknown"}])
async def test_an_update_of_an_unknown_session_is_not_found(sessions, kernels, change):
    """Before anything else is looked at, also before there is something to change."""
    with pytest.raises(SessionNotFound):
        await sessions.update_session("unknown", **change)

    assert not kernels.launches


async def test_a_rename_onto_a_path_in_use_is_refused(sessions, session, kernels):
    """Two sessions of one path cannot be; and no kernel is started for it."""
    other, _ = await sessions.create_session("b.ipynb")

    with pytest.raises(SessionAlreadyExists) as raised:
        await sessions.update_session(session.session_id, path="b.ipynb", kernel_name="ir")

    assert raised.value.session == other
    assert await sessions.get_session(path="a.ipynb") == session
    assert len(kernels.launches) == 2


async def test_of_two_renames_to_one_path_side_by_side_one_is_refused(sessions, session):
    """The store decides, not a look before a leap."""
    other, _ = await sessions.create_session("b.ipynb")

    outcomes = await asyncio.gather(
        sessions.update_session(session.session_id, path="c.ipynb"),
        sessions.update_session(other.session_id, path="c.ipynb"),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, SessionAlreadyExists) for outcome in outcomes) == 1


async def test_an_update_at_a_stale_revision_is_refused(sessions, session):
    """Who decided by what he saw decides anew when it is no longer so."""
    new = await sessions.update_session(session.session_id, name="B")

    with pytest.raises(RevisionMismatch) as raised:
        await sessions.update_session(
            session.session_id, name="C", expected_revision=session.revision
        )

    assert raised.value.facts["revision"] == str(new.revision)
    assert await sessions.get_session(path="a.ipynb") == new


async def test_of_updates_at_one_revision_side_by_side_one_succeeds(sessions, session):
    """No change is lost without a word."""
    outcomes = await asyncio.gather(
        *(
            sessions.update_session(
                session.session_id, name=str(number), expected_revision=session.revision
            )
            for number in range(5)
        ),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, RevisionMismatch) for outcome in outcomes) == 4


async def test_updates_without_a_revision_come_one_after_the_other(sessions, session):
    """Each changes its own field, and none undoes another."""
    await asyncio.gather(
        sessions.update_session(session.session_id, name="N"),
        sessions.update_session(session.session_id, type="file"),
        sessions.update_session(session.session_id, labels={}),
    )

    new = await sessions.get_session(session_id=session.session_id)

    assert (new.name, new.type, new.labels) == ("N", "file", {})
    assert new.revision == session.revision + 3


async def test_a_new_kernel_replaces_the_old_one(sessions, session, kernels):
    """Another language for the same document; the old process ends."""
    new = await sessions.update_session(session.session_id, kernel_name="ir")

    assert new.kernel_id != session.kernel_id
    assert [launch.kernel_name for launch in kernels.alive.values()] == ["ir"]


async def test_a_running_kernel_may_be_attached_to(sessions, session, kernel_manager, kernels):
    """A document moves to the kernel where the data is."""
    kernel_id, _ = await kernel_manager.start_kernel(session.owner, kept=True)

    new = await sessions.update_session(session.session_id, kernel_id=kernel_id)

    assert new.kernel_id == kernel_id
    assert list(kernels.alive) == [kernel_id]


@pytest.mark.parametrize(
    ("previous", "alive"),
    [
        (KernelDisposition.SHUT_DOWN_IF_UNUSED, False),
        (KernelDisposition.SHUT_DOWN, False),
        (KernelDisposition.KEEP, True),
    ],
)
async def test_the_old_kernel_ends_unless_it_is_kept(sessions, session, kernels, previous, alive):
    """What becomes of it is said, not guessed."""
    await sessions.update_session(session.session_id, kernel_name="ir", previous_kernel=previous)

    assert (session.kernel_id in kernels.alive) is alive


@pytest.mark.parametrize(
    ("previous", "alive"),
    [
        (KernelDisposition.SHUT_DOWN_IF_UNUSED, True),
        (KernelDisposition.SHUT_DOWN, False),
        (KernelDisposition.KEEP, True),
    ],
)
async def test_an_old_kernel_that_is_shared_ends_only_if_told_so(
    sessions, session, kernels, previous, alive
):
    """The console beside the notebook keeps its kernel."""
    console, _ = await sessions.create_session("console", kernel_id=session.kernel_id)

    await sessions.update_session(session.session_id, kernel_name="ir", previous_kernel=previous)

    assert (console.kernel_id in kernels.alive) is alive
    assert sessions.kernel_of(console).alive is alive


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"kernel_name": "unknown"}, KernelspecNotFound),
        ({"kernel_name": "broken"}, KernelStartFailed),
        ({"kernel_id": "unknown"}, KernelNotFound),
        ({"kernel_id": "dead"}, KernelDead),
    ],
)
async def test_a_kernel_that_cannot_be_leaves_the_session_as_it_was(
    sessions, session, kernel_manager, kernels, change, error
):
    """All of an update is made, or none."""
    dead, _ = await sessions.create_session("dead.ipynb", kernel_id="dead")
    await kernel_manager.shutdown_kernel(dead.owner, dead.kernel_id)

    with pytest.raises(error):
        await sessions.update_session(session.session_id, path="b.ipynb", **change)

    assert await sessions.get_session(path="a.ipynb") == session
    assert list(kernels.alive) == [session.kernel_id]


async def test_the_kernel_it_has_may_be_named_again(sessions, session, kernels):
    """Attaching to the kernel that is attached changes nothing."""
    new = await sessions.update_session(session.session_id, kernel_id=session.kernel_id)

    assert new == session
    assert list(kernels.alive) == [session.kernel_id]
