"""`exec`: runs code in a session and prints what it says as it comes."""

import json
import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from jupyter_sessions.cli.connection import connected, find_session
from jupyter_sessions.cli.failures import FAILED, report, warn
from jupyter_sessions.cli.printing import json_of
from jupyter_sessions.errors import JupyterSessionsError

if TYPE_CHECKING:
    from jupyter_sessions.outputs import ErrorOutput, Output
    from jupyter_sessions.sync import Client
    from jupyter_sessions.v1.executions_pb2 import ExecutionEvent

RAISED = 1  # the exit code


def execute(arguments: Namespace) -> int:
    """Run code; 0 if it succeeded, 1 if it raised an error."""
    code = sys.stdin.read() if arguments.code == "-" else arguments.code
    with connected(arguments) as client:
        session = find_session(client, arguments.session)
        show = _print_as_json if arguments.json else EventPrinter(arguments.images).show
        stream = client.execute(code, session_id=session.session_id)
        event = None
        with stream, interrupting(client, session.kernel.kernel_id):
            for event in stream:
                show(event)
    return _exit_code(event)


@contextmanager
def interrupting(client: "Client", kernel_id: str) -> Iterator[threading.Event]:
    """Let Ctrl-C interrupt the kernel, and a second one raise KeyboardInterrupt here.

    The event is set when Ctrl-C was typed.
    """
    interrupted, left = threading.Event(), threading.Event()

    def interrupt() -> None:
        try:
            client.interrupt_kernel(kernel_id)
        except JupyterSessionsError as error:
            if not left.is_set():
                report(error)

    def on_interrupt(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        interrupted.set()
        # In a thread: gRPC may hold locks of its own where the signal came.
        threading.Thread(target=interrupt, daemon=True).start()

    if threading.current_thread() is not threading.main_thread():
        yield interrupted  # only the main thread gets signals
        return
    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield interrupted
    finally:
        left.set()
        signal.signal(signal.SIGINT, before)


class EventPrinter:
    """Prints events for people: what is shown as text, errors to stderr, images to files."""

    def __init__(self, images: str | None) -> None:
        """`images` is the folder for images; None: they are left out."""
        self._images = images
        self._line_is_open = False

    def show(self, event: "ExecutionEvent") -> None:
        """Print one event."""
        from jupyter_sessions import outputs

        match event.WhichOneof("event"):
            case "stream" if event.stream.name == "stderr":
                _write_error(event.stream.text)
            case "stream":
                self._write(event.stream.text)
            case "display_data":
                self._show_output(outputs.display_from_pb(event.display_data))
            case "update_display_data":
                self._show_output(outputs.display_from_pb(event.update_display_data))
            case "execute_result":
                self._show_output(outputs.execute_result_from_pb(event.execute_result))
            case "error":
                self._end_line()
                print_traceback(outputs.error_from_pb(event.error))
            case "gap":
                warn(str(outputs.gap_from_pb(event.gap)))

    def _show_output(self, output: "Output") -> None:
        from jupyter_sessions.outputs import image_of, text_plain

        lines = [text] if (text := text_plain(output)) else []
        if self._images and (image := image_of(output)):
            lines.append(str(image.save(self._images)))
        for line in lines:
            self._end_line()
            self._write(f"{line}\n")

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()
        self._line_is_open = not text.endswith("\n") if text else self._line_is_open

    def _end_line(self) -> None:
        if self._line_is_open:
            self._write("\n")


def _print_as_json(event: "ExecutionEvent") -> None:
    print(json.dumps(json_of(event)), flush=True)


def print_traceback(error: "ErrorOutput") -> None:
    """Print an error to stderr, with colours if that is a terminal."""
    from jupyter_sessions.outputs import without_colours

    traceback = str(error) if sys.stderr.isatty() else without_colours(str(error))
    _write_error(f"{traceback}\n")


def _write_error(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _exit_code(last: "ExecutionEvent | None") -> int:
    from jupyter_sessions.results import ending
    from jupyter_sessions.v1.executions_pb2 import ExecutionState

    if last is None or not last.HasField("finished"):
        warn("the server did not tell how the code ended")
        return FAILED
    execution = last.finished.execution
    if execution.state == ExecutionState.EXECUTION_STATE_SUCCEEDED:
        return 0
    if execution.state == ExecutionState.EXECUTION_STATE_FAILED:
        return RAISED
    warn(ending(execution))
    return FAILED
