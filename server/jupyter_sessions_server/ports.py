"""What the domain needs of the world; `store/`, `kernels/` and `rpc/` fulfil it."""

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from jupyter_sessions_server.model import (
    Channel,
    ExecutionId,
    ExecutionRecord,
    ExecutionState,
    ExitCause,
    JournalRecord,
    KernelId,
    KernelLaunch,
    KernelProgress,
    KernelRecord,
    KernelSpec,
    KernelStart,
    KernelUsage,
    Owner,
    Principal,
    Request,
    Session,
    SessionId,
)


class Clock(Protocol):
    """Tells the time."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds since some time in the past; unlike the date, nobody sets it."""
        ...


class Authenticator(Protocol):
    """Knows who may call."""

    def authenticate(self, token: str) -> Principal | None:
        """Who has this token, or None."""
        ...


class ContentsManager(Protocol):
    """Knows the documents, as Jupyter's contents manager does."""

    def get_kernel_path(self, path: str) -> str:
        """The directory a kernel for this document works in, as a path of the same kind."""
        ...


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A creating request that a retry must find again."""

    request_id: str
    fingerprint: str
    """Tells a retry from another request."""
    since_ms: int = 0
    """Requests before this time are forgotten."""


class SessionStore(Protocol):
    """Keeps sessions and the kernels they use; each method is one transaction.

    Writes are durable when they return. A write that is cancelled may still take place; whoever
    inserts or replaces a session, and is cancelled, hears of it when it has or has not.
    """

    async def open(self) -> None:
        """Make ready for use; raises StoreError if that cannot be."""
        ...

    async def close(self) -> None:
        """Finish what was begun and let go of the file."""
        ...

    async def revision(self) -> int:
        """The revision of the last committed change."""
        ...

    async def get(self, session_id: SessionId) -> Session | None:
        """The session of this id, whoever owns it."""
        ...

    async def find_by_path(self, owner: Owner, path: str) -> Session | None:
        """The owner's session of this path."""
        ...

    async def find_by_kernel(self, kernel_id: KernelId) -> Sequence[Session]:
        """The sessions that use this kernel, whoever owns them, in order of creation."""
        ...

    async def is_kernel_used(self, kernel_id: KernelId, besides: SessionId | None = None) -> bool:
        """Whether a session, besides this one, uses the kernel, whoever owns it."""
        ...

    async def list_sessions(self, owner: Owner) -> Sequence[Session]:
        """The owner's sessions, in order of creation."""
        ...

    async def count_sessions(self) -> int:
        """How many sessions there are, of all owners."""
        ...

    async def find_by_request(self, owner: Owner, request: NewRequest) -> SessionId | None:
        """The session this request created; raises RequestIdReused if it was another request."""
        ...

    async def insert(self, session: Session, request: NewRequest | None) -> Session:
        """Add a session, and answer with its revisions set.

        Raises SessionAlreadyExists if its path or id is taken, RequestIdReused if another request
        has the request's id; and then changes nothing.
        """
        ...

    async def replace(
        self,
        session: Session,
        kernel_env: Mapping[str, str] | None = None,
        committed: Callable[[], None] = lambda: None,
    ) -> Session | None:
        """Replace the session that has this id and revision; None if there is none.

        `kernel_env`, if given, becomes its kernel's environment, in the same transaction.
        `committed` is called when that is done, also if the caller is cancelled.
        Raises SessionAlreadyExists if the path is taken, and then changes nothing.
        """
        ...

    async def delete(self, session: Session) -> int | None:
        """Delete the session that has this id and revision; the deletion's revision, or None."""
        ...

    async def list_kernels(self) -> Sequence[KernelRecord]:
        """All stored kernels, in order of creation."""
        ...

    async def save_kernel(self, kernel: KernelRecord) -> None:
        """Add or replace a kernel."""
        ...

    async def save_progress(self, progress: Sequence[KernelProgress]) -> None:
        """Note how far the journals of these kernels are applied; unknown kernels are left out."""
        ...

    async def forget_kernel(self, kernel_id: KernelId) -> None:
        """Remove a kernel, unless a session uses it."""
        ...


class ExecutionStore(Protocol):
    """Keeps executions; a write that has returned survives the death of the server."""

    async def add(self, record: ExecutionRecord) -> None:
        """Add an execution; raises RequestIdReused if its request's id is taken."""
        ...

    async def save(self, records: Sequence[ExecutionRecord]) -> None:
        """Add or replace these, all at once."""
        ...

    def find(self, execution_id: ExecutionId) -> ExecutionRecord | None:
        """The execution, as it was saved last."""
        ...

    def contains(self, execution_id: ExecutionId) -> bool:
        """Whether there is such an execution."""
        ...

    def find_by_request(self, owner: Owner, request_id: str) -> ExecutionRecord | None:
        """The execution of the owner's request."""
        ...

    def unfinished(self) -> Sequence[ExecutionRecord]:
        """All that have not ended as far as is known, in the order they were taken on."""
        ...

    def page(
        self,
        kernel_id: KernelId,
        before: int,
        states: Collection[ExecutionState],
        limit: int,
        limit_bytes: int,
    ) -> tuple[Sequence[ExecutionRecord], int | None]:
        """A kernel's executions, newest first, and where the next page begins, if there is one.

        `before` is where the page begins; see LAST_EXECUTION. No states: all of them. The page has
        one at least, else no more than the limits allow; bytes are about those that are stored.
        """
        ...

    async def end_kernel(self, kernel_id: KernelId, owner: Owner, ended_ms: int) -> None:
        """Note that the kernel is forgotten, and its outputs are kept for now."""
        ...

    def is_ended(self, kernel_id: KernelId) -> bool:
        """Whether the outputs of a forgotten kernel of this id are kept."""
        ...

    def ended_before(self, ended_ms: int) -> Sequence[KernelId]:
        """The kernels that were forgotten before this time."""
        ...

    async def purge(self, kernel_id: KernelId) -> None:
        """Remove all that is kept of the kernel."""
        ...


LAST_EXECUTION = 2**62
"""Where a list of the newest executions begins: above any place in their order."""


class KernelSpecs(Protocol):
    """Knows which kinds of kernels can be started."""

    default_name: str

    async def find(self, kernel_name: str) -> KernelSpec | None:
        """The kernelspec of this name, or None."""
        ...

    async def list_all(self) -> Sequence[KernelSpec]:
        """All kernelspecs that can be read, ordered by name."""
        ...

    async def read_resource(self, kernel_name: str, resource_name: str) -> bytes:
        """A file of a kernelspec; raises KernelspecNotFound, KernelspecResourceNotFound."""
        ...


class KernelHost(Protocol):
    """Runs kernels' processes and keeps what they say, numbered, in a journal each.

    A host may be on another machine and may outlive the server. A kernel is known by its id alone.
    Its journal goes on through restarts, until the kernel is forgotten.
    """

    async def running(self) -> Sequence[KernelId]:
        """The kernels that have a process now, for a server that has just started."""
        ...

    async def cwd_for_path(self, path: str) -> str:
        """The absolute directory for a path: its nearest existing one, never above the root."""
        ...

    async def is_directory(self, path: str) -> bool:
        """Whether a kernel can work in this absolute path."""
        ...

    async def usage(self) -> Mapping[KernelId, KernelUsage]:
        """What each kernel that has a process takes of the machine, as far as it can be known."""
        ...

    async def start(self, launch: KernelLaunch) -> KernelStart:
        """Start a process; returns when it runs, not when it is ready.

        Raises KernelStartFailed, and then has left nothing behind. Cancelling it leaves nothing
        behind either.
        """
        ...

    async def stop(self, kernel_id: KernelId, cause: ExitCause, *, grace_seconds: float) -> None:
        """End the process, by force after the grace; returns when its exit is in the journal.

        Does nothing if there is no process. With a grace of 0 it is by force at once.
        """
        ...

    async def interrupt(self, kernel_id: KernelId) -> None:
        """Interrupt what runs, by signal or message as the kernelspec says."""
        ...

    async def send(self, kernel_id: KernelId, channel: Channel, request: Request) -> None:
        """Hand a message to the kernel, at once; does nothing if there is no process."""
        ...

    async def pass_on(self, kernel_id: KernelId, channel: Channel, request: Request) -> None:
        """Hand a front end's message to the kernel; returns when it, or its end, has room for it.

        Front ends say as much as they like, and a busy kernel takes only so much. What `send` is
        given does not wait behind it. Does nothing if there is no process, or it ends meanwhile.
        """
        ...

    def next_seq(self, kernel_id: KernelId) -> int:
        """The number the next record of the kernel's journal will have."""
        ...

    def read(
        self, kernel_id: KernelId, from_seq: int
    ) -> AsyncGenerator[Sequence[JournalRecord], None]:
        """The journal's records from a number on, as they come, many at a time.

        Records that are no longer kept are told by a Gap. Ends when the kernel is forgotten.
        """
        ...

    async def retire(self, kernel_id: KernelId) -> None:
        """The kernel has no process and gets none: readers end; its journal can still be read."""
        ...

    async def forget(self, kernel_id: KernelId) -> None:
        """Remove the journal of a kernel that has no process."""
        ...
