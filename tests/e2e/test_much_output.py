"""Code that says very much: all of it is kept, or what is not is told to the last message."""

import os
import subprocess
import sys

import pytest

from jupyter_sessions.v1.executions_pb2 import GapReason
from jupyter_sessions_server.model import Channel, Gap
from jupyter_sessions_server.model import GapReason as Reason
from tests.e2e.journals import (
    Follower,
    content,
    folder_of,
    gaps,
    messages,
    printed,
    records_of,
)
from tests.e2e.processes import wait_until
from tests.e2e.server_process import RECORDED_KERNEL

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]

DISPLAYS = "for i in range({count}): display({{'text/plain': f'{{i:{size}}}'}}, raw=True)"
"""Code that displays so many numbers, each with so many blanks before it."""
PAUSE = """
import os, time
def pause():
    while not os.path.exists('go'): time.sleep(0.01)
"""
"""Code that can wait for the file."""


@pytest.fixture(params=["python3", "recorded"])
def kernel_name(request, own_server):
    """A kernelspec whose kernels write their journals themselves, and one whose do not."""
    own_server.add_kernelspec("recorded", RECORDED_KERNEL)
    return request.param


@pytest.fixture
def open_kernel(own_server, kernel_name):
    """Starts the server, and opens a session."""

    def start():
        client = own_server.start().connect()
        return client.open_session("a.ipynb", kernel_name=kernel_name)

    return start


def stalled(server, session, code):
    """The events of code whose reader took the first output, and the rest after the code's end.

    Code may pause until the reader has stalled, see PAUSE.
    """
    stream = iter(session.stream(code))
    for event in stream:
        yield event
        if event.HasField("stream") or event.HasField("display_data"):
            break
    (server.root_dir / "go").touch()
    with Follower(server, session.kernel.kernel_id) as journal:
        wait_until(journal.replies, "the code ends", seconds=300)
    yield from stream


def displayed(events):
    """The texts that the code displayed."""
    return [event.display_data.data.parts[0].text for event in events if is_display(event)]


def is_display(event):
    """Whether it displays something."""
    return event.HasField("display_data")


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_two_hundred_thousand_lines_reach_a_reader_that_stalls(own_server):
    """My program looks at a noisy job only after its end, and misses nothing."""
    code = "for i in range(200_000): print(i, flush=True)"
    with own_server.start().connect() as client, client.open_session("a.ipynb") as session:
        events = list(stalled(own_server, session, code))

    lines = "".join(event.stream.text for event in events).splitlines()
    assert lines == [str(number) for number in range(200_000)]
    assert not any(event.HasField("gap") for event in events)


def test_fifty_megabytes_of_displays_reach_a_reader_that_stalls(own_server, open_kernel):
    """Pictures and tables are kept on the disk, not in the memory of whoever waits."""
    with open_kernel() as session:
        events = list(stalled(own_server, session, DISPLAYS.format(count=50, size=1_000_000)))

    texts = displayed(events)
    assert {len(text) for text in texts} == {1_000_000}
    assert [int(text) for text in texts] == list(range(50))
    assert not any(event.HasField("gap") for event in events)


@pytest.mark.parametrize("kernel_name", ["python3"])
@pytest.mark.parametrize(
    "code", ["print('x' * 70_000_000)", "for _ in range(70): print('x' * 1_000_000, end='')"]
)
def test_a_long_text_comes_in_parts(open_kernel, code):
    """A server has a largest message; a program that prints its data does not know of it."""
    with open_kernel() as session:
        result = session.execute(code)

    assert result.stdout.rstrip("\n") == "x" * 70_000_000
    assert not result.gaps


@pytest.mark.parametrize("kernel_name", ["python3"])
def test_a_reader_that_stalls_is_told_exactly_what_the_limit_has_trimmed(own_server, open_kernel):
    """I come back to four megabytes of fifty, and know how many displays I do not see."""
    own_server.flags += ["--kernel-journal-bytes", "4000000"]
    code = f"{PAUSE}{DISPLAYS.format(count=500, size=100_000)}; i or pause()"
    with open_kernel() as session:
        events = list(stalled(own_server, session, code))

    gaps = [event.gap for event in events if event.HasField("gap")]
    assert {gap.reason for gap in gaps} == {GapReason.GAP_REASON_TRIMMED}
    assert len(displayed(events)) + sum(gap.missing_count for gap in gaps) == 500
    for before, event, after in zip(events, events[1:], events[2:], strict=False):
        if event.HasField("gap"):
            first, second = map(int, displayed([before, after]))
            assert event.gap.missing_count == second - first - 1


def test_a_journal_keeps_to_its_limit_and_says_how_much_is_gone(own_server, open_kernel):
    """A noisy kernel takes no more of my disk than I have said."""
    own_server.flags += ["--kernel-journal-bytes", "4000000"]
    with open_kernel() as session:
        with session.stream(DISPLAYS.format(count=500, size=100_000)) as stream:
            assert next(iter(stream)).HasField("accepted")
        wait_until(lambda: ended(own_server, session), "the code ends")
        gap, *rest = records_of(own_server, session.kernel.kernel_id)
        files = list(folder_of(own_server, session.kernel.kernel_id).iterdir())

    assert sum(file.stat().st_size for file in files) <= 4_000_000
    assert (gap.reason, gap.count) == (Reason.TRIMMED, gap.seq)
    assert [each.seq for each in rest] == list(range(gap.seq + 1, gap.seq + 1 + len(rest)))
    numbers = [number_of(message) for message in messages(rest, Channel.IOPUB, "display_data")]
    assert numbers == list(range(numbers[0], 500))


def ended(server, session):
    """Whether the journal says that the kernel is idle after it has shown all."""
    records = records_of(server, session.kernel.kernel_id)
    shown = messages(records, Channel.IOPUB, "display_data")
    said = messages(records, Channel.IOPUB, "status")  # its reply may come before or after
    if not shown or not said:
        return False
    return number_of(shown[-1]) == 499 and said[-1].seq > shown[-1].seq


def number_of(message):
    """The number that was displayed."""
    return int(content(message)["data"]["text/plain"])


@pytest.fixture
def small_disk(own_server):
    """The journals' disk holds 8 MB, and 6 MB of it are taken by a file, which is the value."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a disk can be made by root alone, and on Linux")
    folder = own_server.folder / "data" / "journals"
    folder.mkdir(mode=0o700, parents=True)
    (own_server.folder / "data").chmod(0o700)
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not allow to mount a disk")
    filler = folder / "filler"
    filler.write_bytes(bytes(6_000_000))
    try:
        yield filler
        own_server.end()
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S607 - in the PATH


def test_what_a_full_disk_has_not_taken_is_told_to_the_last_message(
    own_server, open_kernel, small_disk
):
    """The disk was full for an hour: my code ran on, and I know what I do not see."""
    with open_kernel() as session:
        code = DISPLAYS.format(count=100, size=100_000)
        full = session.execute(code)
        small_disk.unlink()
        later = session.execute("print('there is room again')")
        records = records_of(own_server, session.kernel.kernel_id)

    kept = [number_of(message) for message in messages(records, Channel.IOPUB, "display_data")]
    missing = sum(gap.count for gap in gaps(records))
    assert 0 < len(kept) < 100
    assert {gap.reason for gap in gaps(records)} == {Reason.STORAGE_FULL}
    assert later.stdout == "there is room again\n"
    assert printed(records).endswith("there is room again\n")
    assert full.gaps
    assert records[-1].seq == len(records) - len(gaps(records)) + missing
    assert missing >= 100 - len(kept)
    require_exact_gaps(records)


def require_exact_gaps(records):
    """Between two displays of one run nothing else is said: what is missing can be counted."""
    for before, gap, after in zip(records, records[1:], records[2:], strict=False):
        around = messages([before, after], Channel.IOPUB, "display_data")
        if isinstance(gap, Gap) and len(around) == 2:
            assert gap.count == number_of(after) - number_of(before) - 1
