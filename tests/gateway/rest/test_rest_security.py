"""What the REST API withstands: strangers, other sites' pages, paths that lead out, sheer size."""

import asyncio
import time
from contextlib import AsyncExitStack

import httpx
import pytest

from tests.conftest import TOKEN
from tests.gateway.rest.answers import is_page, refusal
from tests.gateway.rest.conftest import MAX_BODY_BYTES

KERNEL = "a-b-c-d-e"
ALL = [
    ("GET", "api/sessions"),
    ("POST", "api/sessions"),
    ("GET", f"api/sessions/{KERNEL}"),
    ("PATCH", f"api/sessions/{KERNEL}"),
    ("DELETE", f"api/sessions/{KERNEL}"),
    ("GET", "api/kernels"),
    ("POST", "api/kernels"),
    ("GET", f"api/kernels/{KERNEL}"),
    ("DELETE", f"api/kernels/{KERNEL}"),
    ("POST", f"api/kernels/{KERNEL}/interrupt"),
    ("POST", f"api/kernels/{KERNEL}/restart"),
    ("GET", "api/kernelspecs"),
    ("GET", "api/kernelspecs/python3"),
    ("GET", "kernelspecs/python3/logo-64x64.png"),
    ("HEAD", "kernelspecs/python3/logo-64x64.png"),
    ("GET", "api/status"),
    ("GET", "api/me"),
    ("PATCH", "api/me"),
    ("GET", "api/spec.yaml"),
    ("PUT", "api/kernels"),
]


async def test_without_a_token_nothing_opens(anonymous, kernels):
    """Neither to read nor to write."""
    for method, path in ALL:
        assert (await anonymous.request(method, path)).status_code == 403, (method, path)

    assert kernels.launches == []


@pytest.mark.parametrize("token", ["wrong", TOKEN[:-1], f"{TOKEN}{TOKEN}"])
async def test_a_wrong_token_opens_nothing(anonymous, kernels, token):
    """Wherever it is shown."""
    name = f"username-127-0-0-1-{anonymous.base_url.port}"
    attempts = [
        {"headers": {"authorization": f"token {token}"}},
        {"params": {"token": token}},
        {"headers": {"cookie": f"{name}={token}"}},
    ]

    for method, path in ALL:
        for attempt in attempts:
            response = await anonymous.request(method, path, **attempt)
            assert response.status_code == 403, (method, path, attempt)

    assert kernels.launches == []


@pytest.mark.parametrize("path", ["api", "api/kernels/a-b-c-d-e/channels", "nothing", "login"])
async def test_a_wrong_token_is_nowhere_taken_for_a_right_one(anonymous, path):
    """Also where no token is needed: no cookie is made of it, and no other site let in."""
    response = await anonymous.get(
        path, params={"token": "wrong"}, headers={"origin": "https://evil.example"}
    )

    assert not any(name.startswith("username") for name in response.cookies)
    assert "access-control-allow-origin" not in response.headers


async def test_the_cookie_opens_nothing_to_another_sites_page(anonymous, kernels):
    """It can have requests sent with the cookie, and without what only our pages can read."""
    name = f"username-127-0-0-1-{anonymous.base_url.port}"
    headers = {"cookie": f"{name}={TOKEN}", "origin": "https://evil.example"}

    for method, path in ALL:
        response = await anonymous.request(method, path, headers=headers)
        is_file = path.startswith("kernelspecs/")  # it can be shown as an image, but not read
        assert response.status_code == (200 if is_file else 404), (method, path)
        assert "access-control-allow-origin" not in response.headers

    assert kernels.launches == []


async def test_another_name_for_this_machine_opens_nothing(http, kernels):
    """A page of evil.example, whose address has become 127.0.0.1, knows a token somehow."""
    for method, path in ALL:
        response = await http.request(method, path, headers={"host": "evil.example"})
        assert response.status_code == 403, (method, path)

    assert kernels.launches == []


@pytest.mark.parametrize(
    "path",
    [
        "../../../etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "%2fetc/passwd",
        "a/../../kernel.json",
        "..",
    ],
)
async def test_paths_that_lead_out_of_a_kernelspec(gateway, path):
    """Encoded or not."""
    status, body = await _get_raw(gateway, f"/kernelspecs/python3/{path}")

    assert status == 403
    assert b"root:" not in body


@pytest.mark.parametrize(
    "path", ["%252e%252e/etc/passwd", "..\\..\\etc\\passwd", "kernel.json", "logo-64x64.png%00"]
)
async def test_paths_that_are_no_file_of_a_kernelspec(gateway, path):
    """They only look like it."""
    status, body = await _get_raw(gateway, f"/kernelspecs/python3/{path}")

    assert status in (400, 404)
    assert b"PNG" not in body


async def _get_raw(address, path):
    """What a client gets that leaves the path as it is: libraries tidy it up."""
    url = httpx.URL(address)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: token {TOKEN}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(answer.split()[1]), answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("path", ["api/sessions", "api/kernels"])
async def test_a_body_over_the_limit(http, kernels, path):
    """It is refused by its length, before it is read."""
    body = b'{"path": "' + b"a" * MAX_BODY_BYTES + b'"}'

    response = await http.post(path, content=body)

    message = f"Body of request is larger than {MAX_BODY_BYTES} bytes"
    assert refusal(response) == (413, message)
    assert kernels.launches == []


async def test_a_body_that_does_not_tell_its_length(http):
    """It is refused when it is over the limit; what follows is not kept."""

    async def endless():
        for _ in range(100):
            yield b" " * 4096

    assert refusal(await http.post("api/kernels", content=endless()))[0] == 413


async def test_a_body_of_just_the_limit(http):
    """The limit is what it says."""
    body = b'{"name": "python3"}'.ljust(MAX_BODY_BYTES)

    assert (await http.post("api/kernels", content=body)).status_code == 201


async def test_json_that_is_nested_without_end(http):
    """A parser must not fall over it."""
    response = await http.post("api/kernels", content=b"[" * 60_000)

    assert refusal(response) == (400, "Invalid JSON in body of request")


@pytest.mark.parametrize("content", [b"\xff\xfe", b'{"name": "\\ud800"}', b'{"path": NaN}'])
async def test_what_is_no_text(http, content):
    """Nor is it JSON."""
    response = await http.post("api/kernels", content=content)

    assert refusal(response) == (400, "Invalid JSON in body of request")


async def test_an_error_page_shows_no_markup_of_a_strangers(http):
    """A link must not bring a script along."""
    response = await http.get("kernelspecs/python3/<script>alert(1)</script>/../../../x")

    assert is_page(response)
    assert "<script>" not in response.text


async def test_a_header_cannot_be_smuggled_in(gateway):
    """By what the answer repeats of the request."""
    status, _ = await _get_raw(gateway, "/api/kernels%0d%0aset-cookie:a=b/")

    assert status in (302, 404)
    async with httpx.AsyncClient(base_url=gateway) as client:
        response = await client.get("/x%0d%0aset-cookie:a=b/")
    assert "a" not in response.cookies


async def test_many_half_open_sockets_hold_nobody_up(http, gateway):
    """Somebody opens 500 connections, and ends no request on any of them."""
    url = httpx.URL(gateway)
    parts = [b"", b"GET /api", b"POST /api/kernels HTTP/1.1\r\nHost: localhost\r\n"]
    async with AsyncExitStack() as stack:
        for number in range(500):
            _, writer = await asyncio.open_connection(url.host, url.port)
            stack.push_async_callback(_closed, writer)
            writer.write(parts[number % 3])

        begin = time.monotonic()
        answers = [await http.get("api/status") for _ in range(20)]
        took = time.monotonic() - begin

    assert {answer.status_code for answer in answers} == {200}
    assert took < 5


async def _closed(writer):
    writer.close()
    await writer.wait_closed()


async def test_bodies_that_never_come_hold_nobody_up(http, gateway):
    """Whoever says that a body follows, with a token even, waits alone."""
    url = httpx.URL(gateway)
    head = (
        f"POST /api/kernels HTTP/1.1\r\nHost: localhost\r\nAuthorization: token {TOKEN}\r\n"
        "Content-Length: 10\r\n\r\n{"
    )
    async with AsyncExitStack() as stack:
        for _ in range(100):
            _, writer = await asyncio.open_connection(url.host, url.port)
            stack.push_async_callback(_closed, writer)
            writer.write(head.encode())

        response = await http.post("api/kernels")

    assert response.status_code == 201
    assert len((await http.get("api/kernels")).json()) == 1


async def test_a_token_is_in_no_answer(http):
    """But in the cookie, which no script can read."""
    for _, path in ALL:
        assert TOKEN not in (await http.get(path)).text
