"""Errors have three homes: errors.py, the table of statuses, errors.proto. They agree."""

import inspect
import json
import re

import pytest

from jupyter_sessions.v1.errors_pb2 import ErrorReason
from jupyter_sessions_server import errors
from jupyter_sessions_server.rpc.error_mapping import STATUS_BY_ERROR
from tests.repo.proto_comments import reason_comments

COMMENTS = reason_comments()
CODES = {reason: comment.partition(":")[0] for reason, comment in COMMENTS.items()}
NEVER_SENT = {"UNSPECIFIED"}
OF_WHAT_IS_NOT_SERVED = {"REVISION_COMPACTED"}


def test_each_error_has_a_status():
    """An error that is not in the table would be INTERNAL for its caller."""
    classes = {error for _, error in inspect.getmembers(errors, inspect.isclass)}
    raised = {error for error in classes if issubclass(error, errors.JupyterSessionsError)}

    assert STATUS_BY_ERROR.keys() == raised - {errors.JupyterSessionsError}


@pytest.mark.parametrize("error", STATUS_BY_ERROR, ids=lambda error: error.__name__)
def test_each_status_is_the_one_that_the_contract_tells(error):
    """A client that was written from errors.proto knows the code by the reason."""
    code, reason = STATUS_BY_ERROR[error]

    assert CODES[reason] == code.name


def test_each_reason_is_sent_or_waits_for_what_sends_it():
    """A reason that nothing sends is a promise that nobody keeps."""
    sent = {reason for _, reason in STATUS_BY_ERROR.values()}
    known = {name.removeprefix("ERROR_REASON_") for name in ErrorReason.keys()}  # noqa: SIM118

    assert known == COMMENTS.keys()
    assert sent.isdisjoint(OF_WHAT_IS_NOT_SERVED)
    assert sent | OF_WHAT_IS_NOT_SERVED | NEVER_SENT == known


@pytest.mark.parametrize("reason", sorted(COMMENTS.keys() - NEVER_SENT))
def test_each_reason_has_an_example(reason):
    """The example is what a program will find: JSON, with this reason, and facts as texts."""
    (example,) = re.findall(r'\{"reason".*?\}\}', COMMENTS[reason])

    parsed = json.loads(example)

    assert parsed["reason"] == reason
    assert all(isinstance(fact, str) for fact in parsed["metadata"].values())
