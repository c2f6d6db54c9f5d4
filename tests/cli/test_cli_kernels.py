"""kernels, specs, interrupt, restart: kernels from the command line."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from jupyter_sessions import KernelState
from jupyter_sessions.cli.printing import since


async def test_kernels_is_a_table(run, fake):
    """With what each takes of the machine, where that is known."""
    fake.add_session("a.ipynb").kernel.usage.memory_bytes = 123_456_789
    fake.add_session("b.ipynb", KernelState.KERNEL_STATE_DEAD)

    _code, out, _err = await run("kernels")

    assert out.splitlines() == [
        "KERNEL ID  KERNEL   STATE  LAST ACTIVITY  MEMORY",
        "k0         python3  idle   -              123 MB",
        "k1         python3  dead   -              -",
    ]


async def test_kernels_for_programs_is_an_array(run, fake):
    """As the contract has them."""
    fake.add_session("a.ipynb")

    _code, out, _err = await run("kernels", "--json")

    assert [kernel["kernel_id"] for kernel in json.loads(out)] == ["k0"]


async def test_specs_marks_the_default(run, fake):
    """The one that is started when none is named."""
    _code, out, _err = await run("specs")

    assert out.splitlines() == [
        "KERNEL    DISPLAY NAME  LANGUAGE",
        "python3*  Python 3      python",
    ]


async def test_specs_for_programs_is_an_array(run, fake):
    """As the contract has them."""
    _code, out, _err = await run("specs", "--json")

    assert json.loads(out)[0]["display_name"] == "Python 3"


async def test_interrupt_stops_what_a_session_runs(run, fake):
    """Silence is success."""
    fake.add_session("a.ipynb")

    assert await run("interrupt", "a.ipynb") == (0, "", "")
    assert fake.requests["InterruptKernel"][0].kernel_id == "k0"


async def test_restart_waits_for_the_new_kernel(run, fake):
    """What comes next in a script can use it."""
    fake.add_session("a.ipynb", KernelState.KERNEL_STATE_DEAD)

    assert await run("restart", "a.ipynb") == (0, "a.ipynb: python3, idle, session s0\n", "")
    assert fake.requests["RestartKernel"][0].wait_ready


async def test_restart_fails_if_the_kernel_dies_again(run, fake):
    """With its last words."""
    fake.add_session("a.ipynb")
    fake.kernels_die_at_start()

    code, out, err = await run("restart", "a.ipynb")

    assert (code, out) == (2, "a.ipynb: python3, dead, session s0\n")
    assert "no module named numpy" in err


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (timedelta(seconds=-5), "0 s ago"),  # the server's clock is ahead
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(minutes=3, seconds=59), "3 min ago"),
        (timedelta(hours=23), "23 h ago"),
        (timedelta(days=400), "400 d ago"),
    ],
)
def test_times_are_told_as_people_do(passed, text):
    """In one unit, rounded down."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    time = Timestamp()
    time.FromDatetime(now - passed)

    assert since(time, now) == text


def test_a_time_that_is_not_known_is_a_dash():
    """And not fifty years ago."""
    assert since(Timestamp()) == "-"
