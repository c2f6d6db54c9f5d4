"""Which sessions a list shows, in which order, and where a page ends."""

from collections.abc import Callable, Iterable, Sequence

from jupyter_sessions_server.model import (
    Kernel,
    KernelId,
    Session,
    SessionFilter,
    SessionOrder,
)

Position = int | str
"""Where a page ended: the last session's `create_revision`, or in an order by path its path."""

EVERYTHING = SessionFilter()


def position_of(session: Session, order: SessionOrder) -> Position:
    """Where a page that ends with this session ends."""
    return session.path if order in _BY_PATH else session.create_revision


def select(
    sessions: Sequence[Session],
    filter_: SessionFilter,
    order: SessionOrder,
    after: Position | None,
    kernel_of: Callable[[KernelId], Kernel],
) -> Sequence[Session]:
    """Of the sessions, given in order of creation, those that pass and come after the position."""
    chosen = sessions
    if filter_ != EVERYTHING:
        chosen = [session for session in sessions if matches(session, filter_, kernel_of)]
    if order in _BY_PATH:
        chosen = sorted(chosen, key=lambda session: session.path.encode())
    if order in _DESCENDING:
        chosen = chosen[::-1]
    return chosen if after is None else list(_from(chosen, order, after))


_BY_PATH = frozenset({SessionOrder.PATH, SessionOrder.PATH_DESC})
_DESCENDING = frozenset({SessionOrder.CREATED_DESC, SessionOrder.PATH_DESC})


def _from(sessions: Sequence[Session], order: SessionOrder, after: Position) -> Iterable[Session]:
    """Those beyond the position; where it is, no session need be any more."""
    keys = (_key(position_of(session, order)) for session in sessions)
    limit = _key(after)
    for session, key in zip(sessions, keys, strict=True):
        if (key < limit) if order in _DESCENDING else (key > limit):
            yield session


def _key(position: Position) -> tuple[int, bytes]:
    return (position, b"") if isinstance(position, int) else (0, position.encode())


def matches(
    session: Session, filter_: SessionFilter, kernel_of: Callable[[KernelId], Kernel]
) -> bool:
    """Whether the session passes the filter."""
    return (
        session.path.startswith(filter_.path_prefix)
        and filter_.type in ("", session.type)
        and filter_.kernel_id in (None, session.kernel_id)
        and filter_.labels.items() <= session.labels.items()
        and (
            not filter_.kernel_states or kernel_of(session.kernel_id).state in filter_.kernel_states
        )
    )
