"""Asks a kernel what its language is called and how it is highlighted, for notebooks' metadata."""

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_sessions.errors import JupyterSessionsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from jupyter_sessions.sync import Client

_ANSWER_SECONDS = 3.0
"""A kernel that is not busy answers at once, and a busy one may be so for hours."""


def language_info_of(client: "Client", session_id: str) -> "Mapping[str, Any] | None":
    """The `language_info` of the session's kernel; None if it does not tell it now.

    It helps who shows the notebook; to run it, nothing of it is needed.
    """
    from jupyter_sessions.kernel_channels import ChannelMessage

    with (
        suppress(JupyterSessionsError, RuntimeError),  # the latter if the channels have ended
        client.connect_channels(session_id=session_id, channels=["shell"]) as channels,
    ):
        closing = threading.Timer(_ANSWER_SECONDS, channels.__exit__, args=[None, None, None])
        closing.start()
        try:
            request_id = channels.send("shell", "kernel_info_request")
            for event in channels:
                if isinstance(event, ChannelMessage) and event.parent_id == request_id:
                    return _complete(event.content.get("language_info"))
        finally:
            closing.cancel()
    return None


def _complete(info: object) -> "Mapping[str, Any] | None":
    """What a notebook may hold: its format wants the language's name."""
    return info if isinstance(info, dict) and isinstance(info.get("name"), str) else None
