"""Creating sessions."""

import asyncio

import pytest

from jupyter_sessions_server.errors import (
    KernelspecNotFound,
    KernelStartFailed,
    SessionAlreadyExists,
    SessionKernelMismatch,
)
from jupyter_sessions_server.model import IfExists


async def test_a_session_has_what_it_was_given(sessions, clock):
    """Nothing is added, nothing made prettier."""
    session, created = await sessions.create_session(
        "foo/bar/baz.ipynb", name="N", type="notegbook", labels={"a": "b"}, session_id="s1"
    )

    assert created
    assert (session.session_id, session.path, session.name) == ("s1", "foo/bar/baz.ipynb", "N")
    assert (session.type, session.labels) == ("notegbook", {"a": "b"})
    assert session.created_ms == session.updated_ms == clock.ms


@pytest.mark.parametrize("path", ["/a.ipynb", "a//b", "./a", "../a", " a ", "ä\n", "C:\\x", "a/"])
async def test_a_path_is_kept_as_it_was_given(sessions, path):
    """Whatever the caller calls his document, he finds it by that name."""
    await sessions.create_session(path)

    session = await sessions.get_session(path=path)

    assert session.path == path


async def test_a_session_gets_a_kernel_of_the_kernelspec_asked_for(sessions, kernels):
    """The kernel runs when the answer comes."""
    session, _ = await sessions.create_session("a.ipynb", kernel_name="ir")

    assert kernels.alive[session.kernel_id].kernel_name == "ir"
    assert sessions.kernel_of(session).kernel_name == "ir"


async def test_without_a_kernelspec_the_default_one_is_started(sessions):
    """Who does not care gets what the server offers first."""
    session, _ = await sessions.create_session("a.ipynb")

    assert sessions.kernel_of(session).kernel_name == "python3"


async def test_a_path_has_one_session(sessions, kernels):
    """A document that is opened twice is one session with one kernel."""
    first, first_created = await sessions.create_session("a.ipynb", name="A")

    second, second_created = await sessions.create_session("a.ipynb", name="B", type="file")

    assert second == first
    assert (first_created, second_created) == (True, False)
    assert len(kernels.launches) == 1


async def test_creations_of_one_path_side_by_side_end_in_one_session(sessions, kernels):
    """Both callers get it, also if they asked for it with other names."""
    both = await asyncio.gather(
        sessions.create_session("a.ipynb", name="A"), sessions.create_session("a.ipynb", name="B")
    )

    assert both[0].session == both[1].session
    assert sorted(creation.created for creation in both) == [False, True]
    assert len(kernels.launches) == 1


async def test_of_creations_side_by_side_for_other_kernels_one_is_refused(sessions, kernels):
    """Nobody is given a kernel in silence that he did not ask for."""
    outcomes = await asyncio.gather(
        sessions.create_session("a.ipynb", kernel_name="python3"),
        sessions.create_session("a.ipynb", kernel_name="ir"),
        return_exceptions=True,
    )

    assert isinstance(outcomes[1], SessionKernelMismatch)
    assert [launch.kernel_name for launch in kernels.launches] == ["python3"]


async def test_of_exclusive_creations_side_by_side_one_succeeds(sessions):
    """FAIL is a lock: exactly one caller may believe that he made the session."""
    outcomes = await asyncio.gather(
        *(sessions.create_session("a.ipynb", if_exists=IfExists.FAIL) for _ in range(5)),
        return_exceptions=True,
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, SessionAlreadyExists)]
    assert len(refused) == 4


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"if_exists": IfExists.FAIL}, SessionAlreadyExists),
        ({"session_id": "another"}, SessionAlreadyExists),
        ({"kernel_name": "ir"}, SessionKernelMismatch),
        ({"kernel_id": "another"}, SessionKernelMismatch),
        ({"kernel_name": "unknown"}, KernelspecNotFound),
    ],
)
async def test_a_session_that_is_not_the_one_wanted_is_refused(sessions, kernels, wanted, error):
    """The session that is there stays as it is, and nothing is started."""
    there, _ = await sessions.create_session("a.ipynb", session_id="s1", kernel_id="k1")

    with pytest.raises(error):
        await sessions.create_session("a.ipynb", **wanted)

    assert await sessions.get_session(path="a.ipynb") == there
    assert len(kernels.launches) == 1


@pytest.mark.parametrize(
    "wanted",
    [
        {"session_id": "s1"},
        {"kernel_id": "k1"},
        {"kernel_name": "python3"},
        {"kernel_name": "python"},
        {"kernel_name": "ir", "kernel_id": "k2", "if_exists": IfExists.RETURN_ANY},
        {"type": "file", "name": "B", "labels": {"a": "b"}, "env": {"A": "B"}},
    ],
)
async def test_a_session_that_will_do_is_returned_unchanged(sessions, wanted):
    """Opening a document is not editing it."""
    there, _ = await sessions.create_session("a.ipynb", session_id="s1", kernel_id="k1")

    found = await sessions.create_session("a.ipynb", **wanted)

    assert found == (there, False)


async def test_a_session_id_of_another_path_is_taken(sessions, kernels):
    """An id names one session; no kernel is started for a session that cannot be."""
    await sessions.create_session("a.ipynb", session_id="s1")

    with pytest.raises(SessionAlreadyExists) as raised:
        await sessions.create_session("b.ipynb", session_id="s1")

    assert raised.value.facts == {"path": "a.ipynb", "session_id": "s1"}
    assert len(kernels.launches) == 1


@pytest.mark.parametrize(
    ("kernel_name", "error"), [("unknown", KernelspecNotFound), ("broken", KernelStartFailed)]
)
async def test_a_kernel_that_cannot_be_leaves_no_session(sessions, kernels, kernel_name, error):
    """A failed creation has changed nothing, and may be tried again with another kernel."""
    with pytest.raises(error):
        await sessions.create_session("a.ipynb", kernel_name=kernel_name)

    page = await sessions.list_sessions()
    assert (list(page.sessions), page.revision, kernels.alive) == ([], 0, {})
    assert (await sessions.create_session("a.ipynb")).created
