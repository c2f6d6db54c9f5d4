"""The commands about kernels: kernels, specs, interrupt, restart."""

from argparse import Namespace
from typing import TYPE_CHECKING

from jupyter_sessions.cli.connection import connected, find_session
from jupyter_sessions.cli.printing import (
    print_json,
    print_table,
    since,
    state_name,
)
from jupyter_sessions.cli.sessions import print_opened

if TYPE_CHECKING:
    from jupyter_sessions.v1.kernels_pb2 import Kernel


def kernels(arguments: Namespace) -> int:
    """List kernels."""
    with connected(arguments) as client:
        found = list(client.list_kernels())
    if arguments.json:
        print_json(found)
        return 0
    rows = [
        [
            kernel.kernel_id,
            kernel.kernel_name,
            state_name(kernel),
            since(kernel.last_activity_time),
            _memory(kernel),
        ]
        for kernel in found
    ]
    print_table(["KERNEL ID", "KERNEL", "STATE", "LAST ACTIVITY", "MEMORY"], rows)
    return 0


def specs(arguments: Namespace) -> int:
    """List kernelspecs."""
    with connected(arguments) as client:
        listed = client.list_kernel_specs()
    if arguments.json:
        print_json(listed.kernel_specs)
        return 0
    rows = [
        [
            spec.kernel_name + ("*" if spec.kernel_name == listed.default_kernel_name else ""),
            spec.display_name,
            spec.language,
        ]
        for spec in listed.kernel_specs
    ]
    print_table(["KERNEL", "DISPLAY NAME", "LANGUAGE"], rows)
    return 0


def interrupt(arguments: Namespace) -> int:
    """Stop the code that a session runs."""
    with connected(arguments) as client:
        session = find_session(client, arguments.session)
        client.interrupt_kernel(session.kernel.kernel_id)
    return 0


def restart(arguments: Namespace) -> int:
    """Restart a session's kernel; fails if it dies at its start."""
    with connected(arguments) as client:
        session = find_session(client, arguments.session)
        kernel = client.restart_kernel(session.kernel.kernel_id, wait_ready=True)
    session.kernel.CopyFrom(kernel)
    return print_opened(session)


def _memory(kernel: "Kernel") -> str:
    return f"{kernel.usage.memory_bytes / 1e6:.0f} MB" if kernel.HasField("usage") else "-"
