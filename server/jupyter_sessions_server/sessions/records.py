"""What is pending: which session is getting, or losing, which kernel.

Records are equal if they share a kernel, or a session that has no other kernel. That is not
transitive, so they cannot be hashed. jupyter_server's session manager compares them so.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from jupyter_sessions_server.errors import KernelSessionRecordConflict
from jupyter_sessions_server.model import KernelId, SessionId


@dataclass(eq=False)
class KernelSessionRecord:
    """A session and its kernel, either of them possibly not known yet."""

    session_id: SessionId | None = None
    kernel_id: KernelId | None = None

    __hash__ = None  # type: ignore[assignment] # equality is not transitive

    def __eq__(self, other: object) -> bool:
        """Whether both are about one thing; raises KernelSessionRecordConflict if they differ."""
        if not isinstance(other, KernelSessionRecord):
            return False
        same_kernel = self.kernel_id is not None and self.kernel_id == other.kernel_id
        same_session = self.session_id is not None and self.session_id == other.session_id
        if same_session and not same_kernel and None not in (self.kernel_id, other.kernel_id):
            raise _conflict(self, other)
        return same_kernel or same_session

    def update(self, other: object) -> None:
        """Take over what the other record knows.

        A kernel may change its session; a session may not change its kernel. Raises TypeError if
        the other is no record, and KernelSessionRecordConflict if the kernels differ.
        """
        if not isinstance(other, KernelSessionRecord):
            message = f"a KernelSessionRecord is updated from another one, not from {other!r}"
            raise TypeError(message)
        if None not in (self.kernel_id, other.kernel_id) and self.kernel_id != other.kernel_id:
            raise _conflict(self, other)
        self.kernel_id = other.kernel_id or self.kernel_id
        self.session_id = other.session_id or self.session_id


def _conflict(one: object, other: object) -> KernelSessionRecordConflict:
    return KernelSessionRecordConflict(f"one session has one kernel, not two: {one} and {other}")


class KernelSessionRecordList:
    """The records of what is pending, in the order in which it began."""

    def __init__(self, *records: KernelSessionRecord) -> None:
        self._records: list[KernelSessionRecord] = []
        for record in records:
            self.update(record)

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[KernelSessionRecord]:
        return iter(self._records)

    def __contains__(self, key: object) -> bool:
        """Whether a record is there, given as such, or by its session id or kernel id."""
        return self._find(key) is not None

    def get(self, key: KernelSessionRecord | str) -> KernelSessionRecord:
        """The record that equals this one, or has this session id or kernel id; else ValueError."""
        found = self._find(key)
        if found is None:
            message = f"{key!r} is not pending"
            raise ValueError(message)
        return found

    def add(self, record: KernelSessionRecord) -> None:
        """Add the record, and leave one that equals it as it is."""
        self._records.append(record)

    def update(self, record: KernelSessionRecord) -> None:
        """Merge the record into the one that equals it, or add it."""
        found = self._find(record)
        if found is None:
            self._records.append(record)
        elif found is not record:
            found.update(record)

    def remove(self, record: KernelSessionRecord) -> None:
        """Take out this very record, or else one that equals it, if there is one."""
        for position, present in enumerate(self._records):
            if present is record:
                del self._records[position]
                return
        found = self._find(record)
        if found is not None:
            self._records = [present for present in self._records if present is not found]

    def _find(self, key: object) -> KernelSessionRecord | None:
        if isinstance(key, str):
            return next((r for r in self._records if key in (r.session_id, r.kernel_id)), None)
        if isinstance(key, KernelSessionRecord):
            return next((r for r in self._records if r == key), None)
        return None
