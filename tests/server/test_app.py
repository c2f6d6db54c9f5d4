"""A whole server in this process: its folder, its address, its beginning and its end."""

import asyncio
import fcntl
import os
import signal
import stat
import tempfile
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

import jupyter_sessions
from jupyter_sessions.discovery import find_server, list_servers
from jupyter_sessions_server.app import DATABASE_NAME, running_server, serve
from jupyter_sessions_server.config import Config, GatewayConfig, RpcConfig
from jupyter_sessions_server.errors import StoreError

TOKEN = "a-token"


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    """No other server of this machine is found."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))


@pytest.fixture
def config(tmp_path):
    """A server of any free port, over folders of its own."""
    return Config(
        token=TOKEN,
        root_dir=tmp_path,
        data_dir=tmp_path / "data",
        rpc=RpcConfig(port=0, stop_grace_seconds=0.1),
        gateway=GatewayConfig(port=0, stop_grace_seconds=0.1),
    )


class Serving:
    """`serve` in a task of its own, until it is told to stop."""

    def __init__(self, config):
        self._config = config

    async def __aenter__(self):
        ready = asyncio.get_running_loop().create_future()
        self._served = asyncio.create_task(serve(self._config, ready.set_result))
        await asyncio.wait([self._served, ready], return_when=asyncio.FIRST_COMPLETED)
        if self._served.done():
            await self._served
        return await ready

    async def __aexit__(self, *exc_info):
        if not self._served.done():
            os.kill(os.getpid(), signal.SIGTERM)
        await self._served


async def test_it_can_be_called_where_it_says_that_it_is(config):
    """Its address, its token and its folders are told once it listens."""
    async with Serving(config) as info, jupyter_sessions.connect(info.target, info.token) as client:
        sessions = [session async for session in client.list_sessions()]

    assert sessions == []
    assert info.target.startswith("127.0.0.1:")
    assert (info.root_dir, info.data_dir) == (str(config.root_dir), str(config.data_dir))


async def test_a_token_that_was_not_given_is_kept(config):
    """Whoever has it, a browser's cookie too, still has it after a restart."""
    config = replace(config, token=None)
    async with Serving(config) as first:
        pass
    async with Serving(config) as second:
        pass

    assert first.token == second.token
    assert len(first.token) == 48
    assert stat.S_IMODE((config.data_dir / "token").stat().st_mode) == 0o600


async def test_an_ephemeral_server_has_a_token_of_its_own(config):
    """Nothing of it stays, and nobody knows it beforehand."""
    config = replace(config, token=None, data_dir=None)
    async with Serving(config) as first:
        pass
    async with Serving(config) as second:
        pass

    assert first.token != second.token


@pytest.mark.parametrize("content", [b"", b"two words", b"\xff\xfe"])
async def test_a_kept_token_that_is_none_is_told(config, content):
    """The server does not start with a token that nobody can send."""
    config.data_dir.mkdir()
    (config.data_dir / "token").write_bytes(content)

    with pytest.raises(StoreError, match="token"):
        await serve(replace(config, token=None), lambda _: None)


async def test_browsers_are_served_where_it_says(config):
    """By the same process, which also knows the token."""
    async with Serving(config) as info, httpx.AsyncClient(base_url=info.http_url) as http:
        answer = await http.get("api/sessions", params={"token": info.token})

    assert (answer.status_code, answer.json()) == (200, [])


async def test_browsers_are_not_served_where_nobody_wants_it(config):
    """There is no second port then."""
    async with Serving(replace(config, gateway=None)) as info:
        assert info.http_url == ""


async def test_a_port_for_browsers_in_use_is_told(config):
    """Before anything else is begun."""
    async with running_server(config, config.root_dir, TOKEN) as ports:
        port = httpx.URL(ports.http_url).port
        taken = replace(config, gateway=replace(config.gateway, port=port))

        with pytest.raises(OSError, match=str(port)):
            await serve(taken, lambda _: None)


async def test_it_is_found_while_it_runs(config):
    """By the file that it leaves for clients of this machine, and removes."""
    async with Serving(config) as info:
        found = find_server()

    assert found == info
    assert list_servers() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_stops_when_it_is_told_to(config, number):
    """By Ctrl-C, or by whatever runs it."""
    ready = asyncio.get_running_loop().create_future()
    served = asyncio.create_task(serve(config, ready.set_result))
    host, port = (await ready).target.split(":")
    _, connected = await asyncio.open_connection(host, port)
    connected.close()

    os.kill(os.getpid(), number)
    await served

    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(host, port)


async def test_its_database_is_in_its_data_folder_and_stays(config):
    """Sessions are there when it starts again."""
    async with Serving(config):
        pass

    file = config.data_dir / DATABASE_NAME
    assert file.read_bytes().startswith(b"SQLite format 3\0")
    assert stat.S_IMODE(config.data_dir.stat().st_mode) == 0o700


@pytest.fixture
def temporary(monkeypatch):
    """The folder for temporary files; its path is short, as those of sockets below it must be."""
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


async def test_an_ephemeral_one_leaves_nothing_behind(config, temporary):
    """What it kept ends with it."""
    async with Serving(replace(config, data_dir=None)) as info:
        kept_in = Path(info.data_dir)

    assert kept_in.is_relative_to(temporary)
    assert list(temporary.iterdir()) == []


async def test_a_second_one_on_its_folder_is_refused(config):
    """Two servers would each believe that the kernels are theirs."""
    config.data_dir.mkdir()
    with (config.data_dir / "lock").open("w") as others_lock:
        fcntl.flock(others_lock, fcntl.LOCK_EX)

        with pytest.raises(StoreError, match="another server uses"):
            await serve(config, lambda _: None)

    assert list_servers() == []


async def test_the_folder_is_free_when_it_has_stopped(config):
    """The next one starts at once."""
    async with Serving(config):
        pass

    async with Serving(config) as info:
        assert info.data_dir == str(config.data_dir)


async def test_a_port_in_use_is_told_and_leaves_the_folder_free(config):
    """Whoever starts it reads what is wrong, and may try another port."""
    async with running_server(config, config.root_dir, TOKEN) as server:
        taken = replace(config, rpc=replace(config.rpc, port=server.grpc))

        with pytest.raises(OSError, match=str(server.grpc)):
            await serve(taken, lambda _: None)

    async with Serving(config):
        pass
    assert list_servers() == []


async def test_a_database_that_cannot_be_used_is_told(config):
    """Before it listens."""
    config.data_dir.mkdir()
    (config.data_dir / DATABASE_NAME).write_text("no database")

    with pytest.raises(StoreError, match="not an SQLite 3 database"):
        await serve(config, lambda _: None)
