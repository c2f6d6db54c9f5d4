"""Browsers' front ends on real kernels: what breaks in between costs them no output."""

import asyncio
from contextlib import asynccontextmanager

import httpx
import psutil
import pytest
import websockets

from tests.e2e.server_process import BIN, RECORDED_KERNEL
from tests.gateway.websocket.front_end import FrontEnd, connect
from tests.ports import lasting_port

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(180)]

COUNT = """
import os, time
number = 0
while not os.path.exists("enough"):
    print(number, flush=True)
    number += 1
    time.sleep(0.002)
open("counted", "w").write(str(number))
"""
"""It counts until it is told that this is enough: how soon a server is back, nobody knows."""


class Browser:
    """Front ends of one kernel, on whatever server has the address now."""

    def __init__(self, server):
        self._server = server
        self.kernel_id = ""

    async def start(self, kernel_name="python3"):
        """Start a kernel."""
        async with httpx.AsyncClient(base_url=self._server.http_url, headers=self._headers) as http:
            answer = await http.post("api/kernels", json={"name": kernel_name}, timeout=30)
            self.kernel_id = answer.json()["id"]

    @property
    def _headers(self):
        return {"Authorization": f"token {self._server.token}"}

    @asynccontextmanager
    async def connected(self, session="me", *, v1=False):
        """A front end whose WebSocket is open."""
        async with connect(
            self._server.http_url,
            self.kernel_id,
            session,
            v1=v1,
            additional_headers=self._headers,
            ping_interval=None,
        ) as socket:
            yield FrontEnd(socket, session)


@pytest.fixture
async def browser(own_server):
    """A browser, a server of its own, and a kernel."""
    own_server.start()
    browser = Browser(own_server)
    await browser.start()
    return browser


class Loop:
    """What a front end has seen of COUNT, over several connections."""

    def __init__(self):
        self.printed = []

    def add(self, front_end):
        """Take what came over one: it goes on where the one before broke.

        The batch that was being sent in that very moment, may have come already: here the kill
        follows upon its first message. Nothing may be missing.
        """
        numbers = [int(number) for number in "".join(front_end.texts()).split()]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert numbers[0] <= len(self.printed)
        self.printed[numbers[0] :] = numbers


def tell_enough(server):
    """Let COUNT end."""
    (server.root_dir / "enough").touch()


def counted(server):
    """All that COUNT has printed, when it has ended."""
    return list(range(int((server.root_dir / "counted").read_text())))


@pytest.mark.parametrize("v1", [False, True], ids=["default", "v1"])
async def test_a_server_that_is_killed_again_and_again_costs_no_line(own_server, browser, v1):
    """I see my loop go on, in order, to its end."""
    loop = Loop()
    for time in range(4):
        async with browser.connected(v1=v1) as front_end:
            if time == 0:
                await front_end.execute(COUNT, msg_id="count")
            await front_end.until("stream")
            own_server.kill()
            await until_it_breaks(front_end)
            loop.add(front_end)
        own_server.start()
    tell_enough(own_server)
    async with browser.connected(v1=v1) as front_end:
        reply = await front_end.until("execute_reply")
        await front_end.until("status", execution_state="idle")
        loop.add(front_end)

    assert loop.printed == counted(own_server)
    assert reply["parent_header"]["msg_id"] == "count"


async def until_it_breaks(front_end):
    """Hear what still comes."""
    with pytest.raises(websockets.ConnectionClosed):
        while True:
            await front_end.next()


async def test_a_reader_that_sleeps_costs_no_memory_and_gets_everything(own_server, browser):
    """My laptop is closed for a while; others go on, and I miss nothing."""
    process = psutil.Process(own_server.pid)
    code = "for n in range(100):\n    print(f'{n:3}' + 'x' * 1_000_000, end='', flush=True)"
    async with browser.connected("awake") as awake, browser.connected("asleep") as asleep:
        await awake.run("print('warm')")
        before = process.memory_info().rss
        asleep.socket.transport.pause_reading()

        await awake.run(code)
        grown = process.memory_info().rss - before
        asleep.socket.transport.resume_reading()
        text = ""
        while len(text) < 100 * 1_000_003 + len("warm\n"):
            message = await asleep.next()
            asleep.heard.clear()
            text += message["content"].get("text", "")

    assert grown < 20_000_000
    assert text.startswith("warm\n  0x")
    assert [text[5 + n * 1_000_003 :][:3] for n in range(100)] == [f"{n:3}" for n in range(100)]


async def test_nothing_is_dropped_for_being_much(browser):
    """jupyter_server drops what is more than 1,000 messages a second."""
    async with browser.connected() as front_end:
        await front_end.run("for n in range(20_000): print(n, flush=True)")

    assert "".join(front_end.texts()) == "".join(f"{n}\n" for n in range(20_000))


async def test_another_kind_of_kernel_is_no_different(own_server):
    """One that cannot write its own journal."""
    own_server.add_kernelspec("recorded", RECORDED_KERNEL)
    browser = Browser(own_server.start())
    await browser.start("recorded")
    async with browser.connected() as front_end:
        await front_end.run("print(6 * 7)")
    own_server.kill()
    own_server.start()
    async with browser.connected() as again:
        await again.run("print('again')")

    assert front_end.texts()[-1] == "42\n"
    assert again.texts()[-1] == "again\n"


class GatewayProcess:
    """`jupyter-sessions gateway` before a server."""

    def __init__(self, server):
        self._server = server
        self._process = None
        self._port = lasting_port()
        self.http_url = ""

    @property
    def token(self):
        """The server's."""
        return self._server.token

    async def start(self):
        """Start it; return when it says where it is."""
        self._process = await asyncio.create_subprocess_exec(
            str(BIN / "jupyter-sessions"),
            "gateway",
            "--target",
            self._server.target,
            "--http-port",
            str(self._port),
            "--data-dir",
            str(self._server.folder / "gateway"),
            env=self._server.environment,
            stdout=asyncio.subprocess.PIPE,
        )
        line = (await self._process.stdout.readline()).decode()
        self.http_url = next(word for word in line.split() if word.startswith("http"))

    async def kill(self):
        """End it as a machine without memory does."""
        self._process.kill()
        await self._process.wait()

    async def stop(self):
        """End it as its users do; its exit code."""
        self._process.terminate()
        return await self._process.wait()


@pytest.fixture
async def before(own_server):
    """A gateway before a server that serves no browsers itself."""
    own_server.flags += ["--no-http", "--grpc-port", str(lasting_port())]
    gateway = GatewayProcess(own_server.start())
    await gateway.start()
    yield gateway
    if gateway._process.returncode is None:
        await gateway.kill()


class TestAGatewayOfItsOwn:
    """`jupyter-sessions gateway`: the same, over a channel."""

    async def test_sessions_and_kernels_are_there(self, before):
        """As if it were the server."""
        headers = {"Authorization": f"token {before.token}"}
        async with httpx.AsyncClient(base_url=before.http_url, headers=headers) as http:
            body = {"path": "a.ipynb", "type": "notebook", "kernel": {"name": "python3"}}
            created = await http.post("api/sessions", json=body, timeout=30)
            listed = await http.get("api/sessions")
            http.cookies.clear()
            refused = await http.get("api/sessions", headers={"Authorization": "token x"})

        assert created.status_code == 201
        assert [each["id"] for each in listed.json()] == [created.json()["id"]]
        assert refused.status_code == 403

    async def test_killing_either_costs_no_line(self, own_server, before):
        """A front end comes again until somebody answers, and goes on."""
        browser = Browser(before)
        await browser.start()
        loop = Loop()
        async with browser.connected() as front_end:
            await front_end.execute(COUNT, msg_id="count")
            await front_end.until("stream")
            await before.kill()
            await until_it_breaks(front_end)
            loop.add(front_end)
        await before.start()
        async with browser.connected() as front_end:
            await front_end.until("stream")
            own_server.kill()
            await until_it_breaks(front_end)
            loop.add(front_end)
        assert front_end.socket.close_code == 1012
        own_server.start()
        tell_enough(own_server)
        await hear_the_rest(browser, loop)

        assert loop.printed == counted(own_server)
        assert await before.stop() == 0


async def hear_the_rest(browser, loop):
    """Hear COUNT to its end; the gateway may not have found the server again yet."""
    while True:
        try:
            async with browser.connected() as front_end:
                await front_end.until("execute_reply")
                await front_end.until("status", execution_state="idle")
                loop.add(front_end)
                return
        except websockets.InvalidStatus as refused:
            assert refused.response.status_code == 503
