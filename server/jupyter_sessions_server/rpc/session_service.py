"""SessionService: check, call the manager, convert; nothing else."""

from collections.abc import Sequence
from typing import Any

from jupyter_sessions.v1 import sessions_pb2 as pb
from jupyter_sessions.v1 import sessions_pb2_grpc
from jupyter_sessions_server.errors import InvalidField
from jupyter_sessions_server.model import KernelId, Owner, Session, SessionId, SessionOrder
from jupyter_sessions_server.rpc import check, page_token
from jupyter_sessions_server.rpc.authentication import caller
from jupyter_sessions_server.rpc.convert import (
    DISPOSITION_FROM_PB,
    IF_EXISTS_FROM_PB,
    ORDER_FROM_PB,
    enum_from_pb,
    kernel_to_pb,
    session_filter_from_pb,
)
from jupyter_sessions_server.rpc.encoded_sessions import Encoded, EncodedSessions, LastLists
from jupyter_sessions_server.rpc.unserved import unserved
from jupyter_sessions_server.sessions.listing import position_of
from jupyter_sessions_server.sessions.manager import SessionManager
from jupyter_sessions_server.sessions.update import UNSET

DEFAULT_PAGE_SIZE = 500
MAX_PAGE_SIZE = 5000
MAX_PAGE_BYTES = 3 * 1024 * 1024
"""Below the 4 MiB a gRPC client takes by default."""

UPDATABLE = frozenset({"path", "name", "type", "labels", "kernel.kernel_id", "kernel.kernel_name"})

_GET_KEYS = ("session_id", "path", "name", "type", "kernel_id")


class SessionService(sessions_pb2_grpc.SessionServiceServicer):
    """Answers that carry sessions are bytes, joined from cached ones."""

    def __init__(self, sessions: SessionManager) -> None:
        self._sessions = sessions
        self._encoded = EncodedSessions()
        self._last_lists = LastLists()

    def _field(self, session: Session) -> bytes:
        return self._encoded.field(session, self._sessions.kernel_of(session))

    async def CreateSession(self, request: pb.CreateSessionRequest, context: Any) -> Encoded:
        """Open a session, or return the one that is open."""
        check_create(request)
        owner = caller()
        by_id = request.WhichOneof("kernel") == "kernel_id"
        creation = await self._sessions.create_session(
            request.path,
            name=request.name if request.HasField("name") else None,
            type=request.type or "notebook",
            kernel_name=request.fallback_kernel_name if by_id else request.kernel_name,
            kernel_id=KernelId(request.kernel_id) if by_id else None,
            session_id=SessionId(request.session_id) if request.session_id else None,
            env=request.env,
            cwd=request.cwd or None,
            labels=request.labels,
            request_id=request.request_id,
            if_exists=IF_EXISTS_FROM_PB[request.if_exists],
            owner=owner,
        )
        session, kernel = creation.session, self._sessions.kernel_of(creation.session)
        if request.wait_ready:
            kernel = await self._sessions.kernel_manager.settled(owner, session.kernel_id)
        rest = pb.CreateSessionResponse(created=creation.created)
        return self._encoded.field(session, kernel) + rest.SerializeToString()

    async def GetSession(self, request: pb.GetSessionRequest, context: Any) -> Encoded:
        """Find one session."""
        keys = {key: getattr(request, key) for key in _GET_KEYS if request.HasField(key)}
        if not keys:
            raise InvalidField("request", f"one of {', '.join(_GET_KEYS)} is required")
        for key, value in keys.items():
            check.text(key, value, check.MAX_PATH_BYTES)
        owner = caller()
        session = await self._sessions.get_session(**keys, owner=owner)
        if await self._sessions.kernel_manager.caught_up(session.kernel_id):
            session = await self._sessions.get_session(**keys, owner=owner)
        return self._field(session)

    async def SessionExists(
        self, request: pb.SessionExistsRequest, context: Any
    ) -> pb.SessionExistsResponse:
        """Tell whether a path has a session."""
        path = check.path("path", request.path)
        exists = await self._sessions.session_exists(path, owner=caller())
        return pb.SessionExistsResponse(exists=exists)

    async def ListSessions(self, request: pb.ListSessionsRequest, context: Any) -> Encoded:
        """List sessions, page by page."""
        owner = caller()
        asked = request.SerializeToString(deterministic=True)
        version = self._sessions.kernel_manager.version
        key = (asked, await self._sessions.revision(), version)
        answer = self._last_lists.get(owner, key)
        return answer or self._last_lists.keep(owner, key, await self._list(owner, request))

    async def _list(self, owner: Owner, request: pb.ListSessionsRequest) -> bytes:
        order = enum_from_pb("order_by", request.order_by, ORDER_FROM_PB)
        filter_ = session_filter_from_pb(request.filter)
        size = check.page_size(request.page_size, default=DEFAULT_PAGE_SIZE, most=MAX_PAGE_SIZE)
        seal = page_token.fingerprint(
            owner.encode(),
            order.name.encode(),
            request.filter.SerializeToString(deterministic=True),
        )
        kind = str if order in (SessionOrder.PATH, SessionOrder.PATH_DESC) else int
        after = page_token.read(request.page_token, seal, kind)
        if request.filter.owner not in ("", owner):
            size = 0  # there are none that this caller can see
        page = await self._sessions.list_sessions(
            owner=owner, filter=filter_, order=order, after=after, limit=size
        )
        fields = self._fields_of_page(page.sessions)
        rest = pb.ListSessionsResponse(revision=page.revision)
        if fields and (page.more or len(fields) < len(page.sessions)):
            last = page.sessions[len(fields) - 1]
            rest.next_page_token = page_token.write(position_of(last, order), seal)
        return b"".join(fields) + rest.SerializeToString()

    def _fields_of_page(self, sessions: Sequence[Session]) -> list[bytes]:
        """As many of the sessions as an answer can hold, and at least one."""
        fields: list[bytes] = []
        room = MAX_PAGE_BYTES
        for session in sessions:
            field = self._field(session)
            room -= len(field)
            if room < 0 and fields:
                break
            fields.append(field)
        return fields

    async def UpdateSession(self, request: pb.UpdateSessionRequest, context: Any) -> Encoded:
        """Change the fields that the mask names."""
        mask = check_update(request)
        new = request.session
        name = new.name if new.HasField("name") else None
        session = await self._sessions.update_session(
            SessionId(new.session_id),
            path=new.path if "path" in mask else UNSET,
            name=name if "name" in mask else UNSET,
            type=new.type if "type" in mask else UNSET,
            labels=new.labels if "labels" in mask else UNSET,
            kernel_id=KernelId(new.kernel.kernel_id) if "kernel.kernel_id" in mask else UNSET,
            kernel_name=new.kernel.kernel_name if "kernel.kernel_name" in mask else UNSET,
            expected_revision=check.not_negative("expected_revision", request.expected_revision),
            previous_kernel=DISPOSITION_FROM_PB[request.previous_kernel],
            owner=caller(),
        )
        return self._field(session)

    async def DeleteSession(
        self, request: pb.DeleteSessionRequest, context: Any
    ) -> pb.DeleteSessionResponse:
        """End a session."""
        session_id = SessionId(check.any_id("session_id", request.session_id))
        deletion = await self._sessions.delete_session(
            session_id,
            kernel=enum_from_pb("kernel", request.kernel, DISPOSITION_FROM_PB),
            expected_revision=check.not_negative("expected_revision", request.expected_revision),
            purge=request.purge,
            owner=caller(),
        )
        self._encoded.forget(session_id, deletion.kernel.kernel_id)
        kernel = kernel_to_pb(deletion.kernel)
        return pb.DeleteSessionResponse(revision=deletion.revision, kernel=kernel)

    WatchSessions = unserved("SessionService.WatchSessions")


def check_create(request: pb.CreateSessionRequest) -> None:
    """Raise InvalidField for what is malformed."""
    check.path("path", request.path)
    check.text("name", request.name, check.MAX_NAME_BYTES)
    check.text("type", request.type, check.MAX_TYPE_BYTES)
    chosen = request.WhichOneof("kernel")
    if chosen == "kernel_name":
        check.kernel_name("kernel_name", request.kernel_name, required=True)
    if chosen == "kernel_id" and check.chosen_id("kernel_id", request.kernel_id) is None:
        raise InvalidField("kernel_id", "is empty")
    if request.fallback_kernel_name and chosen != "kernel_id":
        raise InvalidField("fallback_kernel_name", "is only for a request with kernel_id")
    check.kernel_name("fallback_kernel_name", request.fallback_kernel_name)
    check.chosen_id("session_id", request.session_id)
    check.env("env", request.env)
    check.cwd("cwd", request.cwd)
    check.labels("labels", request.labels)
    check.text("request_id", request.request_id, check.MAX_REQUEST_ID_BYTES)
    enum_from_pb("if_exists", request.if_exists, IF_EXISTS_FROM_PB)


def check_update(request: pb.UpdateSessionRequest) -> frozenset[str]:
    """What to change; raises InvalidField for what is malformed."""
    new, mask = request.session, frozenset(request.update_mask.paths)
    check.any_id("session.session_id", new.session_id)
    enum_from_pb("previous_kernel", request.previous_kernel, DISPOSITION_FROM_PB)
    if not mask:
        raise InvalidField("update_mask", "names no field")
    for unknown in sorted(mask - UPDATABLE):
        raise InvalidField("update_mask", f"names {unknown!r}, which cannot be set")
    if {"kernel.kernel_id", "kernel.kernel_name"} <= mask:
        raise InvalidField("update_mask", "names both kernel.kernel_id and kernel.kernel_name")
    if "path" in mask:
        check.path("session.path", new.path)
    if "name" in mask:
        check.text("session.name", new.name, check.MAX_NAME_BYTES)
    if "type" in mask:
        check.text("session.type", new.type, check.MAX_TYPE_BYTES, required=True)
    if "labels" in mask:
        check.labels("session.labels", new.labels)
    if "kernel.kernel_id" in mask:
        check.any_id("session.kernel.kernel_id", new.kernel.kernel_id)
    if "kernel.kernel_name" in mask:
        check.kernel_name("session.kernel.kernel_name", new.kernel.kernel_name, required=True)
    return mask
