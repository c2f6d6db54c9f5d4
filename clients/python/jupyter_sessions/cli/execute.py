"""`exec`: runs code in a session and prints what it says as it comes."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable
from io import TextIOWrapper
from typing import TYPE_CHECKING

from jupyter_sessions.cli.connection import connected, find_session
from jupyter_sessions.cli.failures import FAILED, warn, write_error
from jupyter_sessions.cli.printing import json_of
from jupyter_sessions.cli.signals import ending_signals, exit_code_of
from jupyter_sessions.errors import JupyterSessionsError

if TYPE_CHECKING:
    from jupyter_sessions.cli.signals import OwnExecution
    from jupyter_sessions.outputs import ErrorOutput, Output
    from jupyter_sessions.sync import EventStream
    from jupyter_sessions.v1.executions_pb2 import Execution, ExecutionEvent

RAISED = 1  # the exit code


class StandardInputUnusable(JupyterSessionsError):
    """There is no code to be read there."""


def execute(arguments: Namespace) -> int:
    """Run code; 0 if it succeeded, 1 if it raised an error."""
    with ending_signals() as signals:
        code = _read_code() if arguments.code == "-" else arguments.code
        with connected(arguments) as client:
            session = find_session(client, arguments.session)
            show = _print_as_json if arguments.json else EventPrinter(arguments.images).show
            stream = client.execute(code, session_id=session.session_id)
            with signals.cancelling(client) as execution, stream:
                last = _show_all(execution, stream, show)
    if signals.number is not None:
        if last is not None and last.HasField("finished"):
            tell_restart(last.finished.execution)
        return exit_code_of(signals.number)
    return _exit_code(last)


def _show_all(
    execution: "OwnExecution", stream: "EventStream", show: Callable[["ExecutionEvent"], None]
) -> "ExecutionEvent | None":
    """Show the events until the last one, and return that."""
    event = None
    for event in execution.follow(stream):
        try:
            show(event)
        except OSError as error:
            if execution.cancelled:  # these are its last words, and the terminal may be gone
                continue
            if isinstance(error, BrokenPipeError):  # nobody reads what it says
                execution.cancel_now(stream.execution_id)
            raise
    return event


def _read_code() -> str:
    """What standard input holds; text of another encoding is refused, not guessed at."""
    if sys.stdin is None:
        raise StandardInputUnusable("standard input is closed")
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="strict")
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        message = f"standard input is not text in {error.encoding}: {error.reason}"
        raise StandardInputUnusable(message) from error


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
                self._write_error(event.stream.text)
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

    def _write_error(self, text: str) -> None:
        if sys.stderr is not None:
            sys.stderr.write(text)
            sys.stderr.flush()

    def _end_line(self) -> None:
        if self._line_is_open:
            self._write("\n")


def _print_as_json(event: "ExecutionEvent") -> None:
    print(json.dumps(json_of(event)), flush=True)


def print_traceback(error: "ErrorOutput") -> None:
    """Print an error to stderr, with colours if that is a terminal."""
    from jupyter_sessions.outputs import without_colours

    in_colours = sys.stderr is not None and sys.stderr.isatty()
    traceback = str(error) if in_colours else without_colours(str(error))
    write_error(f"{traceback}\n")


def tell_restart(execution: "Execution") -> None:
    """Tell that it did not stop when it was cancelled, so that the kernel's variables are gone."""
    from jupyter_sessions.v1.executions_pb2 import StopStep

    if execution.stop_step == StopStep.STOP_STEP_KERNEL_RESTARTED:
        warn("the code did not stop when it was interrupted, and its kernel was restarted")


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
