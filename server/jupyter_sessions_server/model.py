"""What moves between the layers: sessions, kernels and what kernels say, as frozen dataclasses.

Times are whole milliseconds since the Unix epoch, UTC.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NewType

SessionId = NewType("SessionId", str)
KernelId = NewType("KernelId", str)
ExecutionId = NewType("ExecutionId", str)
Owner = NewType("Owner", str)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls."""

    owner: Owner


class KernelState(enum.Enum):
    """What a kernel is doing; the values are Jupyter's `execution_state` where it has one."""

    STARTING = "starting"
    IDLE = "idle"
    BUSY = "busy"
    RESTARTING = "restarting"
    STOPPING = "stopping"
    DEAD = "dead"


class ExitCause(enum.Enum):
    """Why a kernel has no process."""

    EXITED = "EXITED"
    SIGNALED = "SIGNALED"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    NEVER_READY = "NEVER_READY"
    CULLED = "CULLED"
    SHUT_DOWN = "SHUT_DOWN"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class KernelExit:
    """How a kernel's process ended; `exit_code` and `signal` are None where they do not apply."""

    cause: ExitCause
    exit_ms: int
    exit_code: int | None = None
    signal: int | None = None
    stderr_tail: str = ""


class StartMode(enum.Enum):
    """How a kernel's process came to be."""

    COLD = "COLD"
    WARM = "WARM"


@dataclass(frozen=True, slots=True)
class KernelStart:
    """How a kernel was last started; `ready_after_ms` is None until it has answered."""

    mode: StartMode = StartMode.COLD
    cold_reason: str = ""
    ready_after_ms: int | None = None


@dataclass(frozen=True, slots=True)
class KernelUsage:
    """What a kernel's process, with those it has started, takes of the machine."""

    memory_bytes: int
    """Of its own: without what it shares with others by files and shared memory."""
    cpu_seconds: float
    """Since its start."""
    measure_ms: int


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel as it is now; `exit` is set if and only if it is DEAD."""

    kernel_id: KernelId
    kernel_name: str
    owner: Owner
    state: KernelState
    cwd: str
    created_ms: int
    start_ms: int
    last_activity_ms: int
    restarts: int = 0
    connections: int = 0
    start: KernelStart = KernelStart()
    exit: KernelExit | None = None
    usage: KernelUsage | None = None
    """None for a dead one, and until it was first measured."""

    @property
    def alive(self) -> bool:
        """Whether it has a process, or is about to get one."""
        return self.state is not KernelState.DEAD


@dataclass(frozen=True, slots=True)
class KernelRecord:
    """What is stored of a kernel, so that it can be shown and restarted when it is gone."""

    kernel_id: KernelId
    kernel_name: str
    owner: Owner
    cwd: str
    env: Mapping[str, str]
    created_ms: int
    start_ms: int
    last_activity_ms: int
    restarts: int
    kept: bool
    """Whether it lives on when no session uses it."""
    exit: KernelExit | None
    start: KernelStart = KernelStart()
    next_seq: int = 0
    """The number after the last record of its journal that this record shows."""
    busy: bool = False


@dataclass(frozen=True, slots=True)
class KernelProgress:
    """What a kernel's journal has changed of its record."""

    kernel_id: KernelId
    next_seq: int
    busy: bool
    last_activity_ms: int
    ready_after_ms: int | None


@dataclass(frozen=True, slots=True)
class Session:
    """A document tied to a kernel, as it is stored."""

    session_id: SessionId
    owner: Owner
    path: str
    name: str | None
    type: str
    labels: Mapping[str, str]
    kernel_id: KernelId
    revision: int
    create_revision: int
    """The revision of its creation: unique, and the order in which sessions were created."""
    created_ms: int
    updated_ms: int


class IfExists(enum.Enum):
    """What creating a session does when the path has one."""

    RETURN_MATCHING = enum.auto()
    RETURN_ANY = enum.auto()
    FAIL = enum.auto()


class KernelDisposition(enum.Enum):
    """What becomes of a kernel that a session lets go of."""

    SHUT_DOWN_IF_UNUSED = enum.auto()
    KEEP = enum.auto()
    SHUT_DOWN = enum.auto()


class SessionOrder(enum.Enum):
    """The order of a list of sessions."""

    CREATED = enum.auto()
    CREATED_DESC = enum.auto()
    PATH = enum.auto()
    PATH_DESC = enum.auto()


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which sessions to list; an empty field lets all through."""

    path_prefix: str = ""
    type: str = ""
    kernel_id: KernelId | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    kernel_states: frozenset[KernelState] = frozenset()


@dataclass(frozen=True, slots=True)
class SessionPage:
    """A page of sessions, and the store's revision when it was read."""

    sessions: Sequence[Session]
    revision: int
    more: bool
    """Whether sessions follow after the last one of this page."""


@dataclass(frozen=True, slots=True)
class KernelSpec:
    """A kind of kernel that can be started."""

    kernel_name: str
    display_name: str
    language: str
    argv: Sequence[str]
    env: Mapping[str, str]
    interrupt_by_message: bool
    metadata_json: str
    resource_names: Sequence[str]


@dataclass(frozen=True, slots=True)
class KernelLaunch:
    """Which process to start for a kernel."""

    kernel_id: KernelId
    kernel_name: str
    cwd: str
    env: Mapping[str, str]
    """Variables over the server's own and the kernelspec's."""


class Channel(enum.Enum):
    """One of a kernel's channels; the values are Jupyter's names."""

    SHELL = "shell"
    CONTROL = "control"
    STDIN = "stdin"
    IOPUB = "iopub"


@dataclass(frozen=True, slots=True)
class Request:
    """A Jupyter message for a kernel; all but the type and id are JSON objects in UTF-8."""

    msg_id: str
    msg_type: str
    header: bytes
    content: bytes
    parent_header: bytes = b"{}"
    metadata: bytes = b"{}"
    buffers: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A Jupyter message from a kernel; the JSON parts are as the kernel sent them."""

    seq: int
    time_ms: int
    channel: Channel
    msg_type: str
    msg_id: str
    parent_id: str
    """The `msg_id` of the request it belongs to, or ''."""
    parent_type: str
    header: bytes
    parent_header: bytes
    metadata: bytes
    content: bytes
    buffers: Sequence[bytes]

    @property
    def size(self) -> int:
        """Its bytes, all parts together."""
        parts = (self.header, self.parent_header, self.metadata, self.content, *self.buffers)
        return sum(map(len, parts))


@dataclass(frozen=True, slots=True)
class ProcessStarted:
    """A process of the kernel is about to be started; what follows it has said."""

    seq: int
    time_ms: int


@dataclass(frozen=True, slots=True)
class ProcessExited:
    """The kernel's process has ended; a restart may follow."""

    seq: int
    time_ms: int
    exit: KernelExit


class GapReason(enum.Enum):
    """Why records are missing."""

    TRIMMED = "TRIMMED"
    STORAGE_FULL = "STORAGE_FULL"
    NOT_RECORDED = "NOT_RECORDED"
    TOO_LARGE = "TOO_LARGE"
    OUTPUT_LIMIT = "OUTPUT_LIMIT"


@dataclass(frozen=True, slots=True)
class Gap:
    """Records are missing: `count` of them, the last one numbered `seq`."""

    seq: int
    time_ms: int
    count: int
    reason: GapReason


JournalRecord = Message | ProcessStarted | ProcessExited | Gap
"""Each number of a journal is one record's, or is in one Gap."""


class ExecutionState(enum.Enum):
    """How far an execution has come."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class CodeError:
    """An error that code raised."""

    ename: str
    evalue: str
    traceback: Sequence[str]


MimeBundle = Mapping[str, object]
"""Media type to content, as the kernel's JSON has it: images in base64, JSON as objects."""


class StopStep(enum.Enum):
    """What it took to end an execution before its time."""

    DROPPED = "DROPPED"
    INTERRUPTED = "INTERRUPTED"
    KERNEL_RESTARTED = "KERNEL_RESTARTED"


@dataclass(frozen=True, slots=True)
class Code:
    """What to run, and how: the content of an execute_request, and what bounds it."""

    code: str
    silent: bool = False
    store_history: bool = True
    user_expressions: Mapping[str, str] = field(default_factory=dict)
    allow_stdin: bool = False
    stop_on_error: bool = True
    timeout_ms: int | None = None
    """How long it may run from its start in the kernel; None: for ever."""
    output_limit_bytes: int | None = None
    """How much of its output counts; None: the server's limit."""
    interrupt_at_limit: bool = False
    """Whether it is interrupted when its output is more; else it goes on unheard."""


@dataclass(frozen=True, slots=True)
class Execution:
    """One piece of code, run or to be run in a kernel."""

    execution_id: ExecutionId
    kernel_id: KernelId
    session_id: SessionId | None
    code: str
    state: ExecutionState
    queued_ms: int
    first_seq: int
    next_seq: int
    started_ms: int | None = None
    finished_ms: int | None = None
    execution_count: int = 0
    error: CodeError | None = None
    kernel_exit: KernelExit | None = None
    user_expressions: Mapping[str, MimeBundle | CodeError] = field(default_factory=dict)
    stop_step: StopStep | None = None
    """What it took to end it, if it was made to."""
    owner: Owner = Owner("")
    pending_input: "InputWanted | None" = None
    """The question it waits for an answer to."""

    @property
    def finished(self) -> bool:
        """Whether it has ended."""
        return self.state not in (ExecutionState.QUEUED, ExecutionState.RUNNING)


@dataclass(frozen=True, slots=True)
class ExecutionTrace:
    """What the journal has told of an execution that does not show in the Execution itself."""

    idle: bool = False
    """Whether the kernel's last status for it was idle."""
    after_gap: int = 0
    """The number of the last record that is missing since it was sent; 0: none is."""
    reply_json: str | None = None
    """The content of the kernel's reply, from when it has come until the end.

    Bytes that are no UTF-8 are lone surrogates.
    """
    output_bytes: int = 0
    limit_seq: int | None = None
    """The first record of output over its limit, if there is one."""
    unheard_count: int = 0
    """How many records of output came over its limit."""


@dataclass(frozen=True, slots=True)
class ExecutionRecord:
    """What is stored of an execution."""

    execution: Execution
    request: Code
    request_id: str = ""
    """By which a retry finds it; '' if it has none."""
    fingerprint: str = ""
    """Tells a retry from another request."""
    taken_up: bool = False
    """Whether another front end has handed it to the kernel."""
    sent: bool = False
    """Whether it was handed to the kernel."""
    stop_state: ExecutionState | None = None
    """What it is to be called when it ends, if it is being made to: CANCELLED or TIMED_OUT."""
    trace: ExecutionTrace = ExecutionTrace()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server took the code on."""

    execution_id: ExecutionId
    kernel_id: KernelId


@dataclass(frozen=True, slots=True)
class Started:
    """The kernel began to run the code."""

    execution_count: int


@dataclass(frozen=True, slots=True)
class StreamText:
    """Text on "stdout" or "stderr"."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Display:
    """Something displayed, or an update of it."""

    data: MimeBundle
    metadata: Mapping[str, object]
    transient: Mapping[str, object]
    update: bool


@dataclass(frozen=True, slots=True)
class Result:
    """The value of the code's last expression."""

    data: MimeBundle
    metadata: Mapping[str, object]
    execution_count: int


@dataclass(frozen=True, slots=True)
class Clear:
    """Outputs so far are to be removed from view, at once or with the next output."""

    wait: bool


@dataclass(frozen=True, slots=True)
class InputWanted:
    """A question the code asks."""

    input_request_id: str
    prompt: str
    password: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """Messages of the kernel are missing here."""

    count: int
    reason: GapReason


@dataclass(frozen=True, slots=True)
class Finished:
    """The execution as it ended."""

    execution: Execution


Output = (
    Accepted | Started | StreamText | Display | Result | CodeError | Clear | InputWanted | Missing
    | Finished
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExecutionEvent:
    """One thing that happened in an execution, with its number in the kernel's journal."""

    seq: int
    time_ms: int
    output: Output
