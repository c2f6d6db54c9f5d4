"""What processes take of the machine, measured on real ones."""

import subprocess
import sys
from contextlib import contextmanager

import pytest

from jupyter_sessions_server.kernels.usage import measure

MB = 1_000_000
WAIT = "; import sys; print(flush=True); sys.stdin.read()"
HOLD = "memory = bytearray({0} * 1_000_000)" + WAIT
"""Takes so many MB until its standard input is closed."""
SPIN = (
    "import sys, time\nwhile time.process_time() < 0.3: pass\nprint(flush=True); sys.stdin.read()"
)
"""Computes for 0.3 s; the system counts in hundredths."""
AS_CHILD = (
    "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', {!r}]).returncode)"
)


@contextmanager
def running(code):
    """A process that runs the code, from when it has printed a line."""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        yield process
        process.stdin.close()


def test_memory_that_a_process_takes_is_its_own():
    """A notebook that holds 100 MB shows 100 MB more than an empty one."""
    with running(HOLD.format(0)) as empty, running(HOLD.format(100)) as full:
        taken = measure({"empty": empty.pid, "full": full.pid})

    more = taken["full"].memory_bytes - taken["empty"].memory_bytes
    assert more == pytest.approx(100 * MB, abs=3 * MB)
    assert taken["empty"].memory_bytes < 30 * MB


def test_processes_that_a_kernel_started_count_as_its_own():
    """A limit is not evaded by a pool of workers."""
    with running(AS_CHILD.format(AS_CHILD.format(HOLD.format(100)))) as grandparent:
        taken = measure({"k": grandparent.pid})

    assert 100 * MB < taken["k"].memory_bytes < 190 * MB


def test_memory_shared_with_others_does_not_count(tmp_path):
    """Ten kernels that read one file have it in memory once, and none can give it back."""
    file = tmp_path / "data"
    file.write_bytes(bytes(100 * MB))
    code = (
        f"import mmap, sys; file = open({str(file)!r}, 'rb')\n"
        "data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)\n"
        "sum(data[::4096]); print(flush=True); sys.stdin.read()"
    )

    with running(code) as reader:
        taken = measure({"k": reader.pid})

    assert taken["k"].memory_bytes < 50 * MB


def test_processor_time_is_told():
    """One sees which notebook keeps the fan running."""
    with running(SPIN) as process:
        taken = measure({"k": process.pid})

    assert 0.2 <= taken["k"].cpu_seconds < 5


def test_processor_time_of_children_that_have_ended_counts():
    """Work that a kernel had done by others is its work."""
    spin = f"subprocess.run([sys.executable, '-c', {SPIN!r}], stdin=subprocess.DEVNULL)"
    code = f"import subprocess, sys; {spin}; print(flush=True); sys.stdin.read()"
    with running(code) as process:
        process.stdout.readline()  # the first one was of the child
        taken = measure({"k": process.pid})

    assert taken["k"].cpu_seconds >= 0.2


def test_a_process_that_has_ended_is_left_out():
    """It ended between the list and the look, and the others are told all the same."""
    with running(HOLD.format(0)) as gone:
        pass
    with running(HOLD.format(0)) as here:
        taken = measure({"gone": gone.pid, "here": here.pid})

    assert list(taken) == ["here"]


def test_without_kernels_nothing_is_looked_at():
    """An idle server stays idle."""
    assert measure({}) == {}
