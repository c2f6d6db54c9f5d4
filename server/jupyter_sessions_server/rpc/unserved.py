"""RPCs of the contract that this server does not serve yet."""

from typing import Any, NoReturn

from jupyter_sessions_server.errors import NotImplementedYet


def unserved(rpc: str) -> Any:
    """A handler, of whatever kind, that answers UNIMPLEMENTED; `rpc` is "Service.Method"."""

    def refuse(self: object, request: object, context: object) -> NoReturn:
        raise NotImplementedYet(rpc)

    return refuse
