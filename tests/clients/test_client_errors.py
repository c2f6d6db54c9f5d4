"""Errors: each reason of the contract is a class, which carries code, reason and metadata."""

import pickle
import re
from pathlib import Path

import grpc
import pytest

from jupyter_sessions import errors
from jupyter_sessions.errors import ERROR_BY_CODE, ERROR_BY_REASON, CallFailed
from jupyter_sessions.v1.errors_pb2 import ErrorReason

PROTO = Path(__file__).parents[2] / "protos" / "jupyter_sessions" / "v1" / "errors.proto"


def code_by_reason():
    """What errors.proto says: each reason's comment begins with its status code."""
    text = PROTO.read_text(encoding="utf-8")
    return {
        reason: code
        for code, reason in re.findall(
            r"^  // ([A-Z_]+): (?:.*\n  //)*.*\n  ERROR_REASON_(\w+) = ", text, re.MULTILINE
        )
    }


def test_each_reason_has_a_class():
    """A program can act on any of them without comparing texts."""
    reasons = {name.removeprefix("ERROR_REASON_") for name, _number in ErrorReason.items()}

    assert set(ERROR_BY_REASON) == reasons - {"UNSPECIFIED"}
    assert len(set(ERROR_BY_REASON.values())) == len(ERROR_BY_REASON)


@pytest.mark.parametrize(("reason", "code"), code_by_reason().items())
def test_a_reasons_class_belongs_to_its_code(reason, code):
    """Catching NotFound catches all that can be missing."""
    assert issubclass(ERROR_BY_REASON[reason], ERROR_BY_CODE[code])


def test_the_contract_tells_the_code_of_each_reason():
    """The test above would pass on an empty list."""
    assert set(code_by_reason()) == set(ERROR_BY_REASON)


def test_the_drawing_shows_each_class():
    """It is the first thing a reader sees of errors.py."""
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__)) | {"JupyterSessionsError"}
    defined = {name for name, thing in vars(errors).items() if _is_error(thing)}

    assert drawn == defined


def _is_error(thing):
    return isinstance(thing, type) and issubclass(thing, errors.JupyterSessionsError)


async def test_an_error_carries_all_that_the_server_said(client, fake):
    """The facts are data; the message is for people."""
    code = grpc.StatusCode.ALREADY_EXISTS
    facts = {"path": "a.ipynb", "session_id": "s0"}
    fake.fail_next("CreateSession", code, "SESSION_ALREADY_EXISTS", facts)

    with pytest.raises(errors.SessionAlreadyExists) as raised:
        await client.create_session("a.ipynb")

    error = raised.value
    assert (error.code, error.reason, error.metadata) == (code, "SESSION_ALREADY_EXISTS", facts)
    assert str(error) == "CreateSession fails"


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        ("NOT_FOUND", "PLANET_NOT_FOUND", errors.NotFound),  # of a newer server
        ("UNIMPLEMENTED", "", errors.NotImplementedByServer),  # of an older one
        ("DATA_LOSS", "", CallFailed),
    ],
)
async def test_an_unknown_reason_becomes_the_class_of_its_code(client, fake, code, reason, kind):
    """Old clients get along with new servers, and the other way round."""
    fake.fail_next("SessionExists", grpc.StatusCode[code], reason)

    with pytest.raises(CallFailed) as raised:
        await client.session_exists("a.ipynb")

    assert type(raised.value) is kind
    assert raised.value.reason == reason


async def test_other_services_reasons_are_not_ours(client, fake):
    """A proxy in between may have a KERNEL_DEAD of its own."""
    code = grpc.StatusCode.PERMISSION_DENIED
    fake.fail_next("SessionExists", code, "KERNEL_DEAD", domain="proxy.example")

    with pytest.raises(errors.PermissionDenied) as raised:
        await client.session_exists("a.ipynb")

    assert raised.value.reason == ""


def test_errors_survive_pickling():
    """They are raised in worker processes, and shown elsewhere."""
    facts = {"kernel_id": "k0"}
    error = errors.KernelDead("it is dead", grpc.StatusCode.ABORTED, "KERNEL_DEAD", facts)

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own

    assert (copy.code, copy.metadata, str(copy)) == (error.code, facts, "it is dead")
