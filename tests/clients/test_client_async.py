"""Client: sessions that are opened, listed, changed and ended from asyncio."""

import asyncio

import grpc
import pytest

import jupyter_sessions
from jupyter_sessions import KernelState
from jupyter_sessions.errors import (
    DeadlineExceeded,
    KernelDead,
    KernelLimitReached,
    SessionNotFound,
)


async def test_opening_a_session_waits_until_its_kernel_is_ready(client, fake):
    """Who opens a session wants to run code next."""
    async with client.open_session("a.ipynb", kernel_name="python3") as session:
        assert session.path == "a.ipynb"
        assert session.kernel.state == KernelState.KERNEL_STATE_IDLE

    [request] = fake.requests["CreateSession"]
    assert request.wait_ready
    assert request.kernel_name == "python3"


async def test_opening_a_session_restarts_its_dead_kernel(client, fake):
    """A kernel that died last night does not keep anybody from working on."""
    fake.add_session("a.ipynb", KernelState.KERNEL_STATE_DEAD)

    async with client.open_session("a.ipynb") as session:
        assert session.kernel.state == KernelState.KERNEL_STATE_IDLE

    [request] = fake.requests["RestartKernel"]
    assert request.only_if_dead  # so that several who open it start it once
    assert request.wait_ready


async def test_opening_a_session_leaves_a_dead_kernel_alone_if_told_so(client, fake):
    """Who wants to see why it died does not want it restarted."""
    fake.add_session("a.ipynb", KernelState.KERNEL_STATE_DEAD)

    async with client.open_session("a.ipynb", restart_dead=False) as session:
        assert session.kernel.state == KernelState.KERNEL_STATE_DEAD

    assert not fake.requests["RestartKernel"]


async def test_a_kernel_that_dies_at_its_start_is_told_with_its_last_words(client, fake):
    """The cause is on the kernel's stderr, and nobody should have to search for it."""
    fake.kernels_die_at_start()

    with pytest.raises(KernelDead, match="no module named numpy") as raised:
        async with client.open_session("a.ipynb"):
            pass

    assert raised.value.metadata == {"kernel_id": "k0", "cause": "EXITED"}


async def test_a_kernel_that_cannot_be_revived_is_an_error_too(client, fake):
    """Restarting once is enough to know."""
    fake.add_session("a.ipynb", KernelState.KERNEL_STATE_DEAD)
    fake.kernels_die_at_start()

    with pytest.raises(KernelDead):
        async with client.open_session("a.ipynb"):
            pass

    assert len(fake.requests["RestartKernel"]) == 1


async def test_a_session_outlives_the_block_that_opened_it(client, fake):
    """Sessions are there to be come back to."""
    async with client.open_session("a.ipynb"):
        pass

    assert "a.ipynb" in fake.sessions


async def test_a_session_for_one_purpose_is_deleted_with_its_block(client, fake):
    """A script that cleans up says so in one place, and cleans up after errors too."""
    with pytest.raises(ZeroDivisionError):
        async with client.open_session("a.ipynb", delete_on_exit=True):
            raise ZeroDivisionError

    assert fake.sessions == {}


async def test_a_session_for_one_purpose_is_deleted_if_its_opening_is_given_up(client, fake):
    """It is stored before its kernel is ready, and nobody would know of it."""
    fake.kernels_start_for_ever()

    async def opens():
        async with client.open_session("a.ipynb", delete_on_exit=True):
            pytest.fail("the kernel is not ready")

    opening = asyncio.create_task(opens())
    await fake.kernel_starts.wait()
    opening.cancel()

    with pytest.raises(asyncio.CancelledError):
        await opening
    assert fake.sessions == {}


async def test_so_it_is_if_its_kernel_takes_too_long(fake):
    """Giving up by itself is no different."""
    fake.kernels_start_for_ever()

    async with jupyter_sessions.connect(fake.target, timeout=0.5) as client:
        with pytest.raises(DeadlineExceeded):
            async with client.open_session("a.ipynb", delete_on_exit=True):
                pytest.fail("the kernel is not ready")

    assert fake.sessions == {}


@pytest.mark.parametrize(("exists", "delete_on_exit"), [(True, True), (False, False)])
async def test_a_session_of_others_stays_if_its_opening_is_given_up(fake, exists, delete_on_exit):
    """Nor is one deleted whose opener did not ask for it."""
    fake.kernels_start_for_ever()
    if exists:
        fake.add_session("a.ipynb")

    async with jupyter_sessions.connect(fake.target, timeout=0.2) as client:
        with pytest.raises(DeadlineExceeded):
            async with client.open_session("a.ipynb", delete_on_exit=delete_on_exit):
                pytest.fail("the kernel is not ready")

    assert "a.ipynb" in fake.sessions


async def test_a_session_that_was_refused_is_not_asked_for_again(client, fake):
    """Nothing was created, and asking again might."""
    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    fake.fail_next("CreateSession", code, "KERNEL_LIMIT_REACHED")

    with pytest.raises(KernelLimitReached):
        async with client.open_session("a.ipynb", delete_on_exit=True):
            pytest.fail("there is none")

    assert len(fake.requests["CreateSession"]) == 1


async def test_deleting_within_the_block_is_no_error_at_its_end(client, fake):
    """What is gone already needs no deletion."""
    async with client.open_session("a.ipynb", delete_on_exit=True) as session:
        await session.delete()

    assert fake.sessions == {}


async def test_a_renamed_session_keeps_its_id(client, fake):
    """The handle follows the document."""
    async with client.open_session("a.ipynb") as session:
        before = session.session_id

        await session.rename("b.ipynb")

        assert session.path == "b.ipynb"
        assert (await session.refresh()).session_id == before


async def test_listing_reads_page_after_page(client, fake):
    """Pages are the server's matter; a caller sees all sessions."""
    for number in range(5):
        fake.add_session(f"{number}.ipynb")

    paths = [session.path async for session in client.list_sessions(path_prefix="work/")]

    assert paths == ["0.ipynb", "1.ipynb", "2.ipynb", "3.ipynb", "4.ipynb"]
    assert [page.filter.path_prefix for page in fake.requests["ListSessions"]] == ["work/"] * 3


async def test_a_session_that_is_missing_is_an_error_of_its_own(client):
    """A program acts on the class, never on the text."""
    with pytest.raises(SessionNotFound):
        await client.get_session(path="missing.ipynb")

    assert not await client.session_exists("missing.ipynb")


async def test_every_call_carries_the_token(client, fake):
    """Unary calls and streams alike."""
    async with client.open_session("a.ipynb") as session:
        await session.execute("1 + 1")

    assert fake.tokens == ["Bearer secret", "Bearer secret"]


async def test_a_deadline_bounds_unary_calls(fake):
    """A server that hangs must not hang its callers."""
    fake.hanging.add("SessionExists")

    async with jupyter_sessions.connect(fake.target, timeout=0.05) as client:
        with pytest.raises(DeadlineExceeded):
            await client.session_exists("a.ipynb")


async def test_no_deadline_bounds_code(client, fake):
    """Code may run for days."""
    async with client.open_session("a.ipynb") as session:
        await session.execute("1 + 1")

    assert 0 < fake.seconds_left["CreateSession"] < 61
    assert fake.seconds_left["Execute"] is None
