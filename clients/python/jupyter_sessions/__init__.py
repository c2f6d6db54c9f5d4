"""Client of a Jupyter Sessions server.

    import jupyter_sessions

    async with jupyter_sessions.connect() as client:
        async with client.open_session("a.ipynb") as session:
            print(await session.execute("1 + 1"))

`jupyter_sessions.sync.connect()` gives the same client without asyncio. `errors` holds the
exceptions, `discovery` finds running servers. Importing this package is cheap: each name is loaded
when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_sessions import discovery, errors, sync
    from jupyter_sessions.client import Client, EventStream, SessionHandle, connect
    from jupyter_sessions.errors import CallFailed, ExecutionFailed, JupyterSessionsError
    from jupyter_sessions.requests import UNSET
    from jupyter_sessions.results import Result
    from jupyter_sessions.v1.executions_pb2 import (
        Execution,
        ExecutionEvent,
        ExecutionState,
        OnDisconnect,
        OnOutputLimit,
    )
    from jupyter_sessions.v1.kernels_pb2 import Kernel, KernelExitCause, KernelSpec, KernelState
    from jupyter_sessions.v1.sessions_pb2 import (
        IfExists,
        KernelDisposition,
        Session,
        SessionOrder,
    )

    __version__: str

__all__ = [
    "UNSET",
    "CallFailed",
    "Client",
    "EventStream",
    "Execution",
    "ExecutionEvent",
    "ExecutionFailed",
    "ExecutionState",
    "IfExists",
    "JupyterSessionsError",
    "Kernel",
    "KernelDisposition",
    "KernelExitCause",
    "KernelSpec",
    "KernelState",
    "OnDisconnect",
    "OnOutputLimit",
    "Result",
    "Session",
    "SessionHandle",
    "SessionOrder",
    "__version__",
    "connect",
    "discovery",
    "errors",
    "sync",
]

# Where each name of __all__ is, but for modules, which are named as they are.
_MODULE_OF = {
    "UNSET": "requests",
    "CallFailed": "errors",
    "Client": "client",
    "EventStream": "client",
    "Execution": "v1.executions_pb2",
    "ExecutionEvent": "v1.executions_pb2",
    "ExecutionFailed": "errors",
    "ExecutionState": "v1.executions_pb2",
    "IfExists": "v1.sessions_pb2",
    "JupyterSessionsError": "errors",
    "Kernel": "v1.kernels_pb2",
    "KernelDisposition": "v1.sessions_pb2",
    "KernelExitCause": "v1.kernels_pb2",
    "KernelSpec": "v1.kernels_pb2",
    "KernelState": "v1.kernels_pb2",
    "OnDisconnect": "v1.executions_pb2",
    "OnOutputLimit": "v1.executions_pb2",
    "Result": "results",
    "Session": "v1.sessions_pb2",
    "SessionHandle": "client",
    "SessionOrder": "v1.sessions_pb2",
    "connect": "client",
}


def __getattr__(name: str) -> Any:
    """Load a name when it is first used."""
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    if name == "__version__":
        value = import_module("importlib.metadata").version("jupyter-sessions")
    elif name in _MODULE_OF:
        value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    else:
        value = import_module(f"{__name__}.{name}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """What the package offers, loaded or not."""
    return sorted(__all__)
