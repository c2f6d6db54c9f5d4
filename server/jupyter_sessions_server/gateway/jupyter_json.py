"""The contract's messages as the JSON models of Jupyter's REST API."""

import posixpath
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NotRequired, TypedDict

import orjson
from google.protobuf.timestamp_pb2 import Timestamp

from jupyter_sessions.v1 import kernels_pb2, sessions_pb2

ID: Final = r"[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+){4}"
"""An id that an address can have, as a pattern: five groups of letters, digits and '_'."""

EXECUTION_STATES: Final[Mapping[kernels_pb2.KernelState, str]] = {
    kernels_pb2.KERNEL_STATE_STARTING: "starting",
    kernels_pb2.KERNEL_STATE_IDLE: "idle",
    kernels_pb2.KERNEL_STATE_BUSY: "busy",
    kernels_pb2.KERNEL_STATE_RESTARTING: "restarting",
    kernels_pb2.KERNEL_STATE_STOPPING: "terminating",
    kernels_pb2.KERNEL_STATE_DEAD: "dead",
}
LIVE_STATES: Final = tuple(
    state for state in EXECUTION_STATES if state != kernels_pb2.KERNEL_STATE_DEAD
)
"""What REST shows: a kernel that is gone for good is not there, and its sessions are not either."""


class KernelModel(TypedDict):
    """A kernel."""

    id: str
    name: str
    last_activity: str
    execution_state: str
    connections: int


class NotebookModel(TypedDict):
    """What sessions of notebooks have for the sake of old clients."""

    path: str
    name: str | None


class SessionModel(TypedDict):
    """A session."""

    id: str
    path: str
    name: str | None
    type: str
    kernel: KernelModel
    notebook: NotRequired[NotebookModel]


class SpecModel(TypedDict):
    """What kernel.json says."""

    argv: list[str]
    env: dict[str, str]
    display_name: str
    language: str
    interrupt_mode: str
    metadata: Any  # as it stands in kernel.json


class KernelSpecModel(TypedDict):
    """A kernelspec."""

    name: str
    spec: SpecModel
    resources: dict[str, str]


def encoded(model: object) -> bytes:
    """A model, or a list of them, as JSON."""
    return orjson.dumps(model)


def time_text(moment: Timestamp) -> str:
    """A time as Jupyter writes it: to the microsecond, without a fraction at full seconds."""
    second = datetime.fromtimestamp(moment.seconds, UTC)
    return second.replace(microsecond=moment.nanos // 1000).isoformat().replace("+00:00", "Z")


def kernel_model(kernel: kernels_pb2.Kernel) -> KernelModel:
    """A kernel."""
    return {
        "id": kernel.kernel_id,
        "name": kernel.kernel_name,
        "last_activity": time_text(kernel.last_activity_time),
        "execution_state": EXECUTION_STATES[kernel.state],
        "connections": kernel.connection_count,
    }


def session_model(session: sessions_pb2.Session) -> SessionModel:
    """A session."""
    name = session.name if session.HasField("name") else None
    model: SessionModel = {
        "id": session.session_id,
        "path": session.path,
        "name": name,
        "type": session.type,
        "kernel": kernel_model(session.kernel),
    }
    if session.type == "notebook":
        model["notebook"] = {"path": session.path, "name": name}
    return model


def kernel_spec_model(spec: kernels_pb2.KernelSpec, name: str, base_url: str) -> KernelSpecModel:
    """A kernelspec under the name that was asked for, with the addresses of its files."""
    by_message = spec.interrupt_mode == kernels_pb2.KERNEL_INTERRUPT_MODE_MESSAGE
    return {
        "name": name,
        "spec": {
            "argv": list(spec.argv),
            "env": dict(spec.env),
            "display_name": spec.display_name,
            "language": spec.language,
            "interrupt_mode": "message" if by_message else "signal",
            "metadata": orjson.loads(spec.metadata_json or "{}"),
        },
        "resources": {
            key: f"{base_url}kernelspecs/{name}/{file}"
            for key, file in _resources(spec.resource_names)
        },
    }


def _resources(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Those that clients look for: two by their names, logos without what follows the dot."""
    for name in names:
        if name in ("kernel.js", "kernel.css"):
            yield name, name
        elif name.startswith("logo-"):
            yield posixpath.splitext(name)[0], name
