"""Who calls: the token of a request, and the principal it belongs to."""

import hashlib
import hmac
from collections.abc import Iterable
from contextvars import ContextVar

from jupyter_sessions_server.errors import Unauthenticated
from jupyter_sessions_server.model import Owner, Principal
from jupyter_sessions_server.ports import Authenticator

_principal: ContextVar[Principal] = ContextVar("principal")

Metadata = Iterable[tuple[str, str | bytes]]


def caller() -> Owner:
    """The owner of what the present request creates and sees."""
    return _principal.get().owner


class TokenAuthenticator:
    """An Authenticator with one token; only its hash is kept."""

    def __init__(self, token: str, owner: Owner) -> None:
        self._digest = _digest(token)
        self._principal = Principal(owner)

    def authenticate(self, token: str) -> Principal | None:
        """The principal, if the token is the right one; takes equally long if it is not."""
        return self._principal if hmac.compare_digest(_digest(token), self._digest) else None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def authenticate(authenticator: Authenticator, metadata: Metadata) -> None:
    """Make the metadata's principal that of the present request; raises Unauthenticated."""
    for key, value in metadata:
        if key == "authorization" and isinstance(value, str):
            scheme, _, token = value.strip().partition(" ")
            if scheme.lower() in ("bearer", "token"):
                principal = authenticator.authenticate(token.strip())
                if principal is not None:
                    _principal.set(principal)
                    return
    raise Unauthenticated
