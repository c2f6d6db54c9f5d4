"""The list of records: what is pending, looked up by record or by id."""

import pytest

from jupyter_sessions_server.errors import KernelSessionRecordConflict
from jupyter_sessions_server.sessions.records import KernelSessionRecord, KernelSessionRecordList

UNKNOWN = KernelSessionRecord("unknown")


@pytest.fixture
def pending():
    """A list that holds one record."""
    return KernelSessionRecordList(KernelSessionRecord("s1", "k1"))


def test_an_unknown_record_is_appended(pending):
    """Each thing that is pending has a record of its own."""
    pending.update(KernelSessionRecord("s2", "k2"))

    assert [record.session_id for record in pending] == ["s1", "s2"]


@pytest.mark.parametrize(
    "key", ["s1", "k1", KernelSessionRecord("s1"), KernelSessionRecord(None, "k1")]
)
def test_a_record_is_found_by_record_session_id_or_kernel_id(pending, key):
    """Whoever knows one of them can ask whether something is pending."""
    assert key in pending
    assert pending.get(key) == KernelSessionRecord("s1", "k1")


@pytest.mark.parametrize("key", ["s2", "", UNKNOWN, None, 1])
def test_what_is_not_pending_is_no_member(pending, key):
    """To ask is not an error."""
    assert key not in pending


@pytest.mark.parametrize("key", ["s2", UNKNOWN])
def test_getting_what_is_not_pending_is_a_value_error(pending, key):
    """Whoever gets a record counts on it."""
    with pytest.raises(ValueError, match="not pending"):
        pending.get(key)


def test_a_record_of_the_same_kernel_is_merged():
    """Knowledge of one thing is kept in one place."""
    pending = KernelSessionRecordList(KernelSessionRecord(None, "k1"))

    pending.update(KernelSessionRecord("s1", "k1"))

    assert len(pending) == 1
    assert "s1" in pending


def test_a_record_that_contradicts_changes_nothing(pending):
    """A session in the list cannot get a second kernel."""
    with pytest.raises(KernelSessionRecordConflict):
        pending.update(KernelSessionRecord("s1", "k2"))

    assert [(record.session_id, record.kernel_id) for record in pending] == [("s1", "k1")]


@pytest.mark.parametrize("known_by", [("s1", "k1"), ("s1", None), (None, "k1")])
def test_removing_takes_the_equal_record_out(pending, known_by):
    """What is done is no longer pending."""
    pending.update(KernelSessionRecord("s2", "k2"))

    pending.remove(KernelSessionRecord(*known_by))

    assert [record.session_id for record in pending] == ["s2"]


def test_removing_takes_the_very_record_before_an_equal_one():
    """Two that share a kernel are pending side by side; the end of one is not the other's."""
    one, other = KernelSessionRecord("s1"), KernelSessionRecord("s2")
    pending = KernelSessionRecordList(one, other)
    one.update(KernelSessionRecord(None, "k1"))
    other.update(KernelSessionRecord(None, "k1"))

    pending.remove(other)

    assert [record.session_id for record in pending] == ["s1"]


def test_removing_what_is_absent_does_nothing(pending):
    """Cleaning up twice is safe."""
    pending.remove(UNKNOWN)

    assert len(pending) == 1
