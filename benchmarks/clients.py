"""One interface to both servers: gRPC to ours, REST and WebSocket to jupyter_server."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp

import jupyter_sessions
from benchmarks.messages import Execution, Received, from_websocket, to_websocket
from benchmarks.servers import BOTH, TOKEN, Program, Server, running

_QUIET_SECONDS = 5.0
"""How long nothing comes of a kernel that has replied, until it is clear that nothing will."""
_PROTOCOL = "v1.kernel.websocket.jupyter.org"  # JupyterLab's, cheaper than the default one


@dataclass(frozen=True, slots=True)
class Opened:
    """A session."""

    session_id: str
    kernel_id: str


class SessionsClient(Protocol):
    """What is measured."""

    async def create(self, path: str, kernel_id: str | None = None) -> Opened:
        """Open a session with this kernel, or a new one."""

    async def get(self, session: Opened) -> Any:
        """Get a session."""

    async def count(self) -> int:
        """List all sessions; how many there are."""

    async def rename(self, session: Opened, path: str) -> object:
        """Give a session another path."""

    async def delete(self, session: Opened) -> object:
        """End a session; jupyter_server always ends its kernel."""

    async def delete_all(self) -> None:
        """End all sessions."""

    async def run(self, session: Opened, code: str) -> str:
        """Run code until the kernel has replied and is idle; the result."""

    async def receive(self, session: Opened, code: str) -> Received:
        """Run code; how much came of what it says."""

    async def hear(self, session: Opened, code: str, heard: Callable[[str], None]) -> None:
        """Run code, and hand on what it prints, as it comes."""

    async def disconnect(self) -> None:
        """Leave the kernels alone: as a browser whose tabs are closed."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that runs, and a client of it."""

    server: Server
    client: SessionsClient


@asynccontextmanager
async def running_both(programs: Iterable[Program] = BOTH) -> AsyncIterator[dict[str, Peer]]:
    """Our server and jupyter_server, by name."""
    async with AsyncExitStack() as stack:
        peers = {}
        for program in programs:
            server = await stack.enter_async_context(running(program))
            client = await stack.enter_async_context(connected(server))
            peers[program.name] = Peer(server, client)
        yield peers


async def sharing_a_kernel(peer: Peer, numbers: range) -> list[Opened]:
    """New sessions, all with the same new kernel, which is ready."""
    first = await peer.client.create(f"shared-{numbers[0]}.ipynb")
    await peer.client.run(first, "1")
    return [first, *await joining(peer, first.kernel_id, numbers[1:])]


async def joining(peer: Peer, kernel_id: str, numbers: range) -> list[Opened]:
    """New sessions with a kernel that runs."""
    return [await peer.client.create(f"shared-{number}.ipynb", kernel_id) for number in numbers]


async def one_plus_one(peer: Peer, session: Opened) -> None:
    """Run `1+1`, and see that it is 2."""
    result = await peer.client.run(session, "1+1")
    if result != "2":
        message = f"{peer.server.name} says that 1+1 is {result!r}"
        raise AssertionError(message)


@asynccontextmanager
async def connected(
    server: Server, *, by_rest: bool | None = None, acknowledge_at_once: bool = True
) -> AsyncIterator[SessionsClient]:
    """A client of the server: by gRPC where it speaks that, unless told otherwise.

    jupyter_server leaves Nagle's algorithm on for WebSockets, so that its second small message in a
    row waits until the first is acknowledged, which Linux puts off by 40 ms: unless told otherwise,
    this client acknowledges at once.
    """
    if server.program.speaks_rest if by_rest is None else by_rest:
        jar = aiohttp.CookieJar(unsafe=True)  # without cookies, each request is a new login
        headers = {"Authorization": f"token {TOKEN}"}
        url = f"http://127.0.0.1:{server.rest_port}"
        async with aiohttp.ClientSession(url, headers=headers, cookie_jar=jar) as http:
            yield RestClient(http, acknowledge_at_once=acknowledge_at_once)
    else:
        target = f"127.0.0.1:{server.port}"
        async with jupyter_sessions.connect(target, TOKEN, tls=False) as client:
            yield GrpcClient(client)


class GrpcClient:
    """Calls our server, through its own client."""

    def __init__(self, client: jupyter_sessions.Client) -> None:
        self._client = client

    async def create(self, path: str, kernel_id: str | None = None) -> Opened:
        """One call."""
        session = await self._client.create_session(path, kernel_id=kernel_id)
        return Opened(session.session_id, session.kernel.kernel_id)

    async def get(self, session: Opened) -> jupyter_sessions.Session:
        """One call."""
        return await self._client.get_session(session_id=session.session_id)

    async def count(self) -> int:
        """One call, as long as there is room for all in a page."""
        return len([session async for session in self._client.list_sessions(page_size=5000)])

    async def rename(self, session: Opened, path: str) -> object:
        """One call."""
        return await self._client.update_session(session.session_id, path=path)

    async def delete(self, session: Opened) -> object:
        """One call."""
        return await self._client.delete_session(session.session_id)

    async def delete_all(self) -> None:
        """A list, and a call for each."""
        for session in [session async for session in self._client.list_sessions()]:
            await self._client.delete_session(session.session_id)

    async def run(self, session: Opened, code: str) -> str:
        """One stream."""
        opened = jupyter_sessions.Session(session_id=session.session_id)
        result = await jupyter_sessions.SessionHandle(self._client, opened).execute(code)
        return result.value or ""

    async def receive(self, session: Opened, code: str) -> Received:
        """One stream, whose events are counted."""
        received = Received()
        async with self._client.execute(code, session_id=session.session_id) as events:
            async for event in events:
                received.lines += event.stream.text.count("\n")
                received.displays += event.HasField("display_data")
        return received

    async def hear(self, session: Opened, code: str, heard: Callable[[str], None]) -> None:
        """One stream."""
        async with self._client.execute(code, session_id=session.session_id) as events:
            async for event in events:
                if event.HasField("stream"):
                    heard(event.stream.text)

    async def disconnect(self) -> None:
        """Each stream has ended with its code."""


class RestClient:
    """Calls jupyter_server, over connections that are kept."""

    def __init__(self, http: aiohttp.ClientSession, *, acknowledge_at_once: bool) -> None:
        self._http = http
        self._acknowledge_at_once = acknowledge_at_once
        self._websockets: dict[str, aiohttp.ClientWebSocketResponse] = {}

    async def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        async with self._http.request(
            method, f"/api/sessions{path}", json=body, raise_for_status=True
        ) as response:
            return None if response.status == 204 else await response.json()

    async def create(self, path: str, kernel_id: str | None = None) -> Opened:
        """One request."""
        kernel = {"id": kernel_id} if kernel_id else {"name": "python3"}
        body = {"path": path, "name": "", "type": "notebook", "kernel": kernel}
        session = await self._call("POST", "", body)
        return Opened(session["id"], session["kernel"]["id"])

    async def get(self, session: Opened) -> object:
        """One request."""
        return await self._call("GET", f"/{session.session_id}")

    async def count(self) -> int:
        """One request."""
        return len(await self._call("GET", ""))

    async def rename(self, session: Opened, path: str) -> object:
        """One request."""
        return await self._call("PATCH", f"/{session.session_id}", {"path": path})

    async def delete(self, session: Opened) -> object:
        """One request, after the kernel's WebSocket was closed."""
        websocket = self._websockets.pop(session.kernel_id, None)
        if websocket is not None:
            await websocket.close()
        return await self._call("DELETE", f"/{session.session_id}")

    async def delete_all(self) -> None:
        """A list, and a request for each."""
        await self.disconnect()
        for session in await self._call("GET", ""):
            with suppress(aiohttp.ClientResponseError):  # gone with its kernel
                await self._call("DELETE", f"/{session['id']}")

    async def run(self, session: Opened, code: str) -> str:
        """Over the kernel's WebSocket, which is opened the first time."""
        return (await self._run(session, Execution(code))).text

    async def receive(self, session: Opened, code: str) -> Received:
        """The same; what does not come, though all is over, is lost."""
        return (await self._run(session, Execution(code))).received

    async def hear(self, session: Opened, code: str, heard: Callable[[str], None]) -> None:
        """The same."""
        await self._run(session, Execution(code, heard))

    async def disconnect(self) -> None:
        """Close all WebSockets."""
        while self._websockets:
            await self._websockets.popitem()[1].close()

    async def _run(self, session: Opened, execution: Execution) -> Execution:
        websocket = await self._connect(session)
        await websocket.send_bytes(to_websocket(b"shell", execution.request()))
        while not execution.finished:
            if self._acknowledge_at_once:
                _acknowledge(websocket)
            try:
                async with asyncio.timeout(_QUIET_SECONDS if execution.replied else None):
                    message = await websocket.receive_bytes()
            except TimeoutError:  # that it is idle was lost too
                await self._websockets.pop(session.kernel_id).close()
                break
            execution.take(from_websocket(message))
        return execution

    async def _connect(self, session: Opened) -> aiohttp.ClientWebSocketResponse:
        if session.kernel_id not in self._websockets:
            url = f"/api/kernels/{session.kernel_id}/channels"
            query = {"session_id": session.session_id}
            websocket = await self._http.ws_connect(url, params=query, protocols=[_PROTOCOL])
            self._websockets[session.kernel_id] = websocket
        return self._websockets[session.kernel_id]


def _acknowledge(websocket: aiohttp.ClientWebSocketResponse) -> None:
    """Have TCP acknowledge what comes next at once; it forgets that soon."""
    if hasattr(socket, "TCP_QUICKACK"):  # Linux's only
        tcp = websocket.get_extra_info("socket")
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
