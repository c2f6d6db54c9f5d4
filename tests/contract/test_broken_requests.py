"""Bytes that are no request at all, and page tokens that are none."""

import base64
import json

import pytest

from jupyter_sessions.v1 import kernels_pb2
from jupyter_sessions.v1 import sessions_pb2 as pb
from tests.conftest import TOKEN
from tests.refusals import refused
from tests.rpcs import RPCS, SERVED

NOT_UTF8 = b"\x0a\x02\xff\xfe"  # field 1, two bytes of text
WITH_TEXT_FIRST = sorted(
    rpc
    for rpc in SERVED
    for field in RPCS[rpc].input_type.fields_by_number.values()
    if field.number == 1 and field.type == field.TYPE_STRING
)


@pytest.fixture
def call_with(channel):
    """Calls an RPC with any bytes."""

    def call_with(rpc, body):
        method = RPCS[rpc]
        kind = channel.unary_stream if method.server_streaming else channel.unary_unary
        path = f"/{method.containing_service.full_name}/{method.name}"
        return kind(path)(body, metadata=(("authorization", f"Bearer {TOKEN}"),), timeout=10)

    return call_with


@pytest.mark.parametrize("rpc", WITH_TEXT_FIRST)
async def test_text_that_is_not_utf8_is_refused(call_with, rpc):
    """Paths are text; a client whose strings are bytes has to decode them first."""
    refusal = await refused(call_with(rpc, NOT_UTF8))

    assert refusal.what == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refusal.fields == ("request",)


@pytest.mark.parametrize("rpc", SERVED)
@pytest.mark.parametrize(
    "body",
    [b"\xff", b"\x0a", b"\x0a\x05abc", b"\x07", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"],
    ids=["varint", "no length", "too short", "wire type", "length"],
)
async def test_bytes_that_are_no_message_are_refused(call_with, rpc, body):
    """A broken client is told so, and not that the service failed."""
    refusal = await refused(call_with(rpc, body))

    assert refusal.what == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refusal.fields == ("request",)


async def test_fields_of_a_newer_contract_are_ignored(call_with):
    """A client may be newer than its server."""
    body = pb.CreateSessionRequest(path="a.ipynb").SerializeToString() + b"\xfa\x3f\x01x"

    answer = pb.CreateSessionResponse.FromString(
        await call_with("SessionService.CreateSession", body)
    )

    assert answer.created


def _token(content):
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


BROKEN_TOKENS = [
    "x",
    "é",
    "\0",
    "!!!!",
    "x" * 100_000,
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    base64.urlsafe_b64encode(b"[" * 20_000).decode(),
    base64.urlsafe_b64encode(b"9" * 20_000).decode(),
    _token(None),
    _token([]),
    _token(["", 1, 2]),
    _token({"a": 1}),
    _token(["0" * 16, 1]),
    _token(["0" * 16, "a"]),
    _token(["0" * 16, True]),
    _token(["0" * 16, 1.5]),
    _token(["0" * 16, None]),
]


@pytest.mark.covers("SessionService.ListSessions", "PAGE_TOKEN_INVALID")
@pytest.mark.parametrize("order", [pb.SESSION_ORDER_CREATED, pb.SESSION_ORDER_PATH])
@pytest.mark.parametrize("token", BROKEN_TOKENS, ids=range(len(BROKEN_TOKENS)))
async def test_a_broken_page_token_of_sessions_is_refused(session_stub, session, token, order):
    """Tokens are opaque; what is made up, or was cut off on its way, is no place in a list."""
    request = pb.ListSessionsRequest(page_token=token, order_by=order)

    refusal = await refused(session_stub.ListSessions(request))

    assert refusal.what == ("INVALID_ARGUMENT", "PAGE_TOKEN_INVALID")
    assert refusal.fields == ("page_token",)


@pytest.mark.covers("KernelService.ListKernels", "PAGE_TOKEN_INVALID")
@pytest.mark.parametrize("token", BROKEN_TOKENS, ids=range(len(BROKEN_TOKENS)))
async def test_a_broken_page_token_of_kernels_is_refused(kernel_stub, kernel, token):
    """The same for kernels."""
    refusal = await refused(
        kernel_stub.ListKernels(kernels_pb2.ListKernelsRequest(page_token=token))
    )

    assert refusal.what == ("INVALID_ARGUMENT", "PAGE_TOKEN_INVALID")


@pytest.mark.parametrize("order", [pb.SESSION_ORDER_CREATED, pb.SESSION_ORDER_PATH])
@pytest.mark.parametrize("position", ["\ud800", 10**30, -1, "\0"], ids=ascii)
async def test_a_token_with_a_forged_position_does_no_harm(session_stub, session, order, position):
    """Whoever looks into a token and changes it gets an error, or an empty page."""
    await session_stub.CreateSession(pb.CreateSessionRequest(path="b.ipynb"))
    page = await session_stub.ListSessions(pb.ListSessionsRequest(page_size=1, order_by=order))
    made_for, _ = json.loads(base64.urlsafe_b64decode(page.next_page_token))
    token = _token([made_for, position])

    request = pb.ListSessionsRequest(page_token=token, order_by=order)
    code = await session_stub.ListSessions(request).code()

    assert code.name in ("OK", "INVALID_ARGUMENT")
