"""Config: every setting, its default and its unit. Built once, in `__main__`, and handed down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class KernelPolicy:
    """How long kernels of a kernelspec live, and what they may take; 0 is no limit."""

    idle_cull_seconds: float = 0
    """How long one may be idle before it is ended."""
    cull_connected: bool = False
    """Whether to end idle kernels that somebody is connected to, too."""
    cull_busy: bool = False
    """Whether to end kernels, too, that are busy and have said nothing for the same time."""
    ttl_seconds: float = 0
    """How long a process may live, whatever it does."""
    restart_limit: int = 0
    """How many times a minute a kernel that died by itself is started again; 0: never."""
    memory_limit_bytes: int = 0
    """How much memory of its own it may take, with the processes it has started."""
    nice: int = 0
    """How far its processes stand back for others, up to 19."""
    warm_kernels: int = 1
    """How many are kept ready for the next start."""
    warm_start: bool = True
    """Whether they are forked from a process that has imported what a kernel needs."""

    @property
    def culls(self) -> bool:
        """Whether it ends kernels after some time."""
        return self.idle_cull_seconds > 0 or self.ttl_seconds > 0


class JournalConfig(NamedTuple):
    """How much is kept of what kernels said; the oldest goes first, whole segments at a time."""

    segment_bytes: int = 8 * 1024 * 1024
    """Of one file."""
    kernel_bytes: int = 256 * 1024 * 1024
    """Of one kernel."""
    total_bytes: int = 8 * 1024 * 1024 * 1024
    """Of all kernels together."""


@dataclass(frozen=True, slots=True)
class KernelConfig:
    """How long kernels may take, how many there may be, and what ends them."""

    start_seconds: float = 60.0
    """How long a kernel may take from the start of its process to its first answer."""
    stop_grace_seconds: float = 5.0
    """How long it may take to end when asked, before it is killed."""
    query_seconds: float = 5.0
    """How long it may take to complete or inspect code, or to tell its history."""
    kernel_limit: int = 500
    """How many kernels may run at once, of all owners."""
    journal: JournalConfig = field(default_factory=JournalConfig)
    cull_interval_seconds: float = 300.0
    """How often idle and old kernels are looked for."""
    usage_interval_seconds: float = 10.0
    """How often it is measured what kernels take of the machine."""
    queue_limit: int = 100
    """How many executions may wait for one kernel."""
    interrupt_grace_seconds: float = 5.0
    """How long code may go on after it was interrupted to end, before its kernel is restarted."""
    output_limit_bytes: int = 256 * 1024 * 1024
    """How much output of one execution counts, unless its caller says less."""
    retention_seconds: float = 86_400.0
    """How long what a kernel said is kept after the kernel is forgotten."""
    orphan_ttl_seconds: float = 86_400.0
    """How long a kernel lives on that no server is there for, and that says nothing."""
    stop_kernels: bool = False
    """Whether kernels end with the server."""
    policy: KernelPolicy = KernelPolicy()
    """Of kernelspecs that have none of their own."""
    policies: Mapping[str, KernelPolicy] = field(default_factory=dict)
    """By kernelspec."""

    def policy_for(self, kernel_name: str) -> KernelPolicy:
        """What holds for kernels of this kernelspec."""
        return self.policies.get(kernel_name, self.policy)

    @property
    def all_policies(self) -> tuple[KernelPolicy, ...]:
        """The one of most kernelspecs, and those that some have of their own."""
        return (self.policy, *self.policies.values())


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """How many sessions there may be."""

    session_limit: int = 100_000
    """Of all owners together."""


@dataclass(frozen=True, slots=True)
class RpcConfig:
    """Where the server listens, and what it lets through."""

    host: str = "127.0.0.1"
    port: int = 8890
    """0: any free one."""
    tls_cert: Path | None = None
    """PEM; with `tls_key` the server speaks TLS."""
    tls_key: Path | None = None
    max_request_bytes: int = 8 * 1024 * 1024
    """Above what any field may have, so that its own limit is what a caller is told."""
    max_response_bytes: int = 64 * 1024 * 1024
    pending_limit: int = 100_000
    """How many calls may wait to be taken up; more are cancelled."""
    stream_limit: int = 1000
    """How many streams one caller may have open."""
    keepalive_seconds: float = 15.0
    """After how long without an event a stream says that it is alive."""
    stop_grace_seconds: float = 3.0
    """How long calls under way may go on when the server stops."""


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """Where browsers are served, what they may send, and whose pages may ask."""

    host: str = "127.0.0.1"
    port: int = 8889
    """0: any free one."""
    base_url: str = "/"
    """What all addresses begin with; it begins and ends with "/"."""
    tls_cert: Path | None = None
    """PEM; with `tls_key` the gateway speaks TLS."""
    tls_key: Path | None = None
    allow_origin: str = ""
    """The origin whose pages may ask, besides our own; "*": any."""
    allow_origin_pat: str = ""
    """A regular expression of origins whose pages may ask; used where `allow_origin` is empty."""
    allow_credentials: bool = False
    """Whether those pages may send cookies."""
    local_hostnames: tuple[str, ...] = ("localhost",)
    """Names of this machine that a browser may use, where the gateway is on a loopback address."""
    root_dir: Path | None = None
    """Where kernels may be told to start: in it or below; None: wherever the server lets them."""
    kernel_env: frozenset[str] = frozenset()
    """Variables that a request may give a new kernel, besides those called KERNEL_…."""
    max_body_bytes: int = 8 * 1024 * 1024
    """Of a request."""
    max_frame_bytes: int = 10 * 1024 * 1024
    """Of a WebSocket message from a browser."""
    ping_seconds: float = 30.0
    """How often a WebSocket is asked whether it is alive."""
    pong_seconds: float = 90.0
    """How long it may take to answer."""
    stop_grace_seconds: float = 3.0
    """How long requests under way may go on when the gateway stops."""


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of a server."""

    token: str | None = field(repr=False)
    """None: the one that is kept in the data folder, and made there the first time."""
    root_dir: Path
    """Where documents are; kernels start in it or below."""
    data_dir: Path | None
    """Where the database is. None: in a temporary folder that ends with the server."""
    rpc: RpcConfig = RpcConfig()
    gateway: GatewayConfig | None = None
    """None: browsers are not served."""
    kernels: KernelConfig = KernelConfig()
    sessions: SessionConfig = SessionConfig()
