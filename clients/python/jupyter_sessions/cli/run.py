"""`run`: runs a notebook's cells in a session, and writes what they show into the notebook."""

import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_sessions.cli.connection import connected
from jupyter_sessions.cli.execute import RAISED, print_traceback, tell_restart
from jupyter_sessions.cli.failures import warn, write_error
from jupyter_sessions.cli.kernel_language import language_info_of
from jupyter_sessions.cli.notebook_file import check_writable, read_notebook, write_notebook
from jupyter_sessions.cli.notebook_parameters import (
    ParametersUnusable,
    collect_parameters,
    inject_parameters,
)
from jupyter_sessions.cli.signals import EndingSignals, ending_signals, exit_code_of
from jupyter_sessions.errors import SessionAlreadyExists, SessionNotFound

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from jupyter_sessions.cli.notebook_run import Stopped
    from jupyter_sessions.discovery import ServerInfo
    from jupyter_sessions.sync import Client, SessionHandle
    from jupyter_sessions.v1.kernels_pb2 import KernelSpec
    from jupyter_sessions.v1.sessions_pb2 import Session


def run(arguments: Namespace) -> int:
    """Run a notebook; 0 if all cells did, 1 if one failed, ran out of time or lost its kernel."""
    from jupyter_sessions.cli.notebook_run import check_cells

    output = arguments.output or arguments.notebook
    notebook = read_notebook(arguments.notebook)
    check_cells(notebook)
    check_writable(output)  # not after hours of work
    parameters = collect_parameters(arguments.parameters_file, arguments.parameter)
    with (
        ending_signals() as signals,
        connected(arguments) as client,
        _session(client, notebook, output, arguments, signals) as session,
    ):
        spec = _kernel_spec(client, session)
        _check_language(spec, session, parameters)
        _name_kernel(notebook, spec, language_info_of(client, session.session_id))
        if parameters:
            inject_parameters(notebook, parameters)
        return _run_and_save(client, session, notebook, output, arguments, signals)


def _run_and_save(
    client: "Client",
    session: "SessionHandle",
    notebook: "NotebookNode",
    output: Path,
    arguments: Namespace,
    signals: EndingSignals,
) -> int:
    from jupyter_sessions.cli.notebook_run import NotebookRun

    shown = not arguments.quiet and sys.stderr is not None and sys.stderr.isatty()
    progress = _Progress(shown=shown)
    notebook_run = NotebookRun(
        session,
        notebook,
        save=partial(write_notebook, notebook, output),
        timeout=arguments.timeout,
        allow_errors=arguments.allow_errors,
        on_cell=progress.show,
    )
    with signals.cancelling(client) as execution:
        try:
            stopped = notebook_run.run(execution)
        finally:
            progress.end()
    if signals.number is not None and stopped is not None:
        tell_restart(stopped.execution)
        warn(f"interrupted in cell {stopped.cell_number}")
        return exit_code_of(signals.number)
    if stopped is not None:
        _tell(stopped, arguments.timeout)
        return RAISED
    if not arguments.quiet:
        print(output)
    return 0


@contextmanager
def _session(
    client: "Client",
    notebook: "NotebookNode",
    output: Path,
    arguments: Namespace,
    signals: EndingSignals,
) -> Iterator["SessionHandle"]:
    """The session of the file that is written; if it is opened here, it ends here, unless kept."""
    from jupyter_sessions.v1.sessions_pb2 import IfExists

    server = _local_server(arguments)
    path = arguments.path or _session_path(output, server)
    kernel_name = arguments.kernel or notebook.metadata.get("kernelspec", {}).get("name")
    if_exists = IfExists.IF_EXISTS_RETURN_ANY
    if arguments.kernel:
        if_exists = IfExists.IF_EXISTS_RETURN_MATCHING
    with ExitStack() as at_end:
        with signals.held():  # so that it is known whether there is a session to be deleted
            created = _create(client, path, kernel_name, server, arguments.notebook)
            if created is not None and not arguments.keep:
                at_end.callback(_delete, client, created.session_id, signals)
        if created is None and not arguments.quiet:
            warn(f"the session {path} is open: its kernel and variables are used")
        yield at_end.enter_context(
            client.open_session(path, kernel_name=kernel_name, if_exists=if_exists)
        )


def _create(
    client: "Client", path: str, kernel_name: str | None, server: "ServerInfo | None", file: Path
) -> "Session | None":
    """Create the session, unless it exists: then return None.

    Only a server of this machine knows the notebook's folder, in which the kernel is to work.
    """
    from jupyter_sessions.v1.sessions_pb2 import IfExists

    cwd = os.path.normpath(file.absolute().parent) if server else None
    try:
        return client.create_session(
            path, kernel_name=kernel_name, cwd=cwd, if_exists=IfExists.IF_EXISTS_FAIL
        )
    except SessionAlreadyExists:
        return None


def _delete(client: "Client", session_id: str, signals: EndingSignals) -> None:
    """End the session, unless somebody else did."""
    with signals.held(), suppress(SessionNotFound):
        client.delete_session(session_id)


def _local_server(arguments: Namespace) -> "ServerInfo | None":
    """The server that is called, if it runs on this machine."""
    from jupyter_sessions.discovery import list_servers

    target = arguments.target or os.environ.get("JUPYTER_SESSIONS_TARGET")
    servers = [server for server in list_servers() if target in {None, server.target}]
    return servers[0] if len(servers) == 1 else None


def _session_path(file: Path, server: "ServerInfo | None") -> str:
    """The path as front ends name it: from the server's root directory, if it is below that."""
    if server is None:
        return file.as_posix()
    path, root = Path(os.path.normpath(file.absolute())), Path(server.root_dir)
    if path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    if file.resolve().is_relative_to(root.resolve()):
        return file.resolve().relative_to(root.resolve()).as_posix()
    return path.as_posix()


def _kernel_spec(client: "Client", session: "SessionHandle") -> "KernelSpec | None":
    """The kernelspec of the session's kernel; None if it was removed since."""
    specs = client.list_kernel_specs().kernel_specs
    return next((spec for spec in specs if spec.kernel_name == session.kernel.kernel_name), None)


def _check_language(
    spec: "KernelSpec | None", session: "SessionHandle", parameters: dict[str, object]
) -> None:
    language = spec.language if spec else "an unknown language"
    if parameters and language.lower() != "python":
        message = (
            f"parameters can be set in Python, but the kernel {session.kernel.kernel_name!r} "
            f"runs {language}"
        )
        raise ParametersUnusable(message)


def _name_kernel(
    notebook: "NotebookNode", spec: "KernelSpec | None", language: Mapping[str, Any] | None
) -> None:
    """Let the notebook name the kernel that it was run with, and its language as that tells it."""
    metadata = notebook.metadata
    if spec is not None and metadata.get("kernelspec", {}).get("name") != spec.kernel_name:
        metadata["kernelspec"] = {
            "name": spec.kernel_name,
            "display_name": spec.display_name,
            "language": spec.language,
        }
        metadata.pop("language_info", None)
    if language is not None:
        metadata["language_info"] = dict(language)


def _tell(stopped: "Stopped", timeout: float | None) -> None:
    """Print why the run ended: the error, and a line that names the cell."""
    from jupyter_sessions.outputs import error_from_pb
    from jupyter_sessions.results import ending
    from jupyter_sessions.v1.executions_pb2 import ExecutionState, StopStep

    execution = stopped.execution
    reason = ending(execution)
    if execution.state == ExecutionState.EXECUTION_STATE_TIMED_OUT:
        reason = f"it ran longer than {timeout:g} s, and was interrupted"
        if execution.stop_step == StopStep.STOP_STEP_KERNEL_RESTARTED:
            reason += "; it went on, and its kernel was restarted"
    elif execution.HasField("error"):
        error = error_from_pb(execution.error)
        print_traceback(error)
        reason = f"{error.ename}: {error.evalue}"
    warn(f"cell {stopped.cell_number} failed: {reason}")


class _Progress:
    """A line on the terminal that counts cells."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown

    def show(self, number: int, count: int) -> None:
        """Tell which cell begins."""
        self._write(f"\r\x1b[Kcell {number} of {count}")

    def end(self) -> None:
        """Remove the line."""
        self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        if self._shown:
            write_error(text)
