"""/api/sessions: sessions as Jupyter's REST API has them.

A session whose kernel is gone for good is not there for REST, though the contract still shows it.
"""

from functools import lru_cache
from typing import Final

from grpc.aio import AioRpcError

from jupyter_sessions.v1 import kernels_pb2
from jupyter_sessions.v1 import sessions_pb2 as pb
from jupyter_sessions_server.gateway.http_errors import HttpError, kernel_error, reason_of
from jupyter_sessions_server.gateway.jupyter_json import LIVE_STATES, encoded, session_model
from jupyter_sessions_server.gateway.kernels import (
    find_live_kernel,
    require_addressable,
    restart_dead,
    unknown_kernel_name,
)
from jupyter_sessions_server.gateway.requests import (
    NO_CONTENT,
    Call,
    JsonObject,
    Page,
    Reply,
    all_pages,
    found,
    object_in,
    text_in,
)

_ATTEMPTS: Final = 10
"""How often others may come between."""
_LIST_ALL: Final = pb.ListSessionsRequest(
    filter=pb.SessionFilter(kernel_states=LIVE_STATES), page_size=5000
)
_CANNOT_START: Final = frozenset(
    {
        "KERNELSPEC_NOT_FOUND",
        "KERNEL_START_FAILED",
        "KERNEL_LIMIT_REACHED",
        "KERNEL_HOST_UNAVAILABLE",
    }
)


async def list_sessions(call: Call) -> Reply:
    """GET /api/sessions: all, in order of creation."""

    async def page(token: str) -> Page:
        request = _LIST_ALL
        if token:
            request = pb.ListSessionsRequest(page_token=token)
            request.MergeFrom(_LIST_ALL)
        return _page(await call.rest.list_sessions(request, metadata=call.metadata))

    return await all_pages(page)


@lru_cache(maxsize=16)
def _page(raw: bytes) -> Page:
    page = pb.ListSessionsResponse.FromString(raw)
    models = [session_model(each) for each in page.sessions]
    return Page(found(encoded(models)), page.next_page_token)


async def get_session(call: Call) -> Reply:
    """GET /api/sessions/ID."""
    session_id = call.path_param("session_id")
    return await _session_reply(call, session_id)


async def _session_reply(call: Call, session_id: str) -> Reply:
    request = pb.GetSessionRequest(session_id=session_id)
    try:
        raw = await call.rest.get_session(request, metadata=call.metadata)
    except AioRpcError as error:
        raise _as_not_found(error, session_id) from error
    reply = _reply_to_get(raw)
    if reply is None:
        raise _not_found(session_id)
    return reply


@lru_cache(maxsize=4096)
def _reply_to_get(raw: bytes) -> Reply | None:
    """The session of a GetSessionResponse; None if its kernel is gone."""
    session = pb.GetSessionResponse.FromString(raw).session
    return None if _is_gone(session) else found(encoded(session_model(session)))


def _is_gone(session: pb.Session) -> bool:
    return session.kernel.state == kernels_pb2.KERNEL_STATE_DEAD


def _not_found(session_id: str) -> HttpError:
    return HttpError(404, f"Session not found: session_id={session_id!r}")


def _as_not_found(error: AioRpcError, session_id: str) -> AioRpcError | HttpError:
    """Jupyter's words, if that is the error."""
    return _not_found(session_id) if reason_of(error) == "SESSION_NOT_FOUND" else error


async def create_session(call: Call) -> Reply:
    """POST /api/sessions: the session of the path, created if there is none."""
    body = await call.json_object()
    if body is None:
        raise HttpError(400, "No JSON data provided")
    session = await _find_or_create(call, _request_from_json(body))
    location = call.url("api/sessions", session.session_id)
    headers = ((b"location", location.encode("latin-1")),)
    return Reply(201, encoded(session_model(session)), headers=headers)


def _request_from_json(body: JsonObject) -> pb.CreateSessionRequest:
    notebook = object_in(body, "notebook")
    path, type_ = text_in(body, "path"), text_in(body, "type")
    if notebook is not None:  # as clients before Jupyter's first release wrote it
        old_name, old_path = text_in(notebook, "name"), text_in(notebook, "path")
        path = old_name or old_path or path
        type_ = "notebook"
    if path is None:
        raise HttpError(400, "Missing field in JSON data: path")
    if type_ is None:
        raise HttpError(400, "Missing field in JSON data: type")
    kernel = object_in(body, "kernel") or {}
    kernel_id, kernel_name = text_in(kernel, "id"), text_in(kernel, "name")
    request = pb.CreateSessionRequest(
        path=path, name=text_in(body, "name"), type=type_, if_exists=pb.IF_EXISTS_RETURN_ANY
    )
    if kernel_id:
        request.kernel_id = require_addressable(kernel_id)
        request.fallback_kernel_name = kernel_name or ""
    elif kernel_name:
        request.kernel_name = kernel_name
    return request


async def _find_or_create(call: Call, request: pb.CreateSessionRequest) -> pb.Session:
    for _ in range(_ATTEMPTS):
        try:
            answer = await call.rest.service.sessions.CreateSession(request, metadata=call.metadata)
        except AioRpcError as error:
            await _mend(call, request, error)
            continue
        if answer.created or not _is_gone(answer.session):
            session: pb.Session = answer.session
            return session
        await _remove_gone(call, answer.session)
    raise HttpError(409, f"Session keeps changing: {request.path}")


async def _mend(call: Call, request: pb.CreateSessionRequest, error: AioRpcError) -> None:
    """Do what makes the next attempt succeed; raises if nothing does."""
    reason = reason_of(error)
    if reason == "KERNEL_DEAD":
        await restart_dead(call, request.kernel_id)
        return
    if (
        reason in ("KERNEL_ALREADY_EXISTS", "KERNELSPEC_NOT_FOUND")
        and request.fallback_kernel_name
        and await find_live_kernel(call, request.kernel_id) is not None
    ):
        request.fallback_kernel_name = ""  # it runs, whatever it is called
        return
    if reason == "KERNELSPEC_NOT_FOUND":
        raise unknown_kernel_name(request.kernel_name or request.fallback_kernel_name) from error
    raise error


async def _remove_gone(call: Call, session: pb.Session) -> None:
    """Make way for a new session; of several callers one does, who has the present revision."""
    request = pb.DeleteSessionRequest(
        session_id=session.session_id, expected_revision=session.revision
    )
    try:
        await call.rest.service.sessions.DeleteSession(request, metadata=call.metadata)
    except AioRpcError as error:
        if reason_of(error) not in ("SESSION_NOT_FOUND", "REVISION_MISMATCH"):
            raise


async def update_session(call: Call) -> Reply:
    """PATCH /api/sessions/ID: all that is asked for, or nothing."""
    body = await call.json_object()
    if body is None:
        raise HttpError(400, "No JSON data provided")
    session_id = call.path_param("session_id")
    present = await _session_reply(call, session_id)
    request = _update_from_json(session_id, body)
    if not request.update_mask.paths:
        return present._replace(etag=None)
    return Reply(200, encoded(session_model(await _update(call, request))))


def _update_from_json(session_id: str, body: JsonObject) -> pb.UpdateSessionRequest:
    request = pb.UpdateSessionRequest(session=pb.Session(session_id=session_id))
    new, mask = request.session, request.update_mask.paths
    notebook = object_in(body, "notebook") or {}
    if "path" in notebook:
        body = {**body, "path": notebook["path"], "type": "notebook"}
    for field in ("path", "type"):
        if field in body:
            value = text_in(body, field)
            if value is None:
                raise HttpError(400, f"Field in JSON data is null: {field}")
            setattr(new, field, value)
            mask.append(field)
    if "name" in body:
        name = text_in(body, "name")
        if name is not None:
            new.name = name
        mask.append("name")
    kernel = object_in(body, "kernel") or {}
    kernel_id, kernel_name = text_in(kernel, "id"), text_in(kernel, "name")
    if kernel_id is not None:
        new.kernel.kernel_id = kernel_id
        mask.append("kernel.kernel_id")
    elif kernel_name is not None:
        new.kernel.kernel_name = kernel_name
        mask.append("kernel.kernel_name")
    return request


async def _update(call: Call, request: pb.UpdateSessionRequest) -> pb.Session:
    for _ in range(_ATTEMPTS):
        try:
            answer = await call.rest.service.sessions.UpdateSession(request, metadata=call.metadata)
        except AioRpcError as error:
            if await _rival_was_removed(call, request, error):
                continue
            raise _refused_update(request, error) from error
        session: pb.Session = answer.session
        return session
    raise HttpError(409, f"Session keeps changing: {request.session.path}")


async def _rival_was_removed(
    call: Call, request: pb.UpdateSessionRequest, error: AioRpcError
) -> bool:
    """Whether what had the path is there no more: for REST it was not there before."""
    if reason_of(error) != "SESSION_ALREADY_EXISTS":
        return False
    find = pb.GetSessionRequest(path=request.session.path)
    try:
        answer = await call.rest.service.sessions.GetSession(find, metadata=call.metadata)
    except AioRpcError as lookup:
        if reason_of(lookup) == "SESSION_NOT_FOUND":
            return True
        raise
    if not _is_gone(answer.session):
        return False
    await _remove_gone(call, answer.session)
    return True


def _refused_update(
    request: pb.UpdateSessionRequest, error: AioRpcError
) -> AioRpcError | HttpError:
    """Jupyter's words, if it has some for the error."""
    reason, kernel = reason_of(error), request.session.kernel
    if kernel.kernel_id and reason in ("KERNEL_NOT_FOUND", "KERNEL_DEAD"):
        return HttpError(400, f"No such kernel: {kernel.kernel_id}")
    if kernel.kernel_name and reason in _CANNOT_START:
        text = f"The '{kernel.kernel_name}' kernel could not be started: {error.details()!r}"
        return kernel_error(501, text, f"Error starting kernel {kernel.kernel_name}")
    return _as_not_found(error, request.session.session_id)


async def delete_session(call: Call) -> Reply:
    """DELETE /api/sessions/ID: with its kernel, unless another session uses that.

    One whose kernel is gone is removed too, though the answer is that it was not there.
    """
    session_id = call.path_param("session_id")
    find = pb.GetSessionRequest(session_id=session_id)
    try:
        session = (
            await call.rest.service.sessions.GetSession(find, metadata=call.metadata)
        ).session
        request = pb.DeleteSessionRequest(session_id=session_id)
        await call.rest.service.sessions.DeleteSession(request, metadata=call.metadata)
    except AioRpcError as error:
        raise _as_not_found(error, session_id) from error
    if _is_gone(session):
        raise _not_found(session_id)
    return NO_CONTENT
