"""How answers are written: fewer packets, and what must not be lost for that."""

import asyncio

import pytest

from jupyter_sessions_server.gateway.http_protocol import JoinedWrites
from tests.conftest import TOKEN


class Written(asyncio.Transport):
    """Keeps what is written, write by write."""

    def __init__(self):
        super().__init__()
        self.writes = []
        self.closed = False

    def write(self, data):
        self.writes.append(bytes(data))

    def close(self):
        self.closed = True

    def is_closing(self):
        return self.closed


@pytest.fixture
async def written():
    return Written()


@pytest.fixture
async def joined(written):
    return JoinedWrites(written, asyncio.get_running_loop())


async def test_a_head_and_its_body_are_one_write(joined, written):
    """So they are one system call, and one packet."""
    joined.write(b"head")
    joined.write(b"body")

    assert written.writes == [b"headbody"]


async def test_a_head_alone_does_not_wait_for_its_body(joined, written):
    """A stream's reader is to know that it has begun."""
    joined.write(b"head")
    await asyncio.sleep(0)

    assert written.writes == [b"head"]


async def test_each_byte_is_written_once_and_in_order(joined, written):
    """Whenever the loop comes round."""
    for number in range(5):
        joined.write(b"%d" % number)
        joined.write(b"")
        if number % 3 == 0:
            await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert b"".join(written.writes) == b"01234"


async def test_what_is_held_is_written_before_the_end(joined, written):
    """A refusal may be the last that is written."""
    joined.write(b"head")
    joined.close()

    assert (written.writes, written.closed) == ([b"head"], True)
    assert joined.is_closing()


async def test_another_protocol_gets_the_connection_as_it_is(joined, written):
    """A WebSocket begins with an HTTP request."""
    joined.write(b"head")

    assert joined.released() is written
    assert written.writes == [b"head"]


async def test_many_requests_at_once_on_one_connection(gateway):
    """They are answered in order, whatever is joined."""
    port = int(gateway.split(":")[2].strip("/"))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"Host: localhost\r\nAuthorization: token {TOKEN}\r\n"
    for path in ("api", "nothing", "api/kernels"):
        last = "Connection: close\r\n" if path == "api/kernels" else ""
        writer.write(f"GET /{path} HTTP/1.1\r\n{head}{last}\r\n".encode())

    answers = (await reader.read()).split(b"HTTP/1.1 ")[1:]

    writer.close()
    await writer.wait_closed()
    assert [answer[:3] for answer in answers] == [b"200", b"404", b"200"]
    assert answers[2].endswith(b"\r\n\r\n[]")
