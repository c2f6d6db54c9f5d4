"""What goes over a front end's connection to a kernel, both ways."""

from collections.abc import Sequence
from dataclasses import dataclass

from jupyter_sessions_server.model import Channel, Gap, Kernel, KernelExit, Message, Request


@dataclass(frozen=True, slots=True)
class Opening:
    """How a front end connects."""

    client_id: str
    from_seq: int | None = None
    """The first record to hear; None: what comes from now on."""
    channels: frozenset[Channel] = frozenset()
    """What to hear; none of them: all."""


@dataclass(frozen=True, slots=True)
class ToKernel:
    """A message of a front end."""

    channel: Channel
    session: str
    """As whom it asks: the kernel's replies name it again."""
    request: Request


@dataclass(frozen=True, slots=True)
class Opened:
    """The front end is connected."""

    kernel: Kernel
    client_id: str
    next_seq: int


@dataclass(frozen=True, slots=True)
class Heard:
    """The kernel said this; nothing, if only the place to resume has moved on."""

    messages: Sequence[Message]
    next_seq: int


@dataclass(frozen=True, slots=True)
class Missed:
    """Records are missing."""

    gap: Gap
    next_seq: int


@dataclass(frozen=True, slots=True)
class Changed:
    """A process of the kernel was started, or has ended; the kernel as it is."""

    kernel: Kernel
    next_seq: int
    exit: KernelExit | None
    """How it ended; None if it was started."""


ChannelEvent = Opened | Heard | Missed | Changed
"""Each has the place to resume after it."""
