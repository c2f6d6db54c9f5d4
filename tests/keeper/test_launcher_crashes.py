"""What becomes of a kernel's words and of the kernel when something breaks."""

import contextlib
import itertools
import signal
import sys
import types
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from jupyter_sessions_server.keeper import recording
from jupyter_sessions_server.keeper.recording import uninterrupted
from tests.keeper.launched import Launched, probe
from tests.keeper.talking import Talk


@pytest.fixture
async def kernel(tmp_path: Path) -> AsyncIterator[Launched]:
    """A kernel that runs."""
    launched = Launched(tmp_path)
    await launched.start()
    yield launched
    await launched.stop()


def test_an_interrupt_waits_for_the_journal() -> None:
    """In the middle of a write it would leave half a record, and a wrong count of what is there."""
    done = []

    with pytest.raises(KeyboardInterrupt), uninterrupted():
        signal.raise_signal(signal.SIGINT)
        done.append("written")

    assert done == ["written"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


Profiler = Callable[[types.FrameType, str, object], None]


class TimeIsUp(Exception):
    """What a handler of a user's own raises."""


def time_is_up(*_: object) -> None:
    """A handler of a user's own."""
    raise TimeIsUp


@pytest.fixture
def alarm() -> Iterator[None]:
    """SIGALRM is a time limit."""
    before = signal.signal(signal.SIGALRM, time_is_up)
    yield
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("alarm")
def test_a_time_limit_waits_for_the_journal_and_comes() -> None:
    """It is the user's code that it ends; in the midst of our own it would be lost."""
    done = []

    with pytest.raises(TimeIsUp), uninterrupted():
        signal.raise_signal(signal.SIGALRM)
        done.append("written")

    assert done == ["written"]
    assert signal.getsignal(signal.SIGALRM) is time_is_up


@pytest.mark.usefixtures("alarm")
def test_all_signals_that_waited_come() -> None:
    """Though the handler of the first raises; and all handlers are back."""
    with pytest.raises(KeyboardInterrupt) as raised, uninterrupted():
        signal.raise_signal(signal.SIGALRM)
        signal.raise_signal(signal.SIGINT)

    assert isinstance(raised.value.__context__, TimeIsUp)
    assert signal.getsignal(signal.SIGALRM) is time_is_up
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


OURS = (recording.__file__, contextlib.__file__)
"""Where moments are counted: a finalizer, whose errors nobody sees, may run anywhere."""


def sending(number: int, moment: int, before: str = "") -> Profiler:
    """Sends a signal at the moment of this number, if that comes before this function is called."""
    calls = itertools.count()

    def profile(frame: types.FrameType, event: str, _: object) -> None:
        if frame.f_code.co_filename not in OURS:
            return
        if frame.f_code.co_name == before:
            sys.setprofile(None)
        elif event != "c_exception" and next(calls) == moment:
            sys.setprofile(None)
            signal.raise_signal(number)

    return profile


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize("moment", range(60))
def test_whenever_a_signal_comes_all_handlers_are_back(moment: int) -> None:
    """Also while they are changed, or changed back."""
    with contextlib.suppress(TimeIsUp):
        sys.setprofile(sending(signal.SIGALRM, moment))
        with uninterrupted():
            pass
        sys.setprofile(None)

    assert signal.getsignal(signal.SIGALRM) is time_is_up
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize("moment", range(20))
def test_a_signal_that_waited_comes_though_another_comes_first(moment: int) -> None:
    """Just when the handlers are changed back."""
    raised: BaseException | None = None
    try:
        with uninterrupted():
            signal.raise_signal(signal.SIGALRM)
            sys.setprofile(sending(signal.SIGINT, moment, before="_deliver"))
    except BaseException as error:  # noqa: BLE001 - either of them
        raised = error
    sys.setprofile(None)

    kinds = set()
    while raised is not None:
        kinds.add(type(raised))
        raised = raised.__context__
    assert TimeIsUp in kinds


@pytest.mark.slow
async def test_what_was_shown_before_a_crash_is_kept(kernel: Launched) -> None:
    """The kernel writes before it sends, so nobody has to be there to hear it."""
    request = kernel.talk.execute("print('before', flush=True); import ctypes; ctypes.string_at(0)")
    code = await kernel.process.wait()

    kernel.talk.read()

    assert code == -signal.SIGSEGV
    assert "before\n" in [each.content.get("text") for each in kernel.talk.about(request)]


@pytest.mark.slow
async def test_a_crash_leaves_its_traceback_in_the_stderr_file(kernel: Launched) -> None:
    """ipykernel reads its own descriptor 2, and after a crash nobody does."""
    kernel.talk.execute("import ctypes; ctypes.string_at(0)")

    await kernel.process.wait()

    assert "Fatal Python error: Segmentation fault" in kernel.stderr.read_text()


@pytest.mark.slow
async def test_a_forked_childs_print_is_in_the_journal_once(kernel: Launched) -> None:
    """The child hands it to its parent, which writes it: one process writes a journal."""
    shown = await kernel.talk.run(
        "import multiprocessing as mp\n"
        "child = mp.get_context('fork').Process(target=lambda: print('from a child', flush=True))\n"
        "child.start(); child.join()\n"
        "import time; time.sleep(0.3)"  # ipykernel's pipe to the parent is asynchronous
    )

    assert shown.count("from a child") == 1
    assert kernel.talk.gaps == []


@pytest.mark.slow
async def test_a_kernel_without_a_journal_works_on_and_says_why(tmp_path: Path) -> None:
    """The user's work counts more."""
    launched = Launched(tmp_path)
    launched.journal = Path("/dev/null/journal")
    await launched.start()

    with Talk(tmp_path, launched.journal, identity=b"console") as console:
        console.send("shell", "kernel_info_request", {})
        answered = console.socket("shell").poll(10_000)
    await launched.stop()

    assert answered
    assert "jupyter-sessions: no journal" in launched.stderr.read_text()


@pytest.mark.slow
async def test_nothing_else_of_ours_is_in_the_kernel(kernel: Launched) -> None:
    """It may be another interpreter than the server's, without our packages."""
    names = "{name.split('.')[0] for name in sys.modules if 'sessions' in name}"

    shown = await kernel.talk.run(f"import sys; print(*sorted({names}))")

    assert shown.split() == [
        "_jupyter_sessions_journal",
        "_jupyter_sessions_kernel",
        "_jupyter_sessions_main",
    ]


@pytest.mark.slow
async def test_the_launcher_tells_that_an_ipykernel_fits() -> None:
    """Asked once per interpreter, before a kernel of it is started."""
    assert await probe({}) is None


@pytest.mark.slow
async def test_the_launcher_tells_what_an_ipykernel_lacks(tmp_path: Path) -> None:
    """Then the kernel is recorded from outside."""
    package = tmp_path / "ipykernel"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "iostream.py").write_text("class IOPubThread: _really_send = None")
    (package / "kernelapp.py").write_text("class IPKernelApp: _bind_socket = None")

    problem = await probe({"PYTHONPATH": str(tmp_path)})

    assert problem is not None
    assert problem.startswith("ipykernel has no IPKernelApp.")


@pytest.mark.slow
async def test_the_launcher_tells_that_there_is_no_ipykernel(tmp_path: Path) -> None:
    """Any interpreter may be asked."""
    package = tmp_path / "ipykernel.py"
    package.write_text("raise ImportError('broken')")

    problem = await probe({"PYTHONPATH": str(tmp_path)})

    assert problem == "ImportError: broken"
