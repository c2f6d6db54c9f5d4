"""Sessions and kernels as the domain hands them to a store."""

from dataclasses import replace

from jupyter_sessions_server.model import (
    ExitCause,
    KernelExit,
    KernelId,
    KernelRecord,
    Owner,
    Session,
    SessionId,
)

_KERNEL = KernelRecord(
    kernel_id=KernelId("k1"),
    kernel_name="python3",
    owner=Owner("me"),
    cwd="/root",
    env={},
    created_ms=1_000,
    start_ms=1_000,
    last_activity_ms=1_000,
    restarts=0,
    kept=False,
    exit=None,
)
_SESSION = Session(
    session_id=SessionId(""),
    owner=Owner("me"),
    path="",
    name=None,
    type="notebook",
    labels={},
    kernel_id=KernelId("k1"),
    revision=0,
    create_revision=0,
    created_ms=1_000,
    updated_ms=1_000,
)
EXIT = KernelExit(ExitCause.SIGNALED, 2_000, signal=9, stderr_tail="Killed\n")


def kernel(kernel_id: str = "k1", **changes) -> KernelRecord:
    """A kernel that runs, but for the changes."""
    return replace(_KERNEL, kernel_id=KernelId(kernel_id), **changes)


def session(path: str = "a", **changes) -> Session:
    """A session of this path on kernel k1, named after its path, but for the changes."""
    return replace(_SESSION, **{"session_id": f"s-{path}", "path": path, **changes})
