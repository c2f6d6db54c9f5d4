"""A program: a Starlette application whose one route gives always the same bytes; nothing else.

python -m benchmarks.empty_starlette PORT ANSWER-FILE
"""

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def serve(port: int, answer: bytes) -> None:
    """Serve until SIGTERM, with the settings that our gateway has."""

    async def get_session(request: Request) -> Response:
        return Response(answer, media_type="application/json")

    app = Starlette(routes=[Route("/api/sessions/{session_id}", get_session)])
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        proxy_headers=False,
    )


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]).read_bytes())
