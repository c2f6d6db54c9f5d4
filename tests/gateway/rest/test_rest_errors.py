"""What is answered where nothing is served, or nothing can be; and what all answers have."""

import grpc
import orjson
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode

from jupyter_sessions.v1.errors_pb2 import ErrorReason
from jupyter_sessions_server.gateway.http_errors import (
    DETAILS_KEY,
    HTTP_BY_CODE,
    HTTP_BY_REASON,
    http_error_of,
)
from tests.gateway.rest.answers import is_page, refusal

UNHANDLED = {"message": "Unhandled error", "reason": None, "traceback": ""}
ROUTES = [
    ("api/sessions", {"GET", "POST"}),
    ("api/sessions/a-b-c-d-e", {"GET", "PATCH", "DELETE"}),
    ("api/kernels", {"GET", "POST"}),
    ("api/kernels/a-b-c-d-e", {"GET", "DELETE"}),
    ("api/kernels/a-b-c-d-e/restart", {"POST"}),
    ("api/kernelspecs", {"GET"}),
    ("api/kernelspecs/python3", {"GET"}),
    ("api/status", {"GET"}),
    ("api/me", {"GET", "PATCH"}),
]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
WRONG = [(method, path) for path, served in ROUTES for method in METHODS if method not in served]


def rpc_error(code, reason="", text="what happened"):
    status = status_pb2.Status(code=code.value[0], message=text)
    if reason:
        status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason))
    trailers = grpc.aio.Metadata((DETAILS_KEY, status.SerializeToString()))
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailers, details=text)


@pytest.mark.parametrize(("method", "path"), WRONG)
async def test_a_wrong_method(jupyter, method, path):
    """HEAD is one too: answers of the API are short."""
    response = await jupyter.request(method, path)

    assert response.status_code == 405
    assert response.headers["content-type"] == "application/json"
    if method != "HEAD":
        assert refusal(response) == (405, "Method Not Allowed")


async def test_the_methods_that_are_served_are_told(http):
    """As HTTP asks for."""
    response = await http.put("api/kernels")

    assert response.headers["allow"] == "GET, POST, OPTIONS"


@pytest.mark.parametrize("path", ["nothing", "api/nothing", "api/kernels/x", "apis"])
async def test_what_is_not_served_is_a_page(jupyter, path):
    """It is a person, most often, who asks for it."""
    response = await jupyter.get(path)

    assert response.status_code == 404
    assert is_page(response)


async def test_contents_are_not_ours(http):
    """JupyterLab keeps its own files when its kernels are elsewhere."""
    assert (await http.get("api/contents")).status_code == 404


async def test_a_slash_too_many(jupyter):
    """A reader is sent to the path without, arguments kept."""
    response = await jupyter.get("api/kernels/?a=b")

    assert response.status_code == 302
    assert response.headers["location"] == "/api/kernels?a=b"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_slash_too_many_for_a_write(jupyter, method):
    """A token does not help."""
    response = await jupyter.request(method, "api/kernels/")

    assert response.status_code == 403
    assert is_page(response)


async def test_a_slash_too_many_leads_nowhere_else(http):
    """Two slashes at the beginning would be another host."""
    response = await http.get(f"{http.base_url}/evil.example/")

    assert response.headers["location"] == "/evil.example"


async def test_an_answer_has_an_etag(jupyter):
    """Whoever polls need not be sent what they have."""
    first = await jupyter.get("api/kernelspecs")
    etag = first.headers["etag"]

    again = await jupyter.get("api/kernelspecs", headers={"if-none-match": f'"x", W/{etag}'})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag
    assert "content-type" not in again.headers


async def test_another_etag_gets_the_answer(jupyter):
    """Something has changed."""
    response = await jupyter.get("api/kernelspecs", headers={"if-none-match": '"x"'})

    assert response.status_code == 200


async def test_an_etag_follows_the_session(http, new_session):
    """Also one that was asked for a moment ago."""
    session = await new_session()
    address = f"api/sessions/{session['id']}"
    before = (await http.get(address)).headers["etag"]

    await http.patch(address, json={"name": "B"})

    after = await http.get(address, headers={"if-none-match": before})
    assert after.json()["name"] == "B"


async def test_writes_have_no_etag(new_session, http):
    """They are not kept."""
    session = await new_session()

    response = await http.patch(f"api/sessions/{session['id']}", json={})

    assert "etag" not in response.headers


def test_every_reason_has_a_status():
    """One table, that nothing is forgotten in."""
    reasons = {name.removeprefix("ERROR_REASON_") for name, _ in ErrorReason.items()}

    assert set(HTTP_BY_REASON) == reasons - {"UNSPECIFIED"}
    assert set(HTTP_BY_CODE) == set(StatusCode) - {StatusCode.OK}


@pytest.mark.parametrize(
    ("reason", "code", "status", "message"),
    [
        ("TOKEN_INVALID", StatusCode.UNAUTHENTICATED, 403, "Forbidden"),
        ("FIELD_INVALID", StatusCode.INVALID_ARGUMENT, 400, "what happened"),
        ("KERNEL_LIMIT_REACHED", StatusCode.RESOURCE_EXHAUSTED, 429, "what happened"),
        ("STORAGE_FULL", StatusCode.RESOURCE_EXHAUSTED, 507, "what happened"),
        ("KERNEL_HOST_UNAVAILABLE", StatusCode.UNAVAILABLE, 503, "what happened"),
        ("", StatusCode.UNAVAILABLE, 503, "Service Unavailable"),
        ("", StatusCode.DEADLINE_EXCEEDED, 504, "Gateway Timeout"),
    ],
)
def test_what_the_contract_refuses(reason, code, status, message):
    """By its reason, or, where gRPC itself has failed the call, by its code."""
    error = http_error_of(rpc_error(code, reason))

    assert error.status == status
    assert orjson.loads(error.body) == {"message": message, "reason": None}


@pytest.mark.parametrize("code", [StatusCode.INTERNAL, StatusCode.UNKNOWN, StatusCode.DATA_LOSS])
def test_what_nobody_foresaw(code):
    """Its text could tell what is nobody's business; `traceback` is there for old clients."""
    error = http_error_of(rpc_error(code))

    assert (error.status, orjson.loads(error.body)) == (500, UNHANDLED)


async def test_a_failure_of_the_service(http, kernels, new_kernel):
    """It is told with the body that jupyter_server has for it; the log knows more."""
    kernel = await new_kernel()
    kernels.stop_errors[kernel["id"]] = RuntimeError("a secret")

    response = await http.delete(f"api/kernels/{kernel['id']}")

    assert (response.status_code, response.json()) == (500, UNHANDLED)


async def test_the_service_cannot_start_kernels_now(http, kernels):
    """It is told what the matter is; later it may be better."""
    kernels.reachable = False

    response = await http.post("api/kernels")

    assert refusal(response) == (503, "the keeper cannot be reached")
