"""/api/kernels: kernels as Jupyter's REST API has them. One that is gone for good is not there."""

import os
import posixpath
import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from grpc.aio import AioRpcError

from jupyter_sessions.v1 import kernels_pb2 as pb
from jupyter_sessions_server.gateway.http_errors import (
    HttpError,
    error_info_of,
    kernel_error,
    reason_of,
)
from jupyter_sessions_server.gateway.jupyter_json import ID, LIVE_STATES, encoded, kernel_model
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
_LIST_ALL: Final = pb.ListKernelsRequest(states=LIVE_STATES, page_size=1000)
_MOST_ID_LETTERS = 64
_WORKING_DIR = "KERNEL_WORKING_DIR"


async def list_kernels(call: Call) -> Reply:
    """GET /api/kernels: all, those of sessions included, in order of creation."""

    async def page(token: str) -> Page:
        request = _LIST_ALL
        if token:
            request = pb.ListKernelsRequest(page_token=token)
            request.MergeFrom(_LIST_ALL)
        return _page(await call.rest.list_kernels(request, metadata=call.metadata))

    return await all_pages(page)


@lru_cache(maxsize=16)
def _page(raw: bytes) -> Page:
    page = pb.ListKernelsResponse.FromString(raw)
    models = [kernel_model(each) for each in page.kernels]
    return Page(found(encoded(models)), page.next_page_token)


async def get_kernel(call: Call) -> Reply:
    """GET /api/kernels/ID."""
    kernel_id = call.path_param("kernel_id")
    try:
        raw = await call.rest.get_kernel(
            pb.GetKernelRequest(kernel_id=kernel_id), metadata=call.metadata
        )
    except AioRpcError as error:
        raise _as_not_found(error, kernel_id) from error
    reply = _reply_to_get(raw)
    if reply is None:
        raise _not_found(kernel_id)
    return reply


@lru_cache(maxsize=4096)
def _reply_to_get(raw: bytes) -> Reply | None:
    """The kernel of a GetKernelResponse; None if it is gone."""
    kernel = pb.GetKernelResponse.FromString(raw).kernel
    return None if _is_gone(kernel) else found(encoded(kernel_model(kernel)))


def _is_gone(kernel: pb.Kernel) -> bool:
    return kernel.state == pb.KERNEL_STATE_DEAD


def _not_found(kernel_id: str) -> HttpError:
    return HttpError(404, f"Kernel does not exist: {kernel_id}")


def _as_not_found(error: AioRpcError, kernel_id: str) -> AioRpcError | HttpError:
    """Jupyter's words, if that is the error."""
    gone = reason_of(error) in ("KERNEL_NOT_FOUND", "KERNEL_DEAD")
    return _not_found(kernel_id) if gone else error


def unknown_kernel_name(kernel_name: str) -> HttpError:
    """No kernelspec has the name: Jupyter's words."""
    text = (
        f"The '{kernel_name}' kernel is not available. Please pick another suitable kernel "
        "instead, or install that kernel."
    )
    return kernel_error(501, text, f"{kernel_name} not found")


def require_addressable(kernel_id: str) -> str:
    """The id; raises HttpError for one that no address can have."""
    if len(kernel_id) > _MOST_ID_LETTERS or re.fullmatch(ID, kernel_id) is None:
        raise HttpError(400, f"Kernel id is not of the form A-B-C-D-E: {kernel_id}")
    return kernel_id


async def find_live_kernel(call: Call, kernel_id: str) -> pb.Kernel | None:
    """The kernel of this id, if there is one and it is not gone."""
    request = pb.GetKernelRequest(kernel_id=kernel_id)
    try:
        answer = await call.rest.service.kernels.GetKernel(request, metadata=call.metadata)
    except AioRpcError as error:
        if reason_of(error) == "KERNEL_NOT_FOUND":
            return None
        raise
    kernel: pb.Kernel = answer.kernel
    return None if _is_gone(kernel) else kernel


async def restart_dead(call: Call, kernel_id: str) -> None:
    """Start the kernel again if it is dead still; nothing if it is forgotten meanwhile."""
    request = pb.RestartKernelRequest(kernel_id=kernel_id, only_if_dead=True)
    try:
        await call.rest.service.kernels.RestartKernel(request, metadata=call.metadata)
    except AioRpcError as error:
        if reason_of(error) != "KERNEL_NOT_FOUND":
            raise


async def start_kernel(call: Call) -> Reply:
    """POST /api/kernels: a new kernel, or the one that runs under the id asked for."""
    config = call.rest.config
    request = _request_from_json(await call.json_object() or {}, config.kernel_env, config.root_dir)
    kernel = await _find_or_start(call, request)
    location = call.url("api/kernels", kernel.kernel_id)
    headers = ((b"location", location.encode("latin-1")),)
    return Reply(201, encoded(kernel_model(kernel)), headers=headers)


def _request_from_json(
    body: JsonObject, allowed_env: Collection[str], root_dir: Path | None
) -> pb.StartKernelRequest:
    kernel_id = text_in(body, "kernel_id") or ""
    request = pb.StartKernelRequest(
        kernel_name=text_in(body, "name") or "",
        kernel_id=kernel_id and require_addressable(kernel_id),
        path=(text_in(body, "path") or "").lstrip("/"),
        env=_env_from_json(body, allowed_env),
    )
    directory = request.env.get(_WORKING_DIR, "")
    if not request.path and directory.startswith("/"):
        if root_dir is None:
            request.cwd = directory
        else:
            request.path = _below(root_dir, directory)
    return request


def _env_from_json(body: JsonObject, allowed: Collection[str]) -> Mapping[str, str]:
    """What a client may set: KERNEL_…, as with Jupyter's Kernel Gateway, and what is allowed."""
    env = object_in(body, "env") or {}
    names = [name for name in env if name.startswith("KERNEL_") or name in allowed]
    return {name: value for name in names if (value := text_in(env, name)) is not None}


def _below(root_dir: Path, directory: str) -> str:
    """The directory relative to the root; the root itself if it is elsewhere.

    Links are not followed here: the service does, and lets none lead out of the root.
    """
    path = Path(posixpath.normpath(directory))
    for root in (root_dir, Path(os.path.realpath(root_dir))):
        if path.is_relative_to(root):
            return "/".join(path.relative_to(root).parts)
    return ""


async def _find_or_start(call: Call, request: pb.StartKernelRequest) -> pb.Kernel:
    for _ in range(_ATTEMPTS):
        if request.kernel_id:
            running = await find_live_kernel(call, request.kernel_id)
            if running is not None:
                return running
        try:
            answer = await call.rest.service.kernels.StartKernel(request, metadata=call.metadata)
        except AioRpcError as error:
            await _mend(call, request, error)
            continue
        kernel: pb.Kernel = answer.kernel
        return kernel
    raise HttpError(409, f"Kernel keeps changing: {request.kernel_id}")


async def _mend(call: Call, request: pb.StartKernelRequest, error: AioRpcError) -> None:
    """Do what makes the next attempt succeed; raises if nothing does."""
    reason = reason_of(error)
    if reason == "KERNEL_DEAD":
        await restart_dead(call, request.kernel_id)
    elif reason == "FIELD_INVALID" and error_info_of(error).metadata["field"] == "cwd":
        request.cwd = ""  # no such directory: then where the service starts kernels
    elif reason == "KERNELSPEC_NOT_FOUND":
        raise unknown_kernel_name(request.kernel_name) from error
    elif reason != "KERNEL_ALREADY_EXISTS":  # it runs: it is found next
        raise error


async def delete_kernel(call: Call) -> Reply:
    """DELETE /api/kernels/ID: its process has ended when this returns."""
    kernel_id = call.path_param("kernel_id")
    if await find_live_kernel(call, kernel_id) is None:
        raise _not_found(kernel_id)
    request = pb.ShutDownKernelRequest(kernel_id=kernel_id)
    try:
        await call.rest.service.kernels.ShutDownKernel(request, metadata=call.metadata)
    except AioRpcError as error:
        raise _as_not_found(error, kernel_id) from error
    return NO_CONTENT


async def interrupt_kernel(call: Call) -> Reply:
    """POST /api/kernels/ID/interrupt."""
    kernel_id = call.path_param("kernel_id")
    request = pb.InterruptKernelRequest(kernel_id=kernel_id)
    try:
        await call.rest.service.kernels.InterruptKernel(request, metadata=call.metadata)
    except AioRpcError as error:
        raise _as_not_found(error, kernel_id) from error
    return NO_CONTENT


async def restart_kernel(call: Call) -> Reply:
    """POST /api/kernels/ID/restart: also one that is dead, if a session still has it."""
    kernel_id = call.path_param("kernel_id")
    request = pb.RestartKernelRequest(kernel_id=kernel_id)
    try:
        answer = await call.rest.service.kernels.RestartKernel(request, metadata=call.metadata)
    except AioRpcError as error:
        if reason_of(error) in ("KERNEL_START_FAILED", "KERNELSPEC_NOT_FOUND"):
            raise HttpError(500, "Exception restarting kernel") from error
        raise _as_not_found(error, kernel_id) from error
    return Reply(200, encoded(kernel_model(answer.kernel)))
