"""What is known of a kernel when the server stops is known when it starts again."""

import asyncio

from jupyter_sessions_server.app import open_domain
from jupyter_sessions_server.model import ExitCause
from tests.fakes import FakeContents


async def test_an_end_in_the_moment_of_the_close_is_stored(
    config, tasks, kernels, specs, clock, tmp_path
):
    """A kernel ends with its server; later it is not told that nobody saw how."""

    def opened():
        return open_domain(
            config,
            tasks=tasks,
            host=kernels,
            specs=specs,
            contents_manager=FakeContents(),
            clock=clock,
            database_filepath=tmp_path / "sessions.sqlite",
        )

    async with opened() as domain:
        session = (await domain.sessions.create_session("a.ipynb")).session
        await domain.sessions.kernel_manager.settled("default", session.kernel_id)
        kernels.die(session.kernel_id, signal=15)

    async with asyncio.timeout(5), opened() as domain:
        end = domain.sessions.kernel_manager.get_kernel("default", session.kernel_id).exit

    assert end is not None
    assert (end.cause, end.signal) == (ExitCause.SIGNALED, 15)
