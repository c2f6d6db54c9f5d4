"""One request, one answer: any client that can POST can call the service."""

import base64

import pytest

from jupyter_sessions.v1 import executions_pb2, kernels_pb2
from jupyter_sessions.v1 import sessions_pb2 as pb
from tests.gateway.connect.speaking import UNARY, UNARY_JSON, UNARY_PROTO, said

CREATE = "SessionService/CreateSession"


async def test_protobuf_is_answered_with_protobuf(caller):
    """A generated client with the binary format."""
    request = pb.CreateSessionRequest(path="a.ipynb")

    answer = await caller.ask(UNARY_PROTO, CREATE, request)

    response = pb.CreateSessionResponse.FromString(answer.messages[0])
    assert response.created
    assert response.session.path == "a.ipynb"


async def test_json_is_answered_with_json(caller):
    """Somebody with curl; 64-bit integers are text, as JavaScript's numbers cannot hold them."""
    response = await caller.json(CREATE, {"path": "a.ipynb", "labels": {"é": "😀"}})

    assert response.headers["content-type"] == "application/json"
    session = response.json()["session"]
    assert (session["path"], session["labels"]) == ("a.ipynb", {"é": "😀"})
    assert session["revision"] == str(int(session["revision"]))
    assert session["createTime"].endswith("Z")


async def test_json_takes_the_names_of_the_protos_too(caller):
    """Both spellings are protobuf's JSON."""
    created = await caller.json(CREATE, {"path": "a.ipynb"})
    session_id = created.json()["session"]["sessionId"]

    found = await caller.json("SessionService/GetSession", {"session_id": session_id})

    assert found.json()["session"]["sessionId"] == session_id


async def test_fields_of_a_newer_contract_are_left_out(caller):
    """A client may be newer than its server, in JSON as in protobuf."""
    response = await caller.json(CREATE, {"path": "a.ipynb", "colour": {"of": ["it"]}})

    assert response.json()["created"] is True


async def test_json_may_say_its_charset(caller):
    """Some HTTP libraries add it."""
    body = b'{"path": "a.ipynb"}'

    response = await caller.post(CREATE, body, content_type="Application/JSON; charset=UTF-8")

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"


async def test_bytes_are_base64_in_json(caller):
    """A kernelspec's logo."""
    rpc = "KernelService/GetKernelSpecResource"
    fields = {"kernel_name": "python3", "resource_name": "logo-64x64.png"}
    answer = await caller.ask(UNARY_PROTO, rpc, kernels_pb2.GetKernelSpecResourceRequest(**fields))

    response = await caller.json(rpc, fields)

    logo = kernels_pb2.GetKernelSpecResourceResponse.FromString(answer.messages[0]).content
    assert logo
    assert base64.b64decode(response.json()["content"]) == logo


async def test_long_lists_are_written_in_json(fake_caller, fake_channel):
    """In a thread: other callers do not wait for it."""
    sessions = [pb.Session(session_id=str(n), path="é" * 100, revision=n) for n in range(2_000)]
    fake_channel.answer = pb.ListSessionsResponse(sessions=sessions).SerializeToString()

    answer = (await fake_caller.json("SessionService/ListSessions", {})).json()

    assert [int(session["sessionId"]) for session in answer["sessions"]] == list(range(2_000))
    assert answer["sessions"][-1]["revision"] == "1999"


async def test_long_requests_are_read_from_json(fake_caller, fake_channel):
    """The same for a cell of thousands of lines; one that is wrong is refused as any other."""
    code = "é = 1\n" * 6_000

    rpc = "ExecutionService/Complete"
    response = await fake_caller.json(rpc, {"kernelId": "k", "code": code})
    refused = await fake_caller.json(rpc, {"kernelId": 1, "code": code})

    assert response.status_code == 200
    assert executions_pb2.CompleteRequest.FromString(fake_channel.call.request).code == code
    assert said(refused).what == ("invalid_argument", "FIELD_INVALID")


@pytest.mark.parametrize("content_type", UNARY)
async def test_what_fails_tells_why(caller, content_type):
    """Whatever a client speaks, it gets the code, and the reason to act on."""
    request = pb.GetSessionRequest(session_id="gone")

    error = await caller.ask(content_type, "SessionService/GetSession", request)

    assert error.what == ("not_found", "SESSION_NOT_FOUND")
    assert error.info.metadata["session_id"] == "gone"
    assert "gone" in error.message


async def test_details_can_be_read_by_people(caller):
    """With curl, nobody decodes base64."""
    response = await caller.json(CREATE, {"path": ""})

    debug = [detail["debug"] for detail in response.json()["details"]]
    assert debug[0]["reason"] == "FIELD_INVALID"
    assert debug[1]["fieldViolations"][0]["field"] == "path"


@pytest.mark.parametrize("content_type", UNARY)
async def test_who_has_no_valid_token_is_refused(caller, content_type):
    """By the service itself, as for gRPC; also tokens that gRPC cannot carry."""
    request = pb.ListSessionsRequest()
    del caller.http.headers["authorization"]

    for authorization in ("", "Bearer wrong", "Bearer é", "Bearer a b", "Basic eDp5"):
        headers = {"authorization": authorization.encode()}
        error = await caller.ask(content_type, "SessionService/ListSessions", request, **headers)
        assert error.what == ("unauthenticated", "TOKEN_INVALID")


async def test_a_token_that_grpc_cannot_carry_is_none(caller):
    """In an address anything can be written, line ends too."""
    del caller.http.headers["authorization"]
    rpc = "SessionService/ListSessions?token=a%0d%0ab"

    error = await caller.ask(UNARY_PROTO, rpc, pb.ListSessionsRequest())

    assert error.what == ("unauthenticated", "TOKEN_INVALID")


@pytest.mark.parametrize("version", ["2", "", "v1"])
async def test_other_versions_of_the_protocol_are_refused(fake_caller, fake_channel, version):
    """What they mean is not known yet."""
    response = await fake_caller.post(
        CREATE, b"{}", content_type=UNARY_JSON, connect_protocol_version=version
    )

    error = said(response)
    assert error.what == ("invalid_argument", "FIELD_INVALID")
    assert error.info.metadata["field"] == "connect-protocol-version"
    assert fake_channel.calls == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"{}x",
        b'{"path": 1}',
        b'{"path": "\\ud800"}',
        b"\xff\xfe",
        b"[" * 5000,
        b'{"labels":' * 5000,
        b'{"ifExists": []}',
    ],
    ids=lambda body: repr(body[:12]),
)
async def test_bodies_that_are_no_json_of_the_message_are_refused(fake_caller, fake_channel, body):
    """The client is told, and not that the service failed."""
    response = await fake_caller.post(CREATE, body, content_type=UNARY_JSON)

    error = said(response)
    assert error.what == ("invalid_argument", "FIELD_INVALID")
    assert error.info.metadata["field"] == "request"
    assert fake_channel.calls == []
