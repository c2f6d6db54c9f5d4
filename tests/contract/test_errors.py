"""How errors look: a code, a reason for programs, and nothing that callers should not see."""

import logging

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from jupyter_sessions.v1 import sessions_pb2 as pb
from tests.fakes import FakeSpecs
from tests.refusals import refused

GUARD = "jupyter_sessions_server.rpc.guard"
"""Where requests are logged."""


class BrokenSpecs(FakeSpecs):
    """Kernelspecs that cannot be looked for, for a reason nobody has thought of."""

    async def find(self, kernel_name):
        message = "secret of the server"
        raise RuntimeError(message)


async def test_the_status_has_one_reason_of_this_service(session_stub):
    """Programs act on the reason; the message is for people."""
    call = session_stub.GetSession(pb.GetSessionRequest(path="a.ipynb"))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call

    details = dict(caught.value.trailing_metadata())["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(details)
    info = error_details_pb2.ErrorInfo()
    (detail,) = status.details
    assert detail.Unpack(info)
    assert (info.domain, info.reason) == ("jupyter_sessions", "SESSION_NOT_FOUND")
    assert dict(info.metadata) == {"path": "a.ipynb"}
    assert status.code == grpc.StatusCode.NOT_FOUND.value[0]
    assert status.message == caught.value.details() == "Session not found: path='a.ipynb'"


async def test_an_error_about_a_field_says_what_is_wrong_with_it(session_stub):
    """A form can show it beside the field."""
    call = session_stub.CreateSession(pb.CreateSessionRequest(path="a\0"))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call

    details = dict(caught.value.trailing_metadata())["grpc-status-details-bin"]
    request = error_details_pb2.BadRequest()
    assert status_pb2.Status.FromString(details).details[1].Unpack(request)
    (violation,) = request.field_violations
    assert (violation.field, violation.description) == ("path", "contains a NUL character")


@pytest.mark.parametrize(
    "path",
    ["\U0001f600" * 1024, "é" * 2048, "\x01" * 4096, "%" * 4096, "\n" * 4096, "'\"" * 2048],
    ids=["emoji", "é", "control", "percent", "line ends", "quotes"],
)
@pytest.mark.parametrize("keys", [1, 5])
async def test_long_facts_are_shortened_so_that_the_error_arrives(session_stub, path, keys):
    """HTTP headers have limits of their own; an error must not turn into another one there."""
    fields = dict.fromkeys(["path", "name", "type", "session_id", "kernel_id"][:keys], path)

    refusal = await refused(session_stub.GetSession(pb.GetSessionRequest(**fields)))

    assert refusal.what == ("NOT_FOUND", "SESSION_NOT_FOUND")
    assert refusal.facts.keys() == fields.keys()
    assert all("…" in fact for fact in refusal.facts.values())


async def test_a_long_problem_is_shortened_too(session_stub, session):
    """What a caller sent is not sent back in full."""
    request = pb.UpdateSessionRequest(
        session=pb.Session(session_id=session.session_id),
        update_mask={"paths": ["\U0001f600" * 100_000]},
    )

    refusal = await refused(session_stub.UpdateSession(request))

    assert refusal.what == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refusal.fields == ("update_mask",)
    assert "…" in refusal.message


class TestUnforeseen:
    """When something fails that should not."""

    @pytest.fixture
    def specs(self):
        """Kernelspecs that fail."""
        return BrokenSpecs()

    async def test_callers_learn_that_it_failed_and_nothing_else(self, session_stub, kernels):
        """What went wrong inside may tell secrets."""
        refusal = await refused(session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb")))

        assert refusal.what == ("INTERNAL", "INTERNAL")
        assert refusal.message == "the service failed; its log tells more"
        assert refusal.facts == {}
        assert not kernels.alive

    async def test_the_log_tells_what_it_was(self, session_stub, caplog):
        """Whoever runs the server can find out."""
        await refused(session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb")))

        (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
        assert record.exc_info[0] is RuntimeError
        assert record.method == "SessionService.CreateSession"

    async def test_the_path_is_free_again(self, session_stub):
        """A failure leaves nothing that would be in the way."""
        request = pb.CreateSessionRequest(path="a.ipynb")
        await refused(session_stub.CreateSession(request))

        exists = await session_stub.SessionExists(pb.SessionExistsRequest(path="a.ipynb"))
        again = await refused(session_stub.CreateSession(request))

        assert not exists.exists
        assert again.reason == "INTERNAL"


async def test_each_request_is_one_entry_of_the_log(session_stub, session, caplog):
    """With its method, its code and its time; nothing of what was in it."""
    with caplog.at_level(logging.INFO, "jupyter_sessions_server"):
        await session_stub.GetSession(pb.GetSessionRequest(path="a.ipynb"))
        await refused(session_stub.GetSession(pb.GetSessionRequest(path="secret.ipynb")))

    entries = [record for record in caplog.records if record.name.startswith(GUARD)]
    told = [(record.method, record.code) for record in entries]
    assert told == [("SessionService.GetSession", "OK"), ("SessionService.GetSession", "NOT_FOUND")]
    assert "secret" not in caplog.text
