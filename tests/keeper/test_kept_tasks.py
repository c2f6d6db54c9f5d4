"""The tasks of a keeper: none can end the others."""

import asyncio
import logging

import pytest

from jupyter_sessions_server.keeper.kept_tasks import kept_tasks


async def fail() -> None:
    """Raise what nobody has thought of."""
    raise LookupError("a bug")


async def test_a_task_that_fails_is_logged_and_ends_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A bug with one kernel must not take the parent of all others."""
    goes_on = asyncio.Event()
    async with kept_tasks() as tasks:
        other = tasks.create_task(goes_on.wait())

        await tasks.create_task(fail())

        goes_on.set()
        await other
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "a bug" in caplog.text


async def test_tasks_end_with_the_block() -> None:
    """A keeper that was told to end does not wait for its kernels."""
    async with kept_tasks() as tasks:
        begun = tasks.create_task(asyncio.Event().wait())
        await asyncio.sleep(0)
        not_begun = tasks.create_task(asyncio.Event().wait())

    assert begun.cancelled()
    assert not_begun.cancelled()


async def test_an_error_of_the_block_itself_is_raised() -> None:
    """The keeper ends with it, and says why."""
    with pytest.raises(BaseExceptionGroup, match="unhandled"):
        async with kept_tasks():
            await fail()
