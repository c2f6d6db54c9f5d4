"""What a front end shows below a cell: outputs in order, displays updated, cleared outputs gone."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from jupyter_sessions.outputs import (
    DisplayData,
    Output,
    StreamOutput,
    display_from_pb,
    error_from_pb,
    execute_result_from_pb,
    stream_from_pb,
    text_plain,
)
from jupyter_sessions.v1.executions_pb2 import ExecutionEvent


class OutputArea:
    """Applies an execution's events as front ends do; events that show nothing change nothing.

    An update of a display that an execution before it made is told by `display_update` and is to be
    applied to the areas of the others, by `update_display`.
    """

    def __init__(self) -> None:
        self._outputs: list[Output] = []
        self._clear_at_next_output = False

    @property
    def outputs(self) -> tuple[Output, ...]:
        """What is shown now; text written to one stream without a break is one output."""
        return tuple(_merge_streams(self._outputs))

    def add(self, event: ExecutionEvent) -> None:
        """Take the next event."""
        match event.WhichOneof("event"):
            case "stream":
                self._add_output(stream_from_pb(event.stream))
            case "display_data":
                self._add_output(display_from_pb(event.display_data))
            case "execute_result":
                self._add_output(execute_result_from_pb(event.execute_result))
            case "error":
                self._add_output(error_from_pb(event.error))
            case "update_display_data":
                self.update_display(display_from_pb(event.update_display_data))
            case "clear_output":
                self._clear_output(wait=event.clear_output.wait)

    def update_display(self, update: DisplayData) -> None:
        """Change what was displayed here under the update's id; other ids are left alone."""
        self._outputs = [
            update if _display_id(output) == update.display_id else output
            for output in self._outputs
        ]

    def _add_output(self, output: Output) -> None:
        if self._clear_at_next_output:
            self._clear_output(wait=False)
        self._outputs.append(output)

    def _clear_output(self, *, wait: bool) -> None:
        self._clear_at_next_output = wait
        if not wait:
            self._outputs.clear()


def display_update(event: ExecutionEvent) -> DisplayData | None:
    """The update of a display that the event tells, if it tells one."""
    if not event.HasField("update_display_data"):
        return None
    return display_from_pb(event.update_display_data)


def _merge_streams(outputs: Iterable[Output]) -> Iterator[Output]:
    """Make one output of text that was written to one stream without a break."""
    for name, group in groupby(outputs, key=_stream_name):
        if name is None:
            yield from group
        else:
            yield StreamOutput(name, "".join(text_plain(piece) for piece in group))


def _stream_name(output: Output) -> str | None:
    return output.name if isinstance(output, StreamOutput) else None


def _display_id(output: Output) -> str | None:
    return output.display_id or None if isinstance(output, DisplayData) else None
