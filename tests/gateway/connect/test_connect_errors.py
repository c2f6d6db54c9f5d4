"""What fails, in each protocol: codes, details, metadata, and what nobody has foreseen."""

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from tests.gateway.connect.speaking import (
    CODES,
    STREAMING,
    UNARY,
    UNARY_JSON,
    framed,
    said,
)

LIST, EXECUTE = "SessionService/ListSessions", "ExecutionService/Execute"
_CODE_OF = {code.value[0]: code for code in grpc.StatusCode}
DIALECTS = [(kind, LIST) for kind in UNARY] + [(kind, EXECUTE) for kind in STREAMING]


def error(code, text, *metadata):
    """What a call of grpc.aio raises."""
    initial, trailing = grpc.aio.Metadata(), grpc.aio.Metadata(*metadata)
    return grpc.aio.AioRpcError(code, initial, trailing, details=text)


def empty(content_type):
    """A request without fields."""
    return framed(content_type, b"{}" if content_type.endswith("json") else b"")


@pytest.fixture
def answer_to(fake_caller):
    """What a call without fields is answered with."""

    async def answer_to(content_type, rpc):
        body = empty(content_type)
        return said(await fake_caller.post(rpc, body, content_type=content_type))

    return answer_to


@pytest.mark.parametrize(("content_type", "rpc"), DIALECTS)
async def test_each_code_has_its_name_and_its_http_status(
    fake_channel, answer_to, content_type, rpc
):
    """Also where the service sent no details: gRPC itself, for instance."""
    answers = []
    for number in CODES:
        fake_channel.error = error(_CODE_OF[number], "50% \r\n é😀 \\")
        answers.append(await answer_to(content_type, rpc))

    assert [answer.code for answer in answers] == list(CODES.values())
    assert {answer.message for answer in answers} == {"50% \r\n é😀 \\"}
    assert {answer.details for answer in answers} == {()}


@pytest.mark.parametrize(("content_type", "rpc"), DIALECTS)
async def test_details_arrive_as_they_are(fake_channel, answer_to, content_type, rpc):
    """All of them, in their order; one that the gateway has never heard of, too."""
    status = status_pb2.Status(code=8, message="later")
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason="KERNEL_LIMIT_REACHED"))
    status.details.add(type_url="type.googleapis.com/of.a.newer.Service", value=b"\x08\x01\xff")
    details = ("grpc-status-details-bin", status.SerializeToString())
    fake_channel.error = error(grpc.StatusCode.RESOURCE_EXHAUSTED, "later", details)

    answer = await answer_to(content_type, rpc)

    assert answer.what == ("resource_exhausted", "KERNEL_LIMIT_REACHED")
    assert answer.details[1] == ("of.a.newer.Service", b"\x08\x01\xff")


@pytest.mark.parametrize(("content_type", "rpc"), DIALECTS)
async def test_metadata_of_a_failure_arrive(fake_channel, answer_to, content_type, rpc):
    """Those that are the caller's: text as it is, bytes in base64."""
    fake_channel.error = error(
        grpc.StatusCode.ABORTED,
        "again",
        ("retry-after", "3"),
        ("trace-bin", b"\xff\x00"),
        ("grpc-internal", "x"),
        ("content-type", "application/grpc"),
    )

    answer = await answer_to(content_type, rpc)

    assert dict(answer.metadata) == {"retry-after": "3", "trace-bin": "/wA"}


@pytest.mark.parametrize("content_type", STREAMING)
async def test_an_error_after_messages_is_at_their_end(fake_channel, answer_to, content_type):
    """What has arrived stays."""
    fake_channel.messages = [b"", b""]
    fake_channel.error = error(grpc.StatusCode.UNAVAILABLE, "stopping")

    answer = await answer_to(content_type, EXECUTE)

    assert len(answer.messages) == 2
    assert (answer.code, answer.message) == ("unavailable", "stopping")


@pytest.mark.parametrize(("content_type", "rpc"), DIALECTS)
async def test_what_nobody_has_foreseen_is_for_the_log_only(
    fake_channel, answer_to, caplog, content_type, rpc
):
    """Its text may hold what is no caller's business."""
    fake_channel.error = ValueError("a secret")

    answer = await answer_to(content_type, rpc)

    assert answer.what == ("internal", "INTERNAL")
    assert "secret" not in answer.message
    assert [record.exc_info[1] for record in caplog.records] == [fake_channel.error]


async def test_answers_that_are_no_messages_are_the_services_fault(fake_channel, answer_to, caplog):
    """In JSON they cannot be told."""
    fake_channel.answer = b"\xff"

    answer = await answer_to(UNARY_JSON, LIST)

    assert answer.code == "internal"
    assert len(caplog.records) == 1
