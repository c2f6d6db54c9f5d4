"""What browsers may do with the console's pages."""

from typing import TypeVar

from starlette.responses import Response

AnyResponse = TypeVar("AnyResponse", bound=Response)

PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
"""Only our own files; outputs are shown as text, as images, or in a frame of their own."""

OUTPUT_POLICY = "; ".join(
    (
        "sandbox allow-scripts",
        "default-src 'none'",
        "script-src 'unsafe-inline'",
        "style-src 'unsafe-inline'",
        "img-src data: blob:",
        "font-src data:",
        "media-src data: blob:",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    )
)
"""Of the frame that shows HTML which code has made: its scripts run, and reach nothing outside."""


def secured(response: AnyResponse, policy: str) -> AnyResponse:
    """The response with what tells browsers to be careful."""
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    # Not "no-referrer": a form's Origin would be "null" then, which is not ours.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-cache"
    return response


def add_cookie(response: AnyResponse, cookie: bytes | None) -> AnyResponse:
    """The response with a Set-Cookie, if there is one."""
    if cookie is not None:
        response.headers.append("Set-Cookie", cookie.decode("latin-1"))
    return response
