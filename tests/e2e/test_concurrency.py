"""Many callers at once, and callers that leave in the middle: one session, one process, no orphan.

Starts are counted by a kernelspec whose program writes a line for each, so that a second process
is seen even if it was ended at once. To hold a creation in the middle, a test takes the write lock
of the database: the process runs then, and the session cannot be stored yet.
"""

import asyncio
import sqlite3
from contextlib import closing, contextmanager

import grpc
import pytest

import jupyter_sessions
from tests.e2e.processes import wait_until
from tests.e2e.server_process import PYTHON_KERNEL

pytestmark = pytest.mark.e2e


@pytest.fixture
def server(own_server):
    """A server whose kernelspec "counted" counts the processes that are started."""
    program = 'echo started >> "$HOME/starts"; exec "$@"'
    own_server.add_kernelspec("counted", ["/bin/sh", "-c", program, "sh", *PYTHON_KERNEL])
    return own_server.start()


@pytest.fixture
async def client(server):
    """An asyncio client of it."""
    async with jupyter_sessions.connect(server.target, server.token) as connected:
        yield connected


@pytest.fixture
def starts(server):
    """Tells how many processes were started."""
    file = server.folder / "home" / "starts"
    return lambda: len(file.read_text().splitlines()) if file.exists() else 0


@contextmanager
def stores_nothing(server):
    """The server reads its database but cannot write, until the block ends."""
    with closing(sqlite3.connect(server.folder / "data" / "sessions.sqlite")) as database:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.rollback()


async def was_seen(client):
    """Wait until the server has seen what was sent before on this connection."""
    for _ in range(2):
        await client.session_exists("another.ipynb")


async def until(found, what):
    """Wait for a state without blocking those who bring it about."""
    return await asyncio.to_thread(wait_until, found, what)


async def test_a_hundred_windows_that_open_a_document_at_once_share_one_kernel(
    server, client, starts
):
    """However many tabs open my notebook, it has one session and one process."""
    opening = [client.create_session("a.ipynb", kernel_name="counted") for _ in range(100)]

    opened = await asyncio.gather(*opening)

    assert len({session.session_id for session in opened}) == 1
    assert len({session.kernel.kernel_id for session in opened}) == 1
    assert len([session async for session in client.list_sessions()]) == 1
    assert len(server.kernel_processes()) == 1
    assert starts() == 1


async def test_ten_starts_of_one_kernel_id_are_one_process(server, client, starts):
    """Ten workers agree on an id, and none of them needs to be first."""
    starting = [client.start_kernel("counted", kernel_id="shared") for _ in range(10)]

    started = await asyncio.gather(*starting)

    assert {kernel.kernel_id for kernel in started} == {"shared"}
    assert len(server.kernel_processes()) == 1
    assert starts() == 1


async def test_ten_documents_created_with_one_kernel_id_share_one_process(server, client, starts):
    """Ten documents share the kernel that none of them has started before."""
    wanted = {"kernel_id": "shared", "fallback_kernel_name": "counted"}

    created = await asyncio.gather(
        *(client.create_session(f"{number}.ipynb", **wanted) for number in range(10))
    )

    assert len({session.session_id for session in created}) == 10
    assert {session.kernel.kernel_id for session in created} == {"shared"}
    assert len(server.kernel_processes()) == 1
    assert starts() == 1


async def test_when_the_creator_leaves_in_the_middle_another_waiter_gets_the_session(
    server, client, starts
):
    """I close a tab while its kernel starts; the other tab is not disturbed."""
    with stores_nothing(server):
        creator = asyncio.create_task(client.create_session("a.ipynb", kernel_name="counted"))
        await until(server.kernel_processes, "the kernel's process")
        waiter = asyncio.create_task(client.create_session("a.ipynb", kernel_name="counted"))
        await was_seen(client)
        creator.cancel()
        await was_seen(client)

    session = await waiter

    assert creator.cancelled()
    assert (await client.get_session(path="a.ipynb")).session_id == session.session_id
    assert len(server.kernel_processes()) == 1
    assert starts() == 1


async def test_when_the_only_creator_leaves_in_the_middle_nothing_is_left(server, client, starts):
    """I close the tab while its kernel starts; neither session nor process stays behind."""
    with stores_nothing(server):
        creator = asyncio.create_task(client.create_session("a.ipynb", kernel_name="counted"))
        await until(server.kernel_processes, "the kernel's process")
        creator.cancel()
        await was_seen(client)

    await until(lambda: not server.kernel_processes(), "the end of the process")

    assert starts() == 1
    assert not await client.session_exists("a.ipynb")
    assert [kernel async for kernel in client.list_kernels()] == []


async def test_when_the_deadline_passes_in_the_middle_nothing_is_left(server, client):
    """My service gives up after its deadline, and does not pay for a kernel it never got."""
    async with jupyter_sessions.connect(server.target, server.token, timeout=1) as hasty:
        with stores_nothing(server):
            with pytest.raises(jupyter_sessions.errors.DeadlineExceeded) as given_up:
                await hasty.create_session("a.ipynb", kernel_name="counted")
            await was_seen(client)

    await until(lambda: not server.kernel_processes(), "the end of the process")

    assert given_up.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert not await client.session_exists("a.ipynb")


async def test_whenever_creators_leave_each_session_has_its_process_and_none_is_left_over(
    server, client
):
    """Connections break at any moment; what is left must be whole."""
    for calls_before_leaving in (1, 2, 4, 8, 16, 32):
        path = f"after {calls_before_leaving} calls.ipynb"
        creator = asyncio.create_task(client.create_session(path, kernel_name="counted"))
        for _ in range(calls_before_leaving):
            await client.session_exists("another.ipynb")
        creator.cancel()

    await client.create_session("last.ipynb", wait_ready=True)

    def is_whole():
        with server.connect() as other:
            kernels = {session.kernel.kernel_id for session in other.list_sessions()}
            listed = {kernel.kernel_id for kernel in other.list_kernels()}
        return len(kernels) == len(server.kernel_processes()) and kernels == listed

    await until(is_whole, "as many processes as sessions")
