"""Waiting for a state, where nothing tells that it has come."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object]) -> None:
    """Return when the condition holds; fails after a time that no state takes."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - the code that is tested has no event for it
            await asyncio.sleep(0.001)
