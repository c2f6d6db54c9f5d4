"""A client that is closed: whatever is called after that says so."""

import asyncio

import pytest
from fake_channels import FakeChannels, serving_channels

import jupyter_sessions
from jupyter_sessions import sync
from jupyter_sessions.errors import ClientClosed


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.get_session(path="a.ipynb"),
        lambda client: anext(client.list_kernels()),
        lambda client: client.open_session("a.ipynb").__aenter__(),
        lambda client: client.complete("x", kernel_id="k0"),
    ],
)
async def test_a_call_of_a_closed_client_says_so(client, call):
    """Of whatever kind: gRPC has a different error for each."""
    await client.close()

    with pytest.raises(ClientClosed, match="this client is closed"):
        await call(client)


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.execute("1", kernel_id="k0"),
        lambda client: client.attach("e1"),
        lambda client: client.connect_channels(kernel_id="k0"),
    ],
)
async def test_a_closed_client_opens_no_streams(client, call):
    """It says so where the stream is asked for."""
    await client.close()

    with pytest.raises(ClientClosed):
        call(client)


async def test_so_does_what_the_client_gave(client):
    """Handles and streams that were kept."""
    async with client.open_session("a.ipynb") as session:
        stream = session.stream("1")
    await client.close()

    with pytest.raises(ClientClosed):
        await session.refresh()
    with pytest.raises(ClientClosed):
        await anext(aiter(stream))
    with pytest.raises(ClientClosed):
        await session.execute("1")


async def test_a_stream_that_was_being_read_says_so(client):
    """It has not ended, and its reader is not cancelled."""
    events = aiter(client.execute("wait", kernel_id="k0"))
    await anext(events)
    await client.close()

    with pytest.raises(ClientClosed):
        await anext(events)


async def test_closing_again_does_nothing(client):
    """A block that closes it may be left by whoever has closed it."""
    await client.close()

    await client.close()


async def test_channels_of_a_closed_client_say_so():
    """A reader is not cancelled, as gRPC would have it."""
    async with serving_channels(kernel := FakeChannels()):
        client = jupyter_sessions.connect(kernel.target)
        async with client.connect_channels(kernel_id="k0") as channels:
            await client.close()

            with pytest.raises(ClientClosed):
                await anext(channels)
            with pytest.raises(ClientClosed):
                await channels.send("shell", "too late")


async def test_the_blocking_client_says_so_too(fake):
    """It would crash in gRPC."""

    def run():
        client = sync.connect(fake.target)
        with client.open_session("a.ipynb") as session:
            stream = session.stream("1")
        client.close()
        client.close()
        for call in [
            lambda: client.connect_channels(kernel_id="k0"),
            lambda: client.session_exists("a.ipynb"),
            lambda: session.execute("1"),
            lambda: next(iter(stream)),
            lambda: client.execute("1", kernel_id="k0"),
            lambda: next(client.list_sessions()),
        ]:
            with pytest.raises(ClientClosed):
                call()

    await asyncio.to_thread(run)


async def test_channels_of_a_closed_blocking_client_say_so():
    """Those that were open, and those that were never opened."""

    def run(target):
        client = sync.connect(target)
        later = client.connect_channels(kernel_id="k0")
        with client.connect_channels(kernel_id="k0") as channels:
            client.close()
            with pytest.raises(ClientClosed):
                next(channels)
            with pytest.raises(ClientClosed):
                channels.send("shell", "too late")
        with pytest.raises(ClientClosed):
            later.__enter__()

    async with serving_channels(kernel := FakeChannels()):
        await asyncio.to_thread(run, kernel.target)


def test_it_is_a_mistake_of_the_program():
    """As it is for files and loops that are closed; no server has a part in it."""
    assert issubclass(ClientClosed, RuntimeError)
    assert not issubclass(ClientClosed, jupyter_sessions.CallFailed)
