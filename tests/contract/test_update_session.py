"""UpdateSession changes the fields that the mask names, all of them or none."""

import pytest

from jupyter_sessions.v1 import kernels_pb2
from jupyter_sessions.v1 import sessions_pb2 as pb
from tests.refusals import refused


@pytest.fixture
async def session(session_stub):
    """A session that has a value in each field."""
    request = pb.CreateSessionRequest(
        path="a.ipynb", name="a", labels={"team": "x"}, wait_ready=True
    )
    return (await session_stub.CreateSession(request)).session


@pytest.fixture
def update(session_stub, session):
    """Calls UpdateSession for the session, with new values and a mask."""

    def update(new=None, mask=None, **fields):
        new = new or {}
        return session_stub.UpdateSession(
            pb.UpdateSessionRequest(
                session=pb.Session(**{"session_id": session.session_id, **new}),
                update_mask={"paths": list(new) if mask is None else mask},
                **fields,
            )
        )

    return update


@pytest.mark.parametrize(
    "new",
    [
        {"path": "work/b.ipynb"},
        {"name": "b"},
        {"name": ""},
        {"type": "console"},
        {"labels": {"run": "7"}},
        {"labels": {}},
        {"path": "b.ipynb", "name": "b", "type": "file", "labels": {"é": ""}},
    ],
    ids=lambda new: ",".join(new),
)
async def test_what_the_mask_names_is_changed_and_nothing_else(update, session, clock, new):
    """An editor that renames a document does not touch what it has never heard of."""
    clock.ms += 1000

    changed = (await update(new)).session

    expected = pb.Session()
    expected.CopyFrom(session)
    for field in new:
        expected.ClearField(field)
    expected.MergeFrom(pb.Session(**new))
    expected.revision = session.revision + 1
    expected.update_time.FromMilliseconds(clock.ms)
    assert changed == expected


async def test_a_change_is_seen_by_all(update, session_stub):
    """The answer carries the new state, and so does every later one."""
    changed = (await update({"path": "b.ipynb"})).session

    found = await session_stub.GetSession(pb.GetSessionRequest(path="b.ipynb"))
    exists = await session_stub.SessionExists(pb.SessionExistsRequest(path="a.ipynb"))

    assert found.session == changed
    assert not exists.exists


async def test_values_that_the_mask_does_not_name_are_ignored(update):
    """A client may send back the whole session that it was given."""
    changed = (await update({"path": "b.ipynb", "name": "b"}, mask=["name"])).session

    assert (changed.path, changed.name) == ("a.ipynb", "b")


async def test_a_name_that_is_unset_is_removed(update):
    """A name is optional; so it can be taken away."""
    changed = (await update({}, mask=["name"])).session

    assert not changed.HasField("name")


@pytest.mark.parametrize("field", ["path", "name", "type", "labels"])
async def test_setting_what_is_set_changes_nothing(update, session, clock, field):
    """Repeating is safe, and wakes no watcher."""
    clock.ms += 1000

    changed = (await update({field: getattr(session, field)})).session

    assert changed == session


async def test_a_new_path_reaches_the_kernel_with_its_restart(
    update, session, session_stub, kernel_stub, kernels
):
    """Libraries see the new name; the directory of the process cannot be changed under it."""
    await update({"path": "work/b.ipynb", "name": "b"})

    await kernel_stub.RestartKernel(
        kernels_pb2.RestartKernelRequest(kernel_id=session.kernel.kernel_id)
    )

    first, second = kernels.launches
    assert second.env["JPY_SESSION_NAME"] == "/root/work/b"
    assert second.cwd == first.cwd


@pytest.mark.covers("SessionService.UpdateSession", "SESSION_NOT_FOUND")
async def test_an_unknown_session_is_not_found(update):
    """It may have been deleted by somebody else."""
    refusal = await refused(update({"session_id": "nobody"}, mask=["name"]))

    assert refusal.what == ("NOT_FOUND", "SESSION_NOT_FOUND")
    assert refusal.facts == {"session_id": "nobody"}


@pytest.mark.covers("SessionService.UpdateSession", "SESSION_ALREADY_EXISTS")
async def test_a_path_in_use_is_refused_and_nothing_is_changed(update, session, session_stub):
    """Two documents cannot be one; the name that came with the path is not set either."""
    other = await session_stub.CreateSession(pb.CreateSessionRequest(path="b.ipynb"))

    refusal = await refused(update({"path": "b.ipynb", "name": "b"}))

    assert refusal.what == ("ALREADY_EXISTS", "SESSION_ALREADY_EXISTS")
    assert refusal.facts == {"path": "b.ipynb", "session_id": other.session.session_id}
    found = await session_stub.GetSession(pb.GetSessionRequest(path="a.ipynb"))
    assert found.session == session


async def test_a_path_that_became_free_can_be_taken(update, session_stub):
    """Two documents swap their names by way of a third one."""
    other = await session_stub.CreateSession(pb.CreateSessionRequest(path="b.ipynb"))
    await session_stub.DeleteSession(pb.DeleteSessionRequest(session_id=other.session.session_id))

    assert (await update({"path": "b.ipynb"})).session.path == "b.ipynb"


async def test_the_expected_revision_lets_the_change_through(update, session):
    """Nobody was quicker."""
    changed = (await update({"name": "b"}, expected_revision=session.revision)).session

    assert changed.name == "b"


@pytest.mark.covers("SessionService.UpdateSession", "REVISION_MISMATCH")
async def test_a_stale_revision_is_refused(update, session, session_stub):
    """Of two people who change a session at once, the second gets to decide anew."""
    await update({"name": "b"})

    refusal = await refused(update({"name": "c"}, expected_revision=session.revision))

    assert refusal.what == ("ABORTED", "REVISION_MISMATCH")
    revision = session.revision + 1
    assert refusal.facts == {"session_id": session.session_id, "revision": str(revision)}
    found = await session_stub.GetSession(pb.GetSessionRequest(path="a.ipynb"))
    assert found.session.name == "b"


@pytest.mark.covers("SessionService.UpdateSession", "FIELD_INVALID")
@pytest.mark.parametrize(
    "mask",
    [
        [],
        ["nonsense"],
        ["session_id"],
        ["owner"],
        ["revision"],
        ["kernel"],
        ["kernel.state"],
        ["labels.team"],
        ["*"],
        [""],
        ["path", "create_time"],
        ["kernel.kernel_id", "kernel.kernel_name"],
    ],
    ids=",".join,
)
async def test_a_mask_that_is_empty_or_names_what_cannot_be_set_is_refused(
    update, session, session_stub, mask
):
    """An old client must never erase, by not naming them, fields that it has not heard of."""
    refusal = await refused(update({"path": "b.ipynb"}, mask=mask))

    assert refusal.what == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refusal.facts == {"field": "update_mask"}
    assert refusal.fields == ("update_mask",)
    found = await session_stub.GetSession(pb.GetSessionRequest(path="a.ipynb"))
    assert found.session == session


@pytest.mark.covers("SessionService.UpdateSession", "FIELD_INVALID")
@pytest.mark.parametrize("field", ["path", "type", "kernel.kernel_id", "kernel.kernel_name"])
async def test_what_a_session_must_have_cannot_be_removed(update, field):
    """Only names and labels are optional."""
    refusal = await refused(update({}, mask=[field]))

    assert refusal.what == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refusal.fields == (f"session.{field}",)
