"""A server meets a keeper of another version: it says clearly what is the matter."""

import asyncio
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from jupyter_sessions_server.errors import KernelHostUnavailable
from jupyter_sessions_server.keeper import protocol
from jupyter_sessions_server.keeper.protocol import Op
from jupyter_sessions_server.kernels.keeper_link import KeeperLink, KeeperLost, KeeperRefused
from tests.waiting import until

HELLO = {"version": protocol.VERSION, "pid": 7, "software_version": "0.9", "ops": list(Op)}


class OtherKeeper:
    """A keeper that answers each operation as told; None or bytes: it says that and hangs up."""

    def __init__(self):
        self.answers = {Op.HELLO: {"ok": HELLO}}
        self.asked = []

    async def serve(self, reader, writer):
        """Answer until one side hangs up."""
        while line := await reader.readline():
            request = protocol.decode(line)
            self.asked.append(request["op"])
            answer = self.answers[request["op"]]
            if answer is None or isinstance(answer, bytes):
                writer.write(answer or b"")
                break
            writer.write(protocol.encode({"id": request["id"], **answer}))
        writer.close()


@pytest.fixture
def run_dir():
    """A folder with a short name, for sockets."""
    with tempfile.TemporaryDirectory(prefix="link-") as name:
        yield Path(name)


@pytest.fixture
async def keeper(run_dir):
    """A keeper that listens there."""
    other = OtherKeeper()
    async with await asyncio.start_unix_server(other.serve, run_dir / protocol.SOCKET_NAME):
        yield other


@asynccontextmanager
async def linked(run_dir, tasks):
    """A link to the keeper of the folder."""

    async def found_again():
        pass

    link = KeeperLink(
        tasks=tasks, run_dir=run_dir, journal_dir=run_dir, settings={}, ephemeral=False
    )
    await link.open(found_again)
    yield link
    await link.close()


async def test_another_protocol_is_told_with_what_to_do(run_dir, keeper, tasks):
    """Whoever upgraded reads which process is in the way."""
    keeper.answers[Op.HELLO] = {"ok": {**HELLO, "version": 2}}

    with pytest.raises(KernelHostUnavailable, match=r"pid 7.*version 0\.9.*speaks protocol 2"):
        await linked(run_dir, tasks).__aenter__()


async def test_a_keeper_that_refuses_the_server_is_told(run_dir, keeper, tasks):
    """With its own words."""
    keeper.answers[Op.HELLO] = {"error": "INVALID", "message": "version: 1 is too old"}

    with pytest.raises(KernelHostUnavailable, match="version: 1 is too old"):
        await linked(run_dir, tasks).__aenter__()


async def test_what_an_older_keeper_cannot_do_is_not_asked(run_dir, keeper, tasks):
    """All else works, and the kernels need not end for an upgrade."""
    keeper.answers[Op.HELLO] = {"ok": {**HELLO, "ops": ["list"]}}
    keeper.answers[Op.LIST] = {"ok": {"kernels": []}}

    async with linked(run_dir, tasks) as link:
        told = await link.call(Op.LIST)
        with pytest.raises(KernelHostUnavailable, match=r"older than this .* cannot prepare"):
            await link.call(Op.PREPARE)

    assert told == {"kernels": []}
    assert keeper.asked == ["hello", "list"]


async def test_a_refusal_has_its_code(run_dir, keeper, tasks):
    """So that the server can tell one from another."""
    keeper.answers[Op.FORGET] = {"error": "RUNNING", "message": "kernel k1 has a process"}

    async with linked(run_dir, tasks) as link:
        with pytest.raises(KeeperRefused, match="kernel k1 has a process") as refused:
            await link.call(Op.FORGET, kernel_id="k1")

    assert refused.value.code == "RUNNING"


async def test_what_got_no_answer_is_asked_again(run_dir, keeper, tasks):
    """Ending a kernel twice does no harm."""
    keeper.answers[Op.STOP] = None

    async with linked(run_dir, tasks) as link:
        stopping = asyncio.create_task(link.call(Op.STOP, kernel_id="k1"))
        await until(lambda: keeper.asked.count("stop") >= 2)
        keeper.answers[Op.STOP] = {"ok": {}}

        assert await stopping == {}


async def test_an_answer_that_is_torn_is_none(run_dir, keeper, tasks):
    """The keeper was killed in the middle of a line: the server lives on, and asks again."""
    keeper.answers[Op.STOP] = b'{"id": 1, "o'

    async with linked(run_dir, tasks) as link:
        stopping = asyncio.create_task(link.call(Op.STOP, kernel_id="k1"))
        await until(lambda: keeper.asked.count("stop") >= 2)
        keeper.answers[Op.STOP] = {"ok": {}}

        assert await stopping == {}


async def test_a_start_that_got_no_answer_is_not_asked_again(run_dir, keeper, tasks):
    """Nobody knows whether a process runs now; the caller finds out."""
    keeper.answers[Op.START] = None

    async with linked(run_dir, tasks) as link:
        with pytest.raises(KeeperLost):
            await link.call(Op.START, kernel_id="k1")

    assert keeper.asked.count("start") == 1
