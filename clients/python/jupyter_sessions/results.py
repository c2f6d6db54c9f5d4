"""The result of running code: what a notebook cell would show, and whether it succeeded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from jupyter_sessions.errors import ExecutionFailed, JupyterSessionsError
from jupyter_sessions.nbformat_outputs import NotebookOutput, to_nbformat
from jupyter_sessions.notebook_view import html_of_outputs, mime_bundle
from jupyter_sessions.output_area import OutputArea
from jupyter_sessions.outputs import (
    DisplayData,
    ErrorOutput,
    ExecuteResult,
    Image,
    MimeContent,
    Output,
    OutputGap,
    StreamOutput,
    console_text,
    error_from_pb,
    gap_from_pb,
    image_of,
    text_plain,
    without_colours,
)
from jupyter_sessions.tables import data_frame_of
from jupyter_sessions.v1.executions_pb2 import Execution, ExecutionEvent, ExecutionState, StopStep
from jupyter_sessions.v1.kernels_pb2 import KernelExitCause

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """What code said, in order, and how it ended.

    `outputs` are what a notebook cell would show in the end: text written to one stream without a
    break is one output, displays are updated, cleared outputs are gone. `gaps` tell what is
    missing. `execution` is the server's record: id, times, `user_expressions`.
    """

    outputs: tuple[Output, ...]
    gaps: tuple[OutputGap, ...]
    execution: Execution

    @property
    def state(self) -> str:
        """How it ended: the ExecutionState less its prefix, such as "SUCCEEDED" or "LOST"."""
        return ExecutionState.Name(self.execution.state).removeprefix("EXECUTION_STATE_")

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.execution.state == ExecutionState.EXECUTION_STATE_SUCCEEDED

    @property
    def execution_count(self) -> int:
        """The kernel's counter, as in "[3]:"; 0 if the code was silent or never run."""
        return self.execution.execution_count

    @property
    def text(self) -> str:
        """What was written and shown, in order, as a console shows it; errors are left out."""
        return console_text(self.outputs)

    @property
    def stdout(self) -> str:
        """What was written to standard output."""
        return self._stream("stdout")

    @property
    def stderr(self) -> str:
        """What was written to standard error."""
        return self._stream("stderr")

    @property
    def value(self) -> str | None:
        """The last expression's value as text/plain; None if there is none."""
        value = self._last_value()
        return text_plain(value) if value else None

    @property
    def data(self) -> Mapping[str, MimeContent]:
        """The last expression's value in all its representations; empty if there is none."""
        value = self._last_value()
        return value.data if value else {}

    @property
    def error(self) -> ErrorOutput | None:
        """The error the code raised, if it raised one.

        It is the last one shown, which is whole, unless the execution has another: then that.
        """
        errors = [output for output in self.outputs if isinstance(output, ErrorOutput)]
        shown = errors[-1] if errors else None
        if not self.execution.HasField("error"):
            return shown
        kept = error_from_pb(self.execution.error)  # long ones are cut, see Execution.error
        same = shown and shown.ename == kept.ename and shown.evalue.startswith(kept.evalue)
        return shown if same else kept

    @property
    def images(self) -> tuple[Image, ...]:
        """The images that were shown, one for each output that is one."""
        return tuple(image for output in self.outputs if (image := image_of(output)))

    def save_images(self, directory: str | Path) -> list[Path]:
        """Write the images to new files in the directory, and return their paths."""
        return [image.save(directory) for image in self.images]

    def to_pandas(self) -> "pandas.DataFrame":
        """The last table that was shown, as a data frame; raises ValueError if there is none.

        It is made of JSON records or, where there are none, of the HTML, which holds what was
        shown, not the data: cut, rounded, and with types guessed from texts. Raises ImportError
        where pandas is not installed.
        """
        return data_frame_of(self.outputs)

    def to_nbformat(self) -> list[NotebookOutput]:
        """The outputs as a notebook has them: the `outputs` of a code cell in nbformat 4.5."""
        return to_nbformat(self.outputs)

    def raise_for_error(self) -> Self:
        """Raise ExecutionFailed unless the code succeeded; else return the result itself."""
        if self.ok:
            return self
        error, ended = self.error or ErrorOutput("", "", ()), self._ending()
        failed = ExecutionFailed(error.ename, ended or error.evalue, error.traceback, self.state)
        if error.traceback or (ended and self.error):
            failed.add_note(without_colours(str(error)))
        raise failed

    def __str__(self) -> str:
        parts = [self.text.removesuffix("\n")]
        if error := self.error:
            parts.append(without_colours(str(error)))
        parts += self._remarks()
        return "\n".join(part for part in parts if part)

    def __repr__(self) -> str:
        return f"<Result [{self.execution_count}] {self.state}, {len(self.outputs)} outputs>"

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, object], dict[str, object]]:
        """What a notebook shows: a single thing as it is, else all in order, as HTML.

        A single thing that is not all there is to say, since the code failed or outputs are
        missing, is not shown alone.
        """
        shown: list[Output] = list(self.outputs)
        if self.error and self.error not in shown:
            shown.append(self.error)
        shown += [StreamOutput("stderr", remark) for remark in self._remarks()]
        if len(shown) == 1 and isinstance(shown[0], DisplayData | ExecuteResult):
            return mime_bundle(shown[0])
        return {"text/plain": str(self), "text/html": html_of_outputs(shown)}, {}

    def _remarks(self) -> list[str]:
        """What the outputs and the error do not tell: how it ended, and what is missing."""
        ended = self._ending()
        return [*([ended] if ended else []), *(f"({gap})" for gap in self.gaps)]

    def _ending(self) -> str:
        """How it ended; empty if it succeeded, or the error tells."""
        failed = self.execution.state == ExecutionState.EXECUTION_STATE_FAILED
        if self.ok or (failed and self.error):
            return ""
        return ending(self.execution, self.gaps)

    def _stream(self, name: str) -> str:
        streams = (output for output in self.outputs if isinstance(output, StreamOutput))
        return "".join(stream.text for stream in streams if stream.name == name)

    def _last_value(self) -> ExecuteResult | None:
        values = [output for output in self.outputs if isinstance(output, ExecuteResult)]
        return values[-1] if values else None


class ResultCollector:
    """Makes a Result of the events of one execution."""

    def __init__(self) -> None:
        self._area = OutputArea()
        self._gaps: list[OutputGap] = []
        self._execution: Execution | None = None

    def add(self, event: ExecutionEvent) -> None:
        """Take the next event."""
        match event.WhichOneof("event"):
            case "gap":
                self._gaps.append(gap_from_pb(event.gap))
            case "finished":
                self._execution = event.finished.execution
            case _:
                self._area.add(event)

    def result(self) -> Result:
        """The result, once the last event was added."""
        if self._execution is None:
            message = "the server ended the stream of events before the execution had finished"
            raise JupyterSessionsError(message)
        return Result(self._area.outputs, tuple(self._gaps), self._execution)


_CAUSES = {
    ExecutionState.EXECUTION_STATE_FAILED: ", and its kernel told no error",
    ExecutionState.EXECUTION_STATE_TIMED_OUT: ", since its timeout passed",
    ExecutionState.EXECUTION_STATE_ABORTED: ", since an earlier execution failed: it was not run",
    ExecutionState.EXECUTION_STATE_LOST: ", since the record of how it ended is missing",
}
_STEPS = {
    StopStep.STOP_STEP_DROPPED: ": it was dropped before it began",
    StopStep.STOP_STEP_INTERRUPTED: ": it was interrupted",
    StopStep.STOP_STEP_KERNEL_RESTARTED: ": it ignored the interrupt, and its kernel was restarted",
}


def ending(execution: Execution, gaps: Iterable[OutputGap] = ()) -> str:
    """One line about an execution that did not succeed, for people."""
    state, cause = execution.state, _CAUSES.get(execution.state, "")
    if execution.HasField("kernel_exit"):
        exit_cause = KernelExitCause.Name(execution.kernel_exit.cause)
        cause = f", since its kernel ended ({exit_cause.removeprefix('KERNEL_EXIT_CAUSE_')})"
    over_limit = any(gap.reason == "OUTPUT_LIMIT" for gap in gaps)
    if over_limit and state == ExecutionState.EXECUTION_STATE_CANCELLED:
        cause = ", with more output than its limit"
    name = ExecutionState.Name(state).removeprefix("EXECUTION_STATE_")
    return f"the execution ended as {name}{cause}{_STEPS.get(execution.stop_step, '')}"
