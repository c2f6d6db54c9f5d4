"""The commands about sessions: new, ls, show, rename, rm."""

from argparse import Namespace
from typing import TYPE_CHECKING, cast

from jupyter_sessions.cli.connection import connected, find_session
from jupyter_sessions.cli.failures import FAILED, report
from jupyter_sessions.cli.printing import (
    cause_of_death,
    print_json,
    print_session,
    print_table,
    since,
    state_name,
)
from jupyter_sessions.errors import CallFailed

if TYPE_CHECKING:
    from jupyter_sessions.v1.sessions_pb2 import Session


def new(arguments: Namespace) -> int:
    """Open a session; fails if its kernel is dead."""
    with connected(arguments) as client:
        session = client.create_session(
            arguments.path,
            wait_ready=not arguments.no_wait,
            kernel_name=arguments.kernel,
            kernel_id=arguments.kernel_id,
            name=arguments.name,
            type=arguments.type,
            env=dict(arguments.env),
            cwd=arguments.cwd,
            labels=dict(arguments.label),
        )
    return print_opened(session)


def print_opened(session: "Session") -> int:
    """Print a session that is to be used now, and return the exit code: a dead kernel fails."""
    from jupyter_sessions.status import kernel_dead

    print_session(session)
    if state_name(session.kernel) != "dead":
        return 0
    report(kernel_dead(session.kernel), session.path)
    return FAILED


def ls(arguments: Namespace) -> int:
    """List sessions."""
    with connected(arguments) as client:
        from jupyter_sessions.v1.kernels_pb2 import KernelState

        names = [f"KERNEL_STATE_{state.upper()}" for state in arguments.state]
        states = [cast("KernelState", KernelState.Value(name)) for name in names]
        found = client.list_sessions(path_prefix=arguments.path_prefix, kernel_states=states)
        sessions = list(found)
    if arguments.json:
        print_json(sessions)
        return 0
    head = ["PATH", "KERNEL", "STATE", "LAST ACTIVITY", "SESSION ID"]
    rows = [
        [
            session.path,
            session.kernel.kernel_name,
            state_name(session.kernel),
            since(session.kernel.last_activity_time),
            session.session_id,
        ]
        for session in sessions
    ]
    print_table(head, rows)
    return 0


def show(arguments: Namespace) -> int:
    """Show one session."""
    with connected(arguments) as client:
        session = find_session(client, arguments.session)
    if arguments.json:
        print_json(session)
        return 0
    kernel = session.kernel
    facts = {
        "path": session.path,
        "session id": session.session_id,
        "name": session.name,
        "type": session.type,
        "labels": ", ".join(f"{key}={value}" for key, value in sorted(session.labels.items())),
        "created": since(session.create_time),
        "kernel": kernel.kernel_name,
        "kernel id": kernel.kernel_id,
        "state": state_name(kernel),
        "cause": cause_of_death(kernel),
        "last activity": since(kernel.last_activity_time),
        "folder": kernel.cwd,
    }
    for fact, value in facts.items():
        if value:
            print(f"{fact + ':':<15}{value}")
    if kernel.exit.stderr_tail:
        print(f"last lines of its standard error:\n{kernel.exit.stderr_tail.rstrip()}")
    return 0


def rename(arguments: Namespace) -> int:
    """Give a session another path."""
    with connected(arguments) as client:
        session = find_session(client, arguments.session)
        print_session(client.update_session(session.session_id, path=arguments.new_path))
    return 0


def rm(arguments: Namespace) -> int:
    """End sessions, all that can be."""
    code = 0
    with connected(arguments) as client:
        from jupyter_sessions.v1.sessions_pb2 import KernelDisposition

        kernel = KernelDisposition.KERNEL_DISPOSITION_SHUT_DOWN_IF_UNUSED
        if arguments.keep_kernel:
            kernel = KernelDisposition.KERNEL_DISPOSITION_KEEP
        for name in arguments.sessions:
            try:
                client.delete_session(find_session(client, name).session_id, kernel=kernel)
            except CallFailed as error:
                report(error, name)
                code = FAILED
    return code
