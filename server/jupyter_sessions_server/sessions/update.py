"""What is to change of a session."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from jupyter_sessions_server.model import KernelId, Session


class _Unset(enum.Enum):
    UNSET = "UNSET"


Unset = Literal[_Unset.UNSET]
UNSET: Final = _Unset.UNSET
"""A field that stays as it is; None is a value."""


@dataclass(frozen=True, slots=True)
class SessionUpdate:
    """New values for some of a session's fields."""

    path: str | Unset = UNSET
    name: str | Unset | None = UNSET
    type: str | Unset = UNSET
    labels: Mapping[str, str] | Unset = UNSET
    kernel_id: KernelId | Unset = UNSET
    """Attach to this kernel, which must run."""
    kernel_name: str | Unset = UNSET
    """Start a new kernel of this kernelspec."""

    @property
    def changes_kernel(self) -> bool:
        """Whether the session may get another kernel."""
        return self.kernel_id is not UNSET or self.kernel_name is not UNSET

    def apply(self, session: Session) -> Session:
        """The session with the new values, but for a kernel that is yet to be started."""
        return replace(
            session,
            path=session.path if self.path is UNSET else self.path,
            name=session.name if self.name is UNSET else self.name,
            type=session.type if self.type is UNSET else self.type,
            labels=session.labels if self.labels is UNSET else dict(self.labels),
            kernel_id=session.kernel_id if self.kernel_id is UNSET else self.kernel_id,
        )
