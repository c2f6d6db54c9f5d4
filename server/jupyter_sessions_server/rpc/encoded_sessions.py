"""EncodedSessions: sessions as bytes, made once and joined into many answers.

`Session session = 1` or `repeated Session sessions = 1` is the first field of every answer that
carries sessions, so the bytes of that field are an answer, or a piece of one: protobuf messages
that are joined are merged.
"""

from collections.abc import Callable, Iterable
from typing import Any

from jupyter_sessions_server.model import Kernel, KernelId, Session, SessionId
from jupyter_sessions_server.rpc.convert import session_to_pb

Encoded = Any
"""An answer as bytes, where generated code wants a message; the guard sends either."""

_FIELD_1 = b"\x0a"
"""Field number 1, length-delimited."""


class EncodedSessions:
    """A cache: an entry is good as long as both session and kernel are the very same objects."""

    def __init__(self) -> None:
        self._entries: dict[SessionId, tuple[Session, Kernel, bytes]] = {}

    def field(self, session: Session, kernel: Kernel) -> bytes:
        """The session as field 1 of an answer."""
        entry = self._entries.get(session.session_id)
        if entry is not None and entry[0] is session and entry[1] is kernel:
            return entry[2]
        encoded = session_to_pb(session, kernel).SerializeToString()
        field = _FIELD_1 + _varint(len(encoded)) + encoded
        self._entries[session.session_id] = (session, kernel, field)
        return field

    def fields(
        self, sessions: Iterable[Session], kernel_of: Callable[[Session], Kernel], most_bytes: int
    ) -> list[bytes]:
        """The first sessions as fields 1 of an answer: as many as it can hold, and at least one.

        Written out, since it is what a list costs for each of its sessions.
        """
        fields: list[bytes] = []
        kernels: dict[KernelId, Kernel] = {}
        room = most_bytes
        for session in sessions:
            kernel = kernels.get(session.kernel_id)
            if kernel is None:
                kernel = kernels[session.kernel_id] = kernel_of(session)
            entry = self._entries.get(session.session_id)
            if entry is not None and entry[0] is session and entry[1] is kernel:
                field = entry[2]
            else:
                field = self.field(session, kernel)
            room -= len(field)
            if room < 0 and fields:
                break
            fields.append(field)
        return fields

    def forget(self, session_id: SessionId) -> None:
        """Drop the entry of a session that was deleted."""
        self._entries.pop(session_id, None)


def _varint(number: int) -> bytes:
    """Protobuf's encoding of an unsigned number: seven bits a byte, the lowest first."""
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    digits.append(number)
    return bytes(digits)
