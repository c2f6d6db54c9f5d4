"""What is no call is refused by HTTP's own means, and what cannot be done over HTTP in words."""

import pytest

from tests.gateway.connect.speaking import (
    STREAM_JSON,
    STREAM_PROTO,
    STREAMING,
    UNARY,
    UNARY_JSON,
    UNARY_PROTO,
    WEB_PROTO,
    framed,
    said,
)

LIST, EXECUTE = "SessionService/ListSessions", "ExecutionService/Execute"
CONNECT = "ChannelService/Connect"


@pytest.mark.parametrize("rpc", [LIST, EXECUTE, CONNECT])
async def test_calls_are_posts(fake_caller, fake_channel, rpc):
    """No RPC says that it has no side effects, so no link and no image can call one."""
    url = fake_caller.address + rpc + "?connect=v1&encoding=json&message=%7B%7D"

    for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"):
        response = await fake_caller.http.request(method, url)
        assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert fake_channel.calls == []


UNKNOWN = (
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/grpc",
    "application/grpc+proto",
    "application/jsonx",
    "application/connect+xml",
    "application/json; charset=latin-1",
    "application/grpc-web-text+json",
)


@pytest.mark.parametrize(("rpc", "known"), [(LIST, UNARY), (EXECUTE, STREAMING)])
async def test_other_content_types_are_refused(fake_caller, fake_channel, rpc, known):
    """Those of HTML forms among them, which pages of other sites may send without asking."""
    for content_type in UNKNOWN:
        response = await fake_caller.post(rpc, b"{}", content_type=content_type)

        assert response.status_code == 415
        assert set(known) <= set(response.headers["accept-post"].split(", "))
    assert fake_channel.calls == []


@pytest.mark.parametrize(
    ("content_type", "rpc"),
    [(UNARY_PROTO, EXECUTE), (UNARY_JSON, EXECUTE), (STREAM_PROTO, LIST), (STREAM_JSON, LIST)],
)
async def test_streams_and_others_have_content_types_of_their_own(fake_caller, content_type, rpc):
    """Else a stream's error, which is 200, would be taken for an answer."""
    response = await fake_caller.post(rpc, b"{}", content_type=content_type)

    assert response.status_code == 415
    assert content_type not in response.headers["accept-post"].split(", ")


@pytest.mark.parametrize("content_type", sorted({*UNARY, *STREAMING}))
async def test_rpcs_whose_callers_stream_are_refused_in_words(
    fake_caller, fake_channel, content_type
):
    """Browsers cannot do it; the answer says what can."""
    body = framed(content_type, b"{}")

    response = await fake_caller.post(CONNECT, body, content_type=content_type)

    error = said(response)
    assert error.what == ("unimplemented", "NOT_IMPLEMENTED")
    assert error.info.metadata["feature"] == "ChannelService.Connect"
    assert "gRPC" in error.message
    assert fake_channel.calls == []


@pytest.mark.parametrize("content_type", [UNARY_JSON, STREAM_PROTO, WEB_PROTO])
@pytest.mark.parametrize(
    "rpc", ["SessionService/NoSuch", "NoSuchService/ListSessions", "SessionService/listSessions"]
)
async def test_there_is_no_such_rpc(fake_caller, content_type, rpc):
    """All clients read 404 as unimplemented."""
    response = await fake_caller.post(rpc, b"{}", content_type=content_type)

    assert response.status_code == 404
    assert response.json()["code"] == "unimplemented"
    assert rpc in response.json()["message"]


@pytest.mark.parametrize("path", ["", "/", "/ListSessions/x"])
async def test_other_paths_are_no_rpcs(fake_caller, path):
    """Nothing is guessed."""
    response = await fake_caller.post("SessionService" + path, b"{}", content_type=UNARY_JSON)

    assert response.status_code == 404
