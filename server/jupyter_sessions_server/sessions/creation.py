"""What a caller who creates a session wants, and whether a session that exists is that."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from jupyter_sessions_server.errors import SessionAlreadyExists, SessionKernelMismatch
from jupyter_sessions_server.model import IfExists, Kernel, KernelId, Owner, Session, SessionId
from jupyter_sessions_server.ports import NewRequest
from jupyter_sessions_server.sessions.kernel_manager import KernelManager

REQUESTS_KEPT_MS = 24 * 3600 * 1000
"""How long a request id is remembered."""


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to be."""

    owner: Owner
    path: str
    name: str | None
    type: str
    kernel_name: str
    kernel_id: KernelId | None
    session_id: SessionId | None
    env: Mapping[str, str]
    cwd: str | None
    labels: Mapping[str, str]
    if_exists: IfExists

    def request(self, request_id: str, now_ms: int) -> NewRequest | None:
        """The request as a retry is known by, if it has an id."""
        if not request_id:
            return None
        mappings = (sorted(self.env.items()), sorted(self.labels.items()))
        plain = (
            self.path, self.name, self.type, self.kernel_name, self.kernel_id, self.session_id,
            self.cwd, self.if_exists.name,
        )  # fmt: skip
        fingerprint = hashlib.sha256(repr((plain, mappings)).encode("utf-8")).hexdigest()
        return NewRequest(request_id, fingerprint, since_ms=now_ms - REQUESTS_KEPT_MS)


class Creation(NamedTuple):
    """The session, and whether this request created it."""

    session: Session
    created: bool


class Deletion(NamedTuple):
    """The revision of a deletion, and the session's kernel as it was after it."""

    revision: int
    kernel: Kernel


async def require_acceptable(existing: Session, new: NewSession, kernels: KernelManager) -> None:
    """Raise unless the session that has the path will do for the one that was wanted."""
    if new.if_exists is IfExists.FAIL or new.session_id not in (None, existing.session_id):
        raise SessionAlreadyExists(existing)
    if new.if_exists is IfExists.RETURN_ANY:
        return
    kernel = kernels.kernel(existing.kernel_id)
    if new.kernel_id not in (None, kernel.kernel_id):
        raise SessionKernelMismatch(existing, kernel)
    if new.kernel_name not in ("", kernel.kernel_name):
        spec = await kernels.get_spec(new.kernel_name)  # the name may be another one for the same
        if spec.kernel_name != kernel.kernel_name:
            raise SessionKernelMismatch(existing, kernel)
