"""The routes of the REST API: which function answers what."""

from collections.abc import Sequence
from urllib.parse import unquote

from starlette.convertors import Convertor, register_url_convertor
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from jupyter_sessions_server.gateway import kernels, kernelspecs, sessions, status
from jupyter_sessions_server.gateway.endpoint import Endpoint, Handler
from jupyter_sessions_server.gateway.jupyter_json import ID
from jupyter_sessions_server.gateway.pages import NotFound, TrailingSlash
from jupyter_sessions_server.gateway.requests import Rest


class _Text(Convertor[str]):
    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class IdConvertor(_Text):
    """`{kernel_id:jupyter_id}`: five groups of letters and digits."""

    regex = ID


class KernelNameConvertor(_Text):
    """`{kernel_name:kernel_name}`: what a kernelspec may be called."""

    regex = r"[A-Za-z0-9_.\-%]+"


register_url_convertor("jupyter_id", IdConvertor())
register_url_convertor("kernel_name", KernelNameConvertor())


def rest_routes(rest: Rest) -> list[Route]:
    """Jupyter's REST API; the most frequent requests first."""
    base = unquote(rest.config.base_url)
    session, kernel = "{session_id:jupyter_id}", "{kernel_id:jupyter_id}"
    spec = "{kernel_name:kernel_name}"

    def serve(path: str, **handlers: Handler) -> Route:
        return Route(base + path, Endpoint(rest, handlers, get_verifies=True))

    resource, version = kernelspecs.get_resource, status.get_version
    return [
        serve(
            f"api/sessions/{session}",
            GET=sessions.get_session,
            PATCH=sessions.update_session,
            DELETE=sessions.delete_session,
        ),
        serve("api/sessions", GET=sessions.list_sessions, POST=sessions.create_session),
        serve(f"api/kernels/{kernel}", GET=kernels.get_kernel, DELETE=kernels.delete_kernel),
        serve("api/kernels", GET=kernels.list_kernels, POST=kernels.start_kernel),
        serve(f"api/kernels/{kernel}/interrupt", POST=kernels.interrupt_kernel),
        serve(f"api/kernels/{kernel}/restart", POST=kernels.restart_kernel),
        serve("api/kernelspecs", GET=kernelspecs.list_kernel_specs),
        serve(f"api/kernelspecs/{spec}", GET=kernelspecs.get_kernel_spec),
        Route(
            f"{base}kernelspecs/{spec}/{{file:path}}",
            Endpoint(rest, {"GET": resource, "HEAD": resource}, page=True, get_verifies=True),
        ),
        Route(f"{base}api/status", Endpoint(rest, {"GET": status.get_status}, activity=False)),
        serve("api/me", GET=status.get_me, PATCH=status.update_me),
        serve("api/spec.yaml", GET=status.get_spec, HEAD=status.get_spec),
        Route(f"{base}api", Endpoint(rest, {"GET": version}, public=True)),
    ]


class FrequentFirst:
    """An ASGI app before another one: what is asked for most often does not pass through that.

    So a session is found for little more than what uvicorn needs for any request.
    """

    def __init__(self, routes: Sequence[Route], app: ASGIApp) -> None:
        self._routes = [(route.path_regex.match, route.app) for route in routes]
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one of the routes answer, or the other app."""
        if scope["type"] == "http":
            for match, endpoint in self._routes:
                found = match(scope["path"])
                if found is not None:
                    scope["path_params"] = found.groupdict()
                    await endpoint(scope, receive, send)
                    return
        await self._app(scope, receive, send)


def frequent_routes(rest: Rest) -> list[Route]:
    """One session or all, one kernel or all: what front ends ask for again and again."""
    return rest_routes(rest)[:4]


def last_routes(rest: Rest) -> list[BaseRoute]:
    """What answers where nothing else does; to be listed last."""
    return [
        Route("/{path:path}/", TrailingSlash(rest.config)),
        Route("/{path:path}", NotFound(rest.config)),
    ]
