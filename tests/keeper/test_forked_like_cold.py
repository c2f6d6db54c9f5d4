"""A forked kernel behaves as one that was started by itself: nobody can tell them apart."""

import ast
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.keeper.behaviours import BEHAVIOURS
from tests.keeper.started import WAYS, Started, Starter, open_starter
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
async def starter(tmp_path: Path) -> AsyncIterator[Starter]:
    """Starts kernels in any way."""
    async with open_starter(tmp_path) as starter:
        yield starter


async def behaviours(kernel: Started) -> dict[str, str]:
    """What each line of the table leaves."""
    return {name: await kernel.result(code) for name, code in BEHAVIOURS.items()}


@pytest.mark.parametrize("way", WAYS)
async def test_all_behaviours_are_those_of_a_cold_kernel(starter: Starter, way: str) -> None:
    """See behaviours.py for the table."""
    cold = await behaviours(await starter.start("cold"))

    other = await behaviours(await starter.start(way))

    assert other == cold


@pytest.mark.parametrize("way", ["cold", *WAYS])
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import os; os._exit(7)", 7),
        ("exit()", 0),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
        ("import ctypes; ctypes.string_at(0)", -signal.SIGSEGV),
        ("import os; os.abort()", -signal.SIGABRT),
    ],
)
async def test_a_kernel_ends_with_the_same_code(
    starter: Starter, way: str, code: str, expected: int
) -> None:
    """The exit code tells a user what happened."""
    kernel = await starter.start(way)
    kernel.talk.execute(code)

    assert await kernel.process.wait() == expected


@pytest.mark.parametrize("way", ["cold", *WAYS])
async def test_a_kernel_that_is_shut_down_cleans_up(
    starter: Starter, way: str, tmp_path: Path
) -> None:
    """What was registered to run at the end runs, and the code is 0."""
    kernel = await starter.start(way)
    await kernel.result("import atexit; result = atexit.register(open, 'at_exit', 'w')")

    kernel.talk.send("control", "shutdown_request", {"restart": False})
    code = await kernel.process.wait()

    assert code == 0
    assert (tmp_path / "work" / "at_exit").exists()


@pytest.mark.parametrize("way", ["cold", *WAYS])
async def test_sys_exit_is_an_error_of_the_cell(starter: Starter, way: str) -> None:
    """The kernel lives on."""
    kernel = await starter.start(way)

    assert await kernel.result("import sys; sys.exit(3)") == "SystemExit: 3"
    assert await kernel.result("result = 42") == "42"


@pytest.mark.parametrize("way", ["cold", *WAYS])
async def test_a_signal_interrupts_a_cell(starter: Starter, way: str) -> None:
    """And only the cell."""
    kernel = await starter.start(way)
    await kernel.result("result = None")
    kernel.talk.execute("open('running', 'w'); import time; time.sleep(1000)")
    await until(Path(kernel.launch.cwd, "running").exists)

    kernel.process.signal_group(signal.SIGINT)

    assert (await kernel.reply("shell"))["ename"] == "KeyboardInterrupt"
    assert await kernel.result("result = 42") == "42"


@pytest.mark.parametrize("way", ["cold", *WAYS])
async def test_a_question_is_answered_by_the_client(starter: Starter, way: str) -> None:
    """By the stdin channel."""
    kernel = await starter.start(way)
    kernel.talk.socket("stdin")
    kernel.talk.execute("result = input('name? ')")
    question = await kernel.reply("stdin")

    kernel.talk.send("stdin", "input_reply", {"value": "Ada"})
    await kernel.reply("shell")

    assert question["prompt"] == "name? "
    assert await kernel.result("pass") == "'Ada'"


@pytest.mark.parametrize("way", ["cold", *WAYS])
async def test_the_debugger_attaches(starter: Starter, way: str) -> None:
    """It is a server in the kernel's own process, started when it is asked for."""
    kernel = await starter.start(way)

    started = [await debug(kernel, command) for command in ("initialize", "attach", "debugInfo")]

    assert [each["success"] for each in started] == [True, True, True]
    assert started[-1]["body"]["isStarted"]


async def debug(kernel: Started, command: str) -> dict[str, Any]:
    """What the debugger answers to this command."""
    arguments = {"clientID": "test", "adapterID": "", "pathFormat": "path"}
    request = {"type": "request", "seq": 1, "command": command, "arguments": arguments}
    kernel.talk.send("control", "debug_request", request)
    return await kernel.reply("control")


@pytest.mark.parametrize("way", WAYS[1:])
async def test_siblings_draw_different_numbers(starter: Starter, way: str) -> None:
    """They come from one process, which has drawn before."""
    code = (
        "import os, random, tempfile, uuid, multiprocessing as m\n"
        "result = [random.random(), tempfile.mktemp(), uuid.uuid4(), os.urandom(8),"
        " bytes(m.current_process().authkey), get_ipython().kernel.session.session]\n"
        "import importlib.util as u\n"
        "if u.find_spec('numpy'): import numpy; result.append(numpy.random.random())\n"
        "result = ['%s' % each for each in result]"
    )

    drawn = [await (await starter.start(way)).result(code) for _ in range(2)]

    first, second = (set(ast.literal_eval(each)) for each in drawn)
    assert len(first) >= 6
    assert not first & second
