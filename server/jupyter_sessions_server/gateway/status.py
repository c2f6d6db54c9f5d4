"""/api, /api/status, /api/me and the description of the API: which server, how busy, who asks."""

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

import orjson

from jupyter_sessions import __version__
from jupyter_sessions.v1 import kernels_pb2
from jupyter_sessions.v1.identity_pb2 import GetIdentityRequest
from jupyter_sessions_server.gateway.http_errors import HttpError
from jupyter_sessions_server.gateway.jupyter_json import LIVE_STATES, encoded
from jupyter_sessions_server.gateway.requests import Call, Reply, etag_of, found

_BAD_PERMISSIONS = 'permissions should be a JSON dict of {{"resource": ["action",]}}, got {!r}'


async def get_version(call: Call) -> Reply:
    """GET /api: for everybody."""
    return found(encoded({"version": __version__}))


async def get_status(call: Call) -> Reply:
    """GET /api/status: how many kernels and connections, and when anything was last done."""
    request = kernels_pb2.ListKernelsRequest(states=LIVE_STATES, page_size=1000)
    kernels: list[kernels_pb2.Kernel] = []
    while True:
        answer = await call.rest.service.kernels.ListKernels(request, metadata=call.metadata)
        kernels.extend(answer.kernels)
        if not answer.next_page_token:
            break
        request.page_token = answer.next_page_token
    activity = call.rest.activity
    used = (each.last_activity_time for each in kernels)
    last = max([activity.last, *(each.seconds + each.nanos / 1e9 for each in used)])
    status = {
        "connections": sum(each.connection_count for each in kernels),
        "kernels": len(kernels),
        "last_activity": _time_text(last),
        "started": _time_text(activity.started),
    }
    return found(encoded(status))


def _time_text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


async def get_me(call: Call) -> Reply:
    """GET /api/me: who asks, and which of the actions they name they may do."""
    owner = await _owner(call)
    permissions: dict[str, list[str]] = {**_asked_permissions(call), "updatable_fields": []}
    return found(encoded({"identity": _identity(owner), "permissions": permissions}))


def _asked_permissions(call: Call) -> dict[str, list[str]]:
    """All that is asked for: whoever has a token may do with what is theirs as they like."""
    text = call.argument("permissions")
    if not text:
        return {}
    refusal = HttpError(400, _BAD_PERMISSIONS.format(text))
    try:
        asked = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise refusal from error
    if not isinstance(asked, dict):
        raise refusal
    for actions in asked.values():
        if not isinstance(actions, list) or not all(isinstance(each, str) for each in actions):
            raise refusal
    return asked


async def update_me(call: Call) -> Reply:
    """PATCH /api/me: nothing about a caller can be changed here."""
    body = await call.json_object()
    if not body:
        raise HttpError(400, "Invalid or missing JSON body")
    raise HttpError(400, f"Field {next(iter(body))} is not updatable")


async def _owner(call: Call) -> str:
    answer = await call.rest.service.identity.GetIdentity(
        GetIdentityRequest(), metadata=call.metadata
    )
    owner: str = answer.identity.owner
    return owner


def _identity(owner: str) -> dict[str, str | None]:
    return {
        "username": owner,
        "name": owner,
        "display_name": owner,
        "initials": owner[:1].upper(),
        "avatar_url": None,
        "color": None,
    }


async def get_spec(call: Call) -> Reply:
    """GET /api/spec.yaml: what is served here, as OpenAPI describes it."""
    await _owner(call)
    return _spec()


@cache
def _spec() -> Reply:
    body = files(__package__).joinpath("openapi.yaml").read_bytes()
    return Reply(200, body, b"text/x-yaml", etag=etag_of(body))
