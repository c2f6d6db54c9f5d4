"""EncodedSessions: sessions as bytes, made once and joined into many answers.

`Session session = 1` or `repeated Session sessions = 1` is the first field of every answer that
carries sessions, so the bytes of that field are an answer, or a piece of one: protobuf messages
that are joined are merged.
"""

from collections.abc import Hashable
from typing import Any

from jupyter_sessions_server.model import Kernel, KernelId, Owner, Session, SessionId
from jupyter_sessions_server.rpc.convert import kernel_to_pb, session_to_pb

Encoded = Any
"""An answer as bytes, where generated code wants a message; the guard sends either."""

_FIELD_1 = b"\x0a"
"""Field number 1, length-delimited: an answer's session."""
_FIELD_7 = b"\x3a"
"""Field number 7, length-delimited: a session's kernel."""


class EncodedSessions:
    """A cache of sessions' and kernels' bytes: they are good for the very same objects.

    They are kept apart, since a kernel changes often, and many sessions may have it.
    """

    def __init__(self) -> None:
        self._sessions: dict[SessionId, tuple[Session, bytes]] = {}
        self._kernels: dict[KernelId, tuple[Kernel, bytes]] = {}

    def __len__(self) -> int:
        """How many sessions and kernels are kept."""
        return len(self._sessions) + len(self._kernels)

    def field(self, session: Session, kernel: Kernel) -> bytes:
        """The session, with its kernel, as field 1 of an answer."""
        present = self._sessions.get(session.session_id)
        if present is None or present[0] is not session:
            present = session, session_to_pb(session).SerializeToString()
            self._sessions[session.session_id] = present
        running = self._kernels.get(kernel.kernel_id)
        if running is None or running[0] is not kernel:
            running = kernel, _delimited(_FIELD_7, kernel_to_pb(kernel).SerializeToString())
            self._kernels[kernel.kernel_id] = running
        return _delimited(_FIELD_1, present[1] + running[1])

    def forget(self, session_id: SessionId, kernel_id: KernelId) -> None:
        """Drop what is kept of a session that was deleted, and of its kernel."""
        self._sessions.pop(session_id, None)
        self._kernels.pop(kernel_id, None)


class LastLists:
    """Each owner's last list: many ask for the same again and again, and little changes."""

    def __init__(self) -> None:
        self._lists: dict[Owner, tuple[Hashable, bytes]] = {}

    def get(self, owner: Owner, key: Hashable) -> bytes | None:
        """The answer that was kept under an equal key."""
        kept = self._lists.get(owner)
        return kept[1] if kept is not None and kept[0] == key else None

    def keep(self, owner: Owner, key: Hashable, answer: bytes) -> bytes:
        """Keep the answer, instead of the one before. The key tells all that it depends on."""
        self._lists[owner] = key, answer
        return answer


def _delimited(field: bytes, content: bytes) -> bytes:
    return field + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    """Protobuf's encoding of an unsigned number: seven bits a byte, the lowest first."""
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    digits.append(number)
    return bytes(digits)
