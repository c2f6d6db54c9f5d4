"""Records of what is pending: how they compare, merge, and are kept."""

import pytest

from jupyter_sessions_server.errors import KernelSessionRecordConflict
from jupyter_sessions_server.sessions.records import KernelSessionRecord


def record(session_id=None, kernel_id=None):
    return KernelSessionRecord(session_id, kernel_id)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (record("s1"), record("s1"), True),
        (record("s1"), record("s1", "k1"), True),
        (record("s1", "k1"), record("s1", "k1"), True),
        (record("s1", "k1"), record("s2", "k1"), True),
        (record(None, "k1"), record("s1", "k1"), True),
        (record("s2", "k1"), record("s1", "k2"), False),
        (record("s1"), record("s2", "k1"), False),
        (record("s1"), record(None, "k1"), False),
        (record(), record(), False),
        (record(), record("s1", "k1"), False),
    ],
)
def test_records_are_equal_by_kernel_or_by_session(one, other, equal):
    """What is pending is found again, also by somebody who knows only half of it."""
    assert (one == other) is equal
    assert (other == one) is equal


def test_one_session_with_two_kernels_is_a_conflict():
    """One session has one kernel: whoever says otherwise is wrong, and hears it."""
    with pytest.raises(KernelSessionRecordConflict):
        assert record("s1", "k1") == record("s1", "k2")


@pytest.mark.parametrize("other", [record(), record("s1"), record(None, "k1"), record("s1", "k1")])
def test_an_empty_record_conflicts_with_none(other):
    """A record that knows nothing contradicts nobody."""
    assert record() != other


@pytest.mark.parametrize("other", ["s1", "k1", None, ("s1", "k1")])
def test_what_is_no_record_is_unequal(other):
    """A record is about a session and a kernel; an id alone is not the same thing."""
    assert record("s1", "k1") != other


def test_records_cannot_be_hashed():
    """Their equality is not transitive, so a set of them would be a lottery."""
    with pytest.raises(TypeError):
        hash(record("s1"))


@pytest.mark.parametrize(
    ("before", "news", "after"),
    [
        (("s1", None), ("s1", "k1"), ("s1", "k1")),
        (("s1", None), (None, "k1"), ("s1", "k1")),
        ((None, "k1"), ("s1", None), ("s1", "k1")),
        ((None, "k1"), ("s1", "k1"), ("s1", "k1")),
        (("s1", "k1"), ("s2", "k1"), ("s2", "k1")),
        (("s1", "k1"), (None, None), ("s1", "k1")),
        (("s1", "k1"), ("s1", None), ("s1", "k1")),
    ],
)
def test_an_update_takes_over_what_the_other_knows(before, news, after):
    """Records learn; what they know is never blanked, and a kernel may change its session."""
    updated = record(*before)

    updated.update(record(*news))

    assert (updated.session_id, updated.kernel_id) == after


@pytest.mark.parametrize(
    ("before", "news"),
    [
        ((None, "k1"), ("s1", "k2")),
        (("s1", "k1"), (None, "k2")),
        (("s1", "k1"), ("s1", "k2")),
    ],
)
def test_a_session_may_not_change_its_kernel(before, news):
    """A record that would get another kernel is a conflict, and stays as it was."""
    updated = record(*before)

    with pytest.raises(KernelSessionRecordConflict):
        updated.update(record(*news))

    assert (updated.session_id, updated.kernel_id) == before


@pytest.mark.parametrize("other", ["s1", None, ("s1", "k1")])
def test_an_update_from_what_is_no_record_is_a_type_error(other):
    """A mistake in a program is told as one."""
    with pytest.raises(TypeError):
        record("s1").update(other)
