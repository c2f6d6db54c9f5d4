"""Code that never stops to say something costs a bounded share of the machine."""

import time

import psutil
import pytest

from tests.e2e.journals import Follower, folder_of
from tests.e2e.processes import wait_until
from tests.e2e.server_process import RECORDED_KERNEL

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(260)]

LIMIT = 4_000_000
"""Of the kernel's journal, in bytes."""
GROWTH = 32_000_000
"""How much memory a process may take on more, of many times as much output."""
ENDLESS = "line = 'x' * 1000\nwhile True: print(line, flush=True)"


class Look:
    """What the machine gives, looked at again and again while the code runs."""

    def __init__(self, server, kernel_id):
        self._journal = folder_of(server, kernel_id)
        self._processes = [psutil.Process(server.pid), server.keeper(), *server.recorders()]
        self.most_on_disk = 0

    def memory(self):
        """Of the processes that have nothing to do with what the code computes, in bytes."""
        return [process.memory_info().rss for process in self._processes]

    def disk(self):
        """What the journal takes now, in bytes; a file may be trimmed while it is looked at."""
        total = 0
        for file in self._journal.iterdir():
            try:
                total += file.stat().st_size
            except FileNotFoundError:
                continue
        self.most_on_disk = max(self.most_on_disk, total)
        return total


@pytest.fixture(params=["python3", "recorded"])
def session(own_server, request):
    """A session with a fresh kernel, whose journal may be small."""
    own_server.add_kernelspec("recorded", RECORDED_KERNEL)
    own_server.flags += ["--kernel-journal-bytes", str(LIMIT)]
    with (
        own_server.start().connect() as client,
        client.open_session("a.ipynb", kernel_name=request.param) as opened,
    ):
        yield opened


@pytest.mark.parametrize(("reads", "at_least"), [(True, 0), (False, 60)])
def test_output_without_end_keeps_disk_and_memory_within_bounds(
    own_server, session, reads, at_least
):
    """I forgot a loop on Friday; on Monday the machine is as it was, whoever read meanwhile."""
    look = Look(own_server, session.kernel.kernel_id)
    stream = iter(session.stream(ENDLESS))
    assert next(stream).HasField("accepted")
    with Follower(own_server, session.kernel.kernel_id) as journal:

        def has_written(megabytes):
            if reads:
                next(stream)
            look.disk()
            journal.look()
            said = journal.records[-1].seq * 1000
            journal.records = journal.records[-1:]
            return said > megabytes * 1_000_000

        wait_until(lambda: has_written(2 * LIMIT / 1_000_000), "the limit is reached", seconds=60)
        before = look.memory()
        until = time.monotonic() + at_least
        wait_until(
            lambda: has_written(40) and time.monotonic() >= until, "40 MB are written", seconds=150
        )
        after = look.memory()

    session.interrupt()
    *_, last = stream
    print(f"memory before {before}, after {after}; most on disk {look.most_on_disk}")  # noqa: T201
    assert look.most_on_disk <= LIMIT
    assert all(now - then < GROWTH for now, then in zip(after, before, strict=True))
    assert last.finished.execution.error.ename == "KeyboardInterrupt"
    assert session.execute("6 * 7").value == "42"
