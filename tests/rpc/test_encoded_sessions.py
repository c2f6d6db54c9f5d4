"""Sessions as bytes: the same that protobuf makes, made once."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_sessions.v1 import sessions_pb2 as pb
from jupyter_sessions_server import model
from jupyter_sessions_server.rpc.convert import session_to_pb
from jupyter_sessions_server.rpc.encoded_sessions import EncodedSessions, LastLists

KERNEL = model.Kernel(
    kernel_id="k",
    kernel_name="python3",
    owner="o",
    state=model.KernelState.IDLE,
    cwd="/",
    created_ms=1,
    start_ms=1,
    last_activity_ms=1,
)


def session(number=1, path="p", labels=None):
    """A session as it is stored."""
    return model.Session(
        session_id=f"s{number}",
        owner="o",
        path=path,
        name=None,
        type="notebook",
        labels=labels or {},
        kernel_id="k",
        revision=number,
        create_revision=number,
        created_ms=1,
        updated_ms=1,
    )


@given(st.integers(min_value=0, max_value=40_000))
def test_the_field_is_what_protobuf_makes(length):
    """However long it is: its length is written in one to three bytes."""
    stored = session(path="x" * length)
    answer = pb.GetSessionResponse(session=session_to_pb(stored, KERNEL))

    field = EncodedSessions().field(stored, KERNEL)

    assert pb.GetSessionResponse.FromString(field) == answer
    assert len(field) == answer.ByteSize()


@pytest.mark.parametrize(
    "response", [pb.GetSessionResponse, pb.CreateSessionResponse, pb.UpdateSessionResponse]
)
def test_it_is_the_session_of_each_answer(response):
    """Field 1 of all of them; a change of the contract that breaks this shows here."""
    field = EncodedSessions().field(session(), KERNEL)

    assert response.FromString(field).session == session_to_pb(session(), KERNEL)


def test_joined_fields_are_a_list():
    """What follows them is merged in."""
    stored = [session(number) for number in range(1, 4)]
    encoded = EncodedSessions()
    rest = pb.ListSessionsResponse(next_page_token="t", revision=3)

    fields = [encoded.field(one, KERNEL) for one in stored]

    answer = pb.ListSessionsResponse.FromString(b"".join(fields) + rest.SerializeToString())
    assert answer == pb.ListSessionsResponse(
        sessions=[session_to_pb(one, KERNEL) for one in stored], next_page_token="t", revision=3
    )


@pytest.mark.parametrize("changed", ["session", "kernel"])
def test_bytes_are_made_anew_when_something_has_changed(changed):
    """A session is shown with its kernel as it is now."""
    encoded = EncodedSessions()
    first, second = session(), session()
    kernel = KERNEL
    encoded.field(first, kernel)
    if changed == "session":
        second = replace(second, path="other")
    else:
        kernel = replace(kernel, state=model.KernelState.BUSY)

    field = encoded.field(second, kernel)

    assert pb.GetSessionResponse.FromString(field).session == session_to_pb(second, kernel)


def test_a_list_is_answered_again_while_nothing_it_depends_on_has_changed():
    """Many windows that poll cost little."""
    lists = LastLists()

    lists.keep("o", ("question", 7), b"answer")

    assert lists.get("o", ("question", 7)) == b"answer"
    assert lists.get("o", ("question", 8)) is None
    assert lists.get("o", ("another", 7)) is None
    assert lists.get("p", ("question", 7)) is None


def test_a_deleted_session_is_forgotten():
    """Its bytes are not kept for ever."""
    encoded = EncodedSessions()
    encoded.field(session(), KERNEL)

    encoded.forget("s1", "k")
    encoded.forget("s1", "k")

    assert len(encoded) == 0
