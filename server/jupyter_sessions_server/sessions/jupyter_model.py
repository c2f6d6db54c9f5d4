"""A session as the dictionary that jupyter_server's session manager and REST API give."""

from datetime import UTC, datetime

from jupyter_sessions_server.model import Kernel, Session


def session_to_model(session: Session, kernel: Kernel) -> dict[str, object]:
    """The dictionary: `notebook` is there only for notebooks, times end in Z."""
    model: dict[str, object] = {
        "id": session.session_id,
        "path": session.path,
        "name": session.name,
        "type": session.type,
        "kernel": {
            "id": kernel.kernel_id,
            "name": kernel.kernel_name,
            "last_activity": _utc_text(kernel.last_activity_ms),
            "execution_state": kernel.state.value,
            "connections": kernel.connections,
        },
    }
    if session.type == "notebook":
        model["notebook"] = {"path": session.path, "name": session.name}
    return model


def _utc_text(ms: int) -> str:
    moment = datetime.fromtimestamp(ms / 1000, tz=UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
