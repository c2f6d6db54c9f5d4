"""LogLines: log entries as lines, an event's text and the facts that belong to it."""

import json
import logging

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class LogLines(logging.Formatter):
    """`2026-01-01 12:00:00,000 INFO kernel started kernel_id="…" pid=12`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line, without a traceback."""
        facts = {name: told for name, told in vars(record).items() if name not in _STANDARD}
        parts = [f"{name}={json.dumps(told, default=str)}" for name, told in facts.items()]
        return " ".join([super().formatMessage(record), *parts])
