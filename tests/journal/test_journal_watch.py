"""A watch calls back when a journal has grown; both kinds of watch do the same."""

import asyncio
import shutil

import pytest

from jupyter_sessions_server.journal import JournalWriter, Kind, remove
from jupyter_sessions_server.journal.watch import InotifyWatch, PollingWatch, open_watch
from tests.journal.reading import UNLIMITED, write
from tests.waiting import until


@pytest.fixture(params=["inotify", "polling"])
async def watch(request):
    """Each kind of watch in turn."""
    opened = open_watch(asyncio.get_running_loop(), polling=request.param == "polling")
    yield opened
    opened.close()


@pytest.fixture
def directory(tmp_path):
    """A journal with one record."""
    write(tmp_path / "k", b"1")
    return tmp_path / "k"


async def test_the_kind_of_watch_can_be_chosen():
    """Polling is for systems without inotify, and for tests."""
    loop = asyncio.get_running_loop()
    told, looking = open_watch(loop), open_watch(loop, polling=True)

    assert (type(told), type(looking)) == (InotifyWatch, PollingWatch)
    told.close()
    looking.close()


async def test_a_watch_calls_back_when_a_record_is_appended(watch, directory):
    """The reader need not look for what is not there."""
    writer = JournalWriter(directory)
    called = asyncio.Event()
    watch.add(directory, called.set)

    for _ in range(3):
        writer.append(Kind.IOPUB, [b"2"])
        await called.wait()
        called.clear()

    writer.close()


async def test_a_watch_calls_back_when_a_file_is_begun(watch, directory):
    """The next process of a kernel writes to a new file."""
    called = asyncio.Event()
    watch.add(directory, called.set)

    writer = JournalWriter(directory, new_segment=True)
    writer.append(Kind.EVENT, [b"{}"])

    await called.wait()
    writer.close()


async def test_many_records_at_once_are_told_once(watch, directory):
    """One call is enough: the reader reads all there is."""
    calls = []
    watch.add(directory, lambda: calls.append(1))

    write(directory, *[b"x"] * 500, limits=UNLIMITED._replace(segment_bytes=1000))
    await until(lambda: calls)

    assert len(calls) == 1


async def test_each_folder_has_its_own_callback(watch, directory, tmp_path):
    """One watch serves all kernels."""
    write(tmp_path / "quiet", b"1")
    calls = []
    watch.add(tmp_path / "quiet", lambda: calls.append("quiet"))
    watch.add(directory, lambda: calls.append("loud"))

    write(directory, b"2")
    await until(lambda: calls)

    assert set(calls) == {"loud"}


async def test_a_folder_that_is_not_there_is_told_at_once(watch, tmp_path):
    """Waiting for it would be waiting for ever."""
    with pytest.raises(FileNotFoundError):
        watch.add(tmp_path / "none", print)


async def test_after_remove_nothing_is_told(watch, directory, tmp_path):
    """Removing twice, or what was never watched, does no harm."""
    calls = []
    other = tmp_path / "other"
    write(other, b"1")
    watch.add(directory, lambda: calls.append("removed"))
    watch.add(other, lambda: calls.append("other"))

    write(directory, b"2")  # told already, but not called yet
    watch.remove(directory)
    watch.remove(directory)
    watch.remove(tmp_path / "never")
    write(other, b"2")
    await until(lambda: calls)

    assert set(calls) == {"other"}


async def test_a_removed_journal_is_told_and_may_be_watched_again(watch, directory):
    """A reader learns that there is nothing more; the name may come back."""
    called = asyncio.Event()
    watch.add(directory, called.set)
    remove(directory)
    await called.wait()
    write(directory, b"1")
    again = asyncio.Event()
    watch.add(directory, again.set)

    write(directory, b"2")

    await again.wait()


async def test_a_callback_that_fails_stops_no_other(watch, directory, tmp_path):
    """One kernel's trouble is not its neighbours'."""
    failures = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: failures.append(context["exception"]))
    shutil.copytree(directory, tmp_path / "other")
    called = asyncio.Event()
    watch.add(directory, lambda: [][0])
    watch.add(tmp_path / "other", called.set)

    write(directory, b"2")
    write(tmp_path / "other", b"2")

    await called.wait()
    await until(lambda: failures)
    assert isinstance(failures[0], IndexError)


async def test_lost_notices_are_made_good(directory, tmp_path):
    """The system drops notices when there are too many: then every reader looks for itself."""
    watch = InotifyWatch(asyncio.get_running_loop())
    calls = []
    write(tmp_path / "drowned", b"1")
    watch.add(directory, lambda: calls.append("loud"))
    watch.add(tmp_path / "drowned", lambda: calls.append("drowned"))
    first, second = tmp_path / "k" / "first", tmp_path / "k" / "second"
    for _ in range(most_notices() // 4 + 1):
        first.touch()  # one notice, the next line makes two
        first.rename(second)
        second.unlink()

    write(tmp_path / "drowned", b"2")
    await until(lambda: "drowned" in calls)

    watch.close()


def most_notices() -> int:
    """How many the system keeps for one reader."""
    with open("/proc/sys/fs/inotify/max_queued_events") as file:  # noqa: PTH123
        return int(file.read())
