"""Runs the cells of a notebook one after the other, and writes into them what they showed."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from jupyter_sessions.cli.failures import warn
from jupyter_sessions.cli.notebook_parameters import tags_of
from jupyter_sessions.nbformat_outputs import to_nbformat
from jupyter_sessions.output_area import OutputArea, display_update
from jupyter_sessions.outputs import gap_from_pb
from jupyter_sessions.v1.executions_pb2 import Execution, ExecutionEvent, ExecutionState

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp
    from nbformat import NotebookNode

    from jupyter_sessions.sync import SessionHandle

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
    """One run of a notebook; its cells have the outputs when `write_outputs` was called."""

    def __init__(
        self,
        session: "SessionHandle",
        notebook: "NotebookNode",
        *,
        timeout: float | None = None,
        allow_errors: bool = False,
        on_cell: Callable[[int, int], None] = lambda number, count: None,
    ) -> None:
        """`timeout` is in seconds, for each cell; `on_cell` is told each cell as it begins."""
        self._session = session
        self._notebook = notebook
        self._timeout = timeout
        self._allow_errors = allow_errors
        self._on_cell = on_cell
        self._areas: list[tuple[NotebookNode, OutputArea]] = []

    def run(self, interrupted: threading.Event) -> Stopped | None:
        """Run all cells; returns the one that ended the run, if one did.

        Cells show nothing from before: what the notebook holds in the end is from this run. A cell
        during which `interrupted` is set is the last one, whatever it made of that.
        """
        to_run = [(n, cell) for n, cell in enumerate(self._notebook.cells, 1) if _is_to_run(cell)]
        for _number, cell in to_run:
            cell.outputs, cell.execution_count = [], None
            cell.metadata.pop("execution", None)
        for number, cell in to_run:
            self._on_cell(number, len(self._notebook.cells))
            execution = self._run_cell(number, cell)
            if interrupted.is_set() or self._ends_run(cell, execution):
                return Stopped(number, execution)
        return None

    def write_outputs(self) -> None:
        """Put into the cells what they show by now."""
        from nbformat import from_dict

        for cell, area in self._areas:
            cell.outputs = from_dict(to_nbformat(area.outputs))

    def _run_cell(self, number: int, cell: "NotebookNode") -> Execution:
        area = OutputArea()
        self._areas.append((cell, area))
        execution = Execution()
        expects_errors = self._expects_errors(cell)
        stream = self._session.stream(
            cell.source, timeout=self._timeout, stop_on_error=not expects_errors
        )
        with stream:
            for event in stream:
                self._show(event, area)
                _note(event, cell)
                if event.HasField("gap"):
                    warn(f"cell {number}: {gap_from_pb(event.gap)}")
                if event.HasField("finished"):
                    execution = event.finished.execution
        return execution

    def _show(self, event: ExecutionEvent, area: OutputArea) -> None:
        """Show it in the cell; updates also where cells before it displayed the thing."""
        update = display_update(event)
        if update is None:
            area.add(event)
            return
        for _cell, shown in self._areas:
            shown.update_display(update)

    def _ends_run(self, cell: "NotebookNode", execution: Execution) -> bool:
        if execution.state == ExecutionState.EXECUTION_STATE_FAILED:
            return not self._expects_errors(cell)
        return execution.state != ExecutionState.EXECUTION_STATE_SUCCEEDED

    def _expects_errors(self, cell: "NotebookNode") -> bool:
        return self._allow_errors or RAISES_TAG in tags_of(cell)


def _is_to_run(cell: "NotebookNode") -> bool:
    is_code = cell.cell_type == "code" and bool(cell.source.strip())
    return is_code and SKIP_TAG not in tags_of(cell)


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
