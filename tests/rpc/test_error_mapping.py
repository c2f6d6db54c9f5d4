"""From what goes wrong to what a caller sees."""

import pytest
from google.rpc import error_details_pb2

from jupyter_sessions_server import errors
from jupyter_sessions_server.rpc.error_mapping import code_of, shorten, status_of


def info_of(status):
    """The ErrorInfo of a status."""
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    return info


def test_facts_come_as_they_are():
    """Programs act on them."""
    status = status_of(errors.SessionNotFound(path="é \0\n"))

    assert code_of(status).name == "NOT_FOUND"
    assert info_of(status).reason == "SESSION_NOT_FOUND"
    assert dict(info_of(status).metadata) == {"path": "é \0\n"}
    assert len(status.details) == 1


@pytest.mark.parametrize(
    "error",
    [
        ValueError("secret"),
        KeyError("secret"),
        errors.StoreError("secret"),
        errors.KernelSessionRecordConflict("secret"),
    ],
    ids=repr,
)
def test_what_is_the_service_s_own_fault_is_not_told(error):
    """It may hold paths, tokens, code; the log has it."""
    status = status_of(error)

    assert code_of(status).name == "INTERNAL"
    assert info_of(status).reason == "INTERNAL"
    assert b"secret" not in status.SerializeToString()


def test_a_text_that_utf8_cannot_hold_is_still_told():
    """A file name of the system's, in an error of the system's, may be of any bytes."""
    status = status_of(errors.KernelStartFailed("a", "no such file: '\udcff'"))

    assert info_of(status).metadata["detail"] == "no such file: '?'"
    assert "no such file" in status.message


@pytest.mark.parametrize("letter", ["x", "é", "\U0001f600"])
def test_a_status_fits_into_headers_however_long_its_facts(letter):
    """8 KiB are all that an HTTP client takes; the message stands there twice."""
    long = letter * 100_000
    keys = dict.fromkeys(["session_id", "path", "name", "type", "kernel_id"], long)

    status = status_of(errors.SessionNotFound(**keys))

    details = len(status.SerializeToString()) * 4 / 3
    assert details + 3 * len(status.message.encode()) < 8000
    assert all(fact.startswith(letter) for fact in info_of(status).metadata.values())


def test_one_fact_has_the_room_that_five_would_share():
    """The usual error has one long fact, and a path of the usual length is not shortened."""
    path = "x" * 2000

    status = status_of(errors.SessionNotFound(path=path))

    assert dict(info_of(status).metadata) == {"path": path}


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("", ""),
        ("x" * 20, "x" * 20),
        ("x" * 21, "xxxxxxxx…xxxxxxxx"),
        ("é" * 10, "é" * 10),
        ("é" * 11, "éééé…éééé"),
        ("\U0001f600" * 6, "\U0001f600" * 2 + "…" + "\U0001f600" * 2),
        ("ab\U0001f600" * 5, "ab\U0001f600ab…ab\U0001f600"),
        ("a\ud800", "a?"),
    ],
)
def test_a_text_is_shortened_in_its_middle_and_between_characters(text, short):
    """Begin and end tell most; half a character tells nothing."""
    assert shorten(text, 20) == short
    assert len(shorten(text, 20).encode()) <= 20
