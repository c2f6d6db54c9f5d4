"""A task group that ends with its block."""

import asyncio

import pytest

from jupyter_sessions_server.work import tasks_of_block


async def for_ever(ended):
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("cancelled")


async def test_tasks_end_with_the_block():
    """Nothing of a server goes on after it has stopped."""
    ended = []
    async with tasks_of_block() as tasks:
        tasks.create_task(for_ever(ended))
        await asyncio.sleep(0)

    assert ended == ["cancelled"]


async def test_tasks_are_waited_for_while_they_clean_up():
    """What they let go of is let go of when the block is over."""
    ended = []

    async def slow():
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(5):
                await asyncio.sleep(0)
            ended.append("cleaned up")

    async with tasks_of_block() as tasks:
        tasks.create_task(slow())
        await asyncio.sleep(0)

    assert ended == ["cleaned up"]


async def test_an_error_of_the_block_comes_out_as_it_is():
    """Not in a group: whoever catches a StoreError gets one. The tasks end too."""
    ended = []

    with pytest.raises(ValueError, match="failed"):
        async with tasks_of_block() as tasks:
            tasks.create_task(for_ever(ended))
            await asyncio.sleep(0)
            raise ValueError("failed")

    assert ended == ["cancelled"]


async def test_an_error_of_a_task_ends_the_block_and_comes_out_as_it_is():
    """A bug in a part of the server is not passed over."""

    async def fail():
        raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"):
        async with tasks_of_block() as tasks:
            tasks.create_task(fail())
            await asyncio.Event().wait()


async def test_several_errors_come_out_together():
    """None of them hides another."""

    async def fail(text):
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError(text)

    with pytest.raises(ExceptionGroup) as raised:
        async with tasks_of_block() as tasks:
            for text in ("one", "two"):
                tasks.create_task(fail(text))
            await asyncio.sleep(0)

    assert sorted(str(error) for error in raised.value.exceptions) == ["one", "two"]


async def test_a_cancelled_block_is_cancelled():
    """A server that is stopped from outside stops."""
    ended = []

    async def live():
        async with tasks_of_block() as tasks:
            tasks.create_task(for_ever(ended))
            await asyncio.Event().wait()

    living = asyncio.create_task(live())
    for _ in range(3):
        await asyncio.sleep(0)

    living.cancel()

    with pytest.raises(asyncio.CancelledError):
        await living
    assert ended == ["cancelled"]
