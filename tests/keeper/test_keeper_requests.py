"""What servers and the keeper say to each other on its socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_sessions_server.keeper import protocol
from tests.keeper.keeper_program import Connection, KeeperProgram, Keepers, Refused
from tests.keeper.kernel_parts import start_request
from tests.waiting import until


@pytest.fixture
def keeper(keepers: Keepers) -> KeeperProgram:
    """A running keeper."""
    return keepers.start()


@pytest.fixture
async def server(keeper: KeeperProgram) -> AsyncIterator[Connection]:
    """A connection that said hello."""
    connection = await keeper.connect()
    yield connection
    await connection.close()


async def test_hello_tells_what_the_keeper_is(keeper: KeeperProgram, server: Connection) -> None:
    """A server that finds an older keeper must know what it cannot ask."""
    told = await server.call("hello", version=1)

    assert told["version"] == protocol.VERSION
    assert told["pid"] == keeper.process.pid
    assert told["ops"] == list(protocol.Op)
    assert told["software_version"]


async def test_hello_comes_first(keeper: KeeperProgram) -> None:
    """Whoever asks is counted as a server, so the keeper stays for it."""
    reader, writer = await keeper.raw()

    writer.write(b'{"id": 1, "op": "list"}\n')

    assert json.loads(await reader.readline())["message"] == "op: hello comes first on a connection"
    writer.close()


async def test_a_slow_request_does_not_delay_the_next(server: Connection) -> None:
    """One user's stubborn kernel is no reason for another to wait."""
    await server.call("start", **start_request())
    slow = server.send("stop", kernel_id="k", cause="SHUT_DOWN", grace_seconds=1000)

    assert len((await server.call("list"))["kernels"]) == 1

    assert not slow.done()
    await server.call("stop", kernel_id="k", cause="SHUT_DOWN", grace_seconds=0)
    await slow


async def test_a_start_goes_on_when_who_asked_hangs_up(keeper: KeeperProgram) -> None:
    """A server that comes back finds the kernel in the list, and decides."""
    asking = await keeper.connect()
    starting = asking.send("start", **start_request())
    await asking.writer.drain()
    await asking.close()

    server = await keeper.connect()

    listed: list[Any] = []
    async with asyncio.timeout(10):
        while not listed:
            listed = (await server.call("list"))["kernels"]
    assert listed[0]["kernel_id"] == "k"
    assert not starting.done()


async def test_a_malformed_request_is_refused_by_the_name_of_its_field(server: Connection) -> None:
    """Whoever writes a server sees what is wrong with it; see test_fields.py for all of them."""
    with pytest.raises(Refused, match=r"^INVALID: argv: a list") as refused:
        await server.call("start", **start_request(argv=[]))

    assert refused.value.code == "INVALID"


@pytest.mark.parametrize("line", [b"\n", b"nonsense\n", b"[1]\n", b"\xff\xfe\n"])
async def test_a_line_that_is_no_request_is_answered(keeper: KeeperProgram, line: bytes) -> None:
    """The connection goes on: the next line may be right."""
    reader, writer = await keeper.raw()

    writer.write(line + b'{"id": 7, "op": "hello", "version": 1}\n')

    answers = [json.loads(await reader.readline()) for _ in range(2)]
    assert (answers[0]["id"], answers[0]["error"]) == (None, "INVALID")
    assert answers[1]["id"] == 7
    assert "ok" in answers[1]
    writer.close()


async def test_a_line_without_end_ends_the_connection(keeper: KeeperProgram) -> None:
    """The keeper's memory is not for strangers to fill."""
    reader, writer = await keeper.raw()

    writer.write(b"x" * (protocol.MAX_LINE_BYTES + 1))

    assert "16777216 bytes" in json.loads(await reader.readline())["message"]
    assert await reader.read() == b""
    writer.close()


async def test_a_long_request_is_taken(server: Connection, run_dir: Path) -> None:
    """An environment may hold much."""
    env = {"BIG": "x" * 100_000, "PATH": "/bin:/usr/bin"}

    await server.call("start", **start_request(env=env))

    assert len((await server.call("list"))["kernels"]) == 1


async def test_a_forgotten_kernel_has_no_journal(server: Connection, run_dir: Path) -> None:
    """What a user deletes is gone from the disk."""
    await server.call("start", **start_request("k", "true"))
    await server.call("stop", kernel_id="k", cause="SHUT_DOWN", grace_seconds=0)

    await server.call("forget", kernel_id="k")

    assert not (run_dir / "journals" / "k").exists()


async def test_a_kernel_that_runs_cannot_be_forgotten(server: Connection) -> None:
    """Its journal is still written."""
    await server.call("start", **start_request())

    with pytest.raises(Refused, match="RUNNING"):
        await server.call("forget", kernel_id="k")


async def test_a_server_may_hang_up_at_any_time(keeper: KeeperProgram) -> None:
    """A killed server leaves answers that nobody reads."""
    for _ in range(5):
        _, writer = await keeper.raw()
        writer.write(b'{"id": 1, "op": "hello", "version": 1}\n{"id": 2, "op": "li')
        writer.close()

    server = await keeper.connect()

    assert (await server.call("list"))["kernels"] == []
    await until(lambda: "failed" not in (keeper.run_dir / "keeper.log").read_text())
