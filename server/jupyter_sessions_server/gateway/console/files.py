"""The console's files, which hold no secrets: the login page needs them, too."""

import hashlib
import mimetypes
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from jupyter_sessions_server.gateway.console.headers import OUTPUT_POLICY, PAGE_POLICY, secured
from jupyter_sessions_server.gateway.http_errors import HttpError

PAGE = "index.html"
_OUTPUT_FRAME = "output.html"
_STATIC = Path(__file__).parent / "static"


class _File(NamedTuple):
    """A file as it is sent."""

    body: bytes
    etag: str
    media_type: str
    policy: str


class Files:
    """What is in static/, read once."""

    def __init__(self) -> None:
        self._files = {path.name: _read(path) for path in _STATIC.iterdir()}

    async def show(self, request: Request) -> Response:
        """The file that the path names."""
        return self.file(request, request.path_params["name"])

    def file(self, request: Request, name: str) -> Response:
        """A file, or that the browser has it; raises HttpError if there is none of that name."""
        if name not in self._files:
            raise HttpError(404)
        file = self._files[name]
        if request.headers.get("if-none-match") == file.etag:
            response = Response(status_code=304)
        else:
            response = Response(file.body, media_type=file.media_type)
        response.headers["ETag"] = file.etag
        return secured(response, file.policy)


def _read(path: Path) -> _File:
    body = path.read_bytes()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    policy = OUTPUT_POLICY if path.name == _OUTPUT_FRAME else PAGE_POLICY
    return _File(body, etag, media_type, policy)
