"""Runs the cells of a notebook one after the other, and writes into them what they showed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from jupyter_sessions.cli.failures import warn
from jupyter_sessions.cli.notebook_file import NotebookUnusable
from jupyter_sessions.cli.notebook_parameters import tags_of
from jupyter_sessions.errors import CallFailed
from jupyter_sessions.nbformat_outputs import to_nbformat
from jupyter_sessions.output_area import OutputArea, display_update
from jupyter_sessions.outputs import gap_from_pb
from jupyter_sessions.v1.executions_pb2 import (
    Execution,
    ExecutionEvent,
    ExecutionState,
    StopStep,
)

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp
    from nbformat import NotebookNode

    from jupyter_sessions.cli.signals import OwnExecution
    from jupyter_sessions.sync import SessionHandle

MAX_CODE_BYTES = 4 * 1024 * 1024
"""That of ExecuteRequest."""
SKIP_TAG = "skip-execution"
RAISES_TAG = "raises-exception"  # an error of this cell is as it should be

# The reply came, so that the end is the kernel's own.
_REPLIED = {ExecutionState.EXECUTION_STATE_SUCCEEDED, ExecutionState.EXECUTION_STATE_FAILED}


@dataclass(frozen=True, slots=True)
class Stopped:
    """Where a run ended before its time: the cell's number, counted from 1, and how it ended."""

    cell_number: int
    execution: Execution


class NotebookRun:
    """One run of a notebook, which is saved after each cell."""

    def __init__(
        self,
        session: "SessionHandle",
        notebook: "NotebookNode",
        *,
        save: Callable[[], None],
        timeout: float | None = None,
        allow_errors: bool = False,
        on_cell: Callable[[int, int], None] = lambda number, count: None,
    ) -> None:
        """`timeout` is in seconds, for each cell; `on_cell` is told each cell as it begins."""
        self._session = session
        self._notebook = notebook
        self._timeout = timeout
        self._allow_errors = allow_errors
        self._save = save
        self._on_cell = on_cell
        self._areas: list[tuple[NotebookNode, OutputArea]] = []
        self._to_run = [(n, cell) for n, cell in enumerate(notebook.cells, 1) if _is_to_run(cell)]

    def run(self, execution: "OwnExecution") -> Stopped | None:
        """Run all cells; returns the one that ended the run, if one did.

        Cells show nothing from before as soon as the first one runs: what the notebook holds then
        is from this run. A cell during which `execution` is cancelled is the last one, whatever it
        made of that.
        """
        if not self._to_run:
            self._save()
        for number, cell in self._to_run:
            self._on_cell(number, len(self._notebook.cells))
            ended = self._run_and_save(number, cell, execution)
            if execution.cancelled or self._ends_run(cell, ended):
                return Stopped(number, ended)
        return None

    def _run_and_save(
        self, number: int, cell: "NotebookNode", execution: "OwnExecution"
    ) -> Execution:
        try:
            return self._run_cell(number, cell, execution)
        except CallFailed as error:
            error.message = f"cell {number}: {error.message}"
            raise
        finally:
            if self._areas:
                self._write_outputs()
                self._save()

    def _run_cell(self, number: int, cell: "NotebookNode", execution: "OwnExecution") -> Execution:
        area = OutputArea()
        ended, begun = Execution(), False
        expects_errors = self._expects_errors(cell)
        stream = self._session.stream(
            cell.source, timeout=self._timeout, stop_on_error=not expects_errors
        )
        with stream:
            for event in execution.follow(stream):
                if _runs(event) and not begun:
                    begun = True
                    self._begin(cell, area)
                self._show(event, area)
                _note(event, cell)
                if event.HasField("gap"):
                    warn(f"cell {number}: {gap_from_pb(event.gap)}")
                if event.HasField("finished"):
                    ended = event.finished.execution
        return ended

    def _begin(self, cell: "NotebookNode", area: OutputArea) -> None:
        """The cell runs; until the first one does, nothing is thrown away."""
        if not self._areas:
            for _number, each in self._to_run:
                each.outputs, each.execution_count = [], None
                each.metadata.pop("execution", None)
        self._areas.append((cell, area))

    def _show(self, event: ExecutionEvent, area: OutputArea) -> None:
        """Show it in the cell; updates also where cells before it displayed the thing."""
        update = display_update(event)
        if update is None:
            area.add(event)
            return
        for _cell, shown in self._areas:
            shown.update_display(update)

    def _write_outputs(self) -> None:
        """Put into the cells what they show by now."""
        from nbformat import from_dict

        for cell, area in self._areas:
            cell.outputs = from_dict(to_nbformat(area.outputs))

    def _ends_run(self, cell: "NotebookNode", execution: Execution) -> bool:
        if execution.state == ExecutionState.EXECUTION_STATE_FAILED:
            return not self._expects_errors(cell)
        return execution.state != ExecutionState.EXECUTION_STATE_SUCCEEDED

    def _expects_errors(self, cell: "NotebookNode") -> bool:
        return self._allow_errors or RAISES_TAG in tags_of(cell)


def check_cells(notebook: "NotebookNode") -> None:
    """Raise NotebookUnusable if a cell could not be sent to a kernel."""
    for number, cell in enumerate(notebook.cells, 1):
        try:
            too_long = _is_to_run(cell) and len(cell.source.encode()) > MAX_CODE_BYTES
        except UnicodeEncodeError as error:
            message = f"cell {number} holds what is no text: {error.reason}"
            raise NotebookUnusable(message) from error
        if too_long:
            message = f"cell {number} is longer than {MAX_CODE_BYTES} bytes"
            raise NotebookUnusable(message)


def _is_to_run(cell: "NotebookNode") -> bool:
    is_code = cell.cell_type == "code" and bool(cell.source.strip())
    return is_code and SKIP_TAG not in tags_of(cell)


def _runs(event: ExecutionEvent) -> bool:
    """Whether the event tells that the code was not just taken on, or dropped."""
    if event.HasField("finished"):
        return event.finished.execution.stop_step != StopStep.STOP_STEP_DROPPED
    return not event.HasField("accepted")


def _note(event: ExecutionEvent, cell: "NotebookNode") -> None:
    """Write the count and the times into the cell, as JupyterLab does."""
    if event.HasField("started"):
        cell.execution_count = event.started.execution_count
        cell.metadata["execution"] = {"iopub.execute_input": _iso(event.time)}
    elif event.HasField("finished") and event.finished.execution.state in _REPLIED:
        times = cell.metadata.setdefault("execution", {})
        times["shell.execute_reply"] = _iso(event.finished.execution.finish_time)


def _iso(time: "Timestamp") -> str:
    return time.ToDatetime(tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
