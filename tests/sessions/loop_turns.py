"""Turns of the event loop, for tests of what happens between two of them."""

import asyncio


async def turns(count: int) -> None:
    """Let the loop turn, so that whatever can go on without the world does."""
    for _ in range(count):
        await asyncio.sleep(0)
