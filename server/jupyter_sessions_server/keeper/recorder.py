"""The recorder: parent of one kernel that cannot write its own journal, and writes it for it.

    python -m jupyter_sessions_server.keeper.recorder SPEC_FILE

It tells one line of JSON on its standard output, `{"pid": …, "connection": …}` or
`{"error": text}`, closes it, and ends when the kernel has ended and its exit is in the journal.
The pid is null if a provisioner has started the kernel elsewhere.
It needs neither the server nor the keeper, so both may end and come back. SIGTERM kills the kernel.
"""

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_sessions_server.journal.format import Kind
from jupyter_sessions_server.journal.writer import JournalWriter
from jupyter_sessions_server.keeper.exits import exit_event
from jupyter_sessions_server.keeper.recorded_channels import RecordedChannels
from jupyter_sessions_server.keeper.recorded_process import RecordedProcess
from jupyter_sessions_server.keeper.recorder_spec import RecorderSpec


def main(spec_file: Path) -> None:
    """Record one kernel, from its start to its end."""
    spec = RecorderSpec.take(spec_file)
    try:
        writer = JournalWriter(Path(spec.journal), spec.journal_limits)
        code = _record(spec, writer)
    except Exception as error:  # for who asked for the kernel; all of it goes to the keeper's log
        tell(error=f"{type(error).__name__}: {error}")
        raise
    event = exit_event(code, Path(spec.cause), Path(spec.stderr))
    writer.append(Kind.EVENT, [json.dumps(event).encode()])
    writer.close()


def tell(**answer: Any) -> None:
    """Tell the keeper and close the pipe; what is told after that goes nowhere."""
    with contextlib.suppress(BrokenPipeError):  # the keeper has ended: the kernel lives on
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def _record(spec: RecorderSpec, writer: JournalWriter) -> int | None:
    """Start and record; the exit code, -signal, or None if nobody knows."""
    if spec.provisioner is None:
        return _record_process(spec, writer)
    # Most kernels need no provisioner, and what it needs is several times as large as all else.
    from jupyter_sessions_server.keeper.provisioned import record_provisioned

    return record_provisioned(spec, spec.provisioner, writer, tell)


def _record_process(spec: RecorderSpec, writer: JournalWriter) -> int:
    wakeup = _signals_as_bytes(signal.SIGCHLD, signal.SIGINT, signal.SIGTERM)
    process = RecordedProcess.start(spec)
    try:
        connection = json.loads(Path(spec.connection_file).read_bytes())
        with RecordedChannels(connection, spec.requests, wakeup, writer.append) as channels:
            tell(pid=process.pid, connection=connection)
            channels.run(_ended(process))
    finally:
        process.kill()
        code = process.reap()
    return code


def _ended(process: RecordedProcess) -> Callable[[bytes], bool]:
    def ended(signals: bytes) -> bool:
        """Whether the process has ended; what it left in its group is killed then."""
        if signal.SIGTERM in signals:
            process.kill()
        if not process.ended():
            return False
        process.kill()  # before it is reaped: the zombie keeps the group's number ours
        return True

    return ended


def _signals_as_bytes(*numbers: signal.Signals) -> int:
    """A descriptor from which each of these signals is read as a byte of its number.

    The kernel gets the system's own reactions back: they are handled here, not ignored.
    """
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in numbers:
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
    return reader


if __name__ == "__main__":
    main(Path(sys.argv[1]))
