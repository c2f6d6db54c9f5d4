"""Messages that the gateway itself says on a kernel's iopub channel, where the kernel cannot."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

from jupyter_sessions.v1 import channels_pb2 as pb
from jupyter_sessions.v1 import executions_pb2

_PROTOCOL_VERSION = "5.4"

_WHY_MISSING = {
    executions_pb2.GAP_REASON_TRIMMED: "they are older than what is kept of a kernel's messages",
    executions_pb2.GAP_REASON_STORAGE_FULL: "the server's disk was full",
    executions_pb2.GAP_REASON_NOT_RECORDED: "nobody recorded them",
    executions_pb2.GAP_REASON_TOO_LARGE: "it is larger than a message may be",
}


def status(execution_state: str, session: str) -> pb.JupyterMessage:
    """What the kernel's process is up to, as jupyter_server tells it: the message has no parent.

    `session` is as whom the kernel speaks.
    """
    return _iopub("status", {"execution_state": execution_state}, b"{}", session)


def missed(gap: executions_pb2.OutputGap, parent_header: bytes, session: str) -> pb.JupyterMessage:
    """Says how many messages are missing here, as output of what the kernel runs."""
    why = _WHY_MISSING.get(gap.reason, "the service gave no reason")
    count = gap.missing_count
    what = "1 message is" if count == 1 else f"{count} messages are"
    text = f"{what} missing here: {why}.\n"
    return _iopub("stream", {"name": "stderr", "text": text}, parent_header, session)


def _iopub(
    msg_type: str, content: Mapping[str, object], parent_header: bytes, session: str
) -> pb.JupyterMessage:
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": msg_type,
        "session": session,
        "username": "jupyter-sessions",
        "date": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "version": _PROTOCOL_VERSION,
    }
    return pb.JupyterMessage(
        channel=pb.CHANNEL_IOPUB,
        header=orjson.dumps(header),
        parent_header=parent_header,
        metadata=b"{}",
        content=orjson.dumps(content),
    )
