"""Config: every setting, its default and its unit. Built once, in `__main__`, and handed down."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class KernelConfig:
    """How long kernels may take, and how many there may be."""

    start_seconds: float = 60.0
    """How long a kernel may take from the start of its process to its first answer."""
    stop_grace_seconds: float = 5.0
    """How long it may take to end when asked, before it is killed."""
    kernel_limit: int = 500
    """How many kernels may run at once, of all owners."""
    journal_bytes: int = 64 * 1024 * 1024
    """How much of what a kernel said is kept; the oldest goes first."""


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
    stream_limit: int = 100
    """How many streams one caller may have open."""
    stop_grace_seconds: float = 3.0
    """How long calls under way may go on when the server stops."""


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of a server."""

    token: str = field(repr=False)
    root_dir: Path
    """Where documents are; kernels start in it or below."""
    data_dir: Path | None
    """Where the database is. None: in a temporary folder that ends with the server."""
    rpc: RpcConfig = RpcConfig()
    kernels: KernelConfig = KernelConfig()
    sessions: SessionConfig = SessionConfig()
