"""What a kernel's journal on the disk says, read without the server."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import orjson

from jupyter_sessions_server.journal import JournalReader
from jupyter_sessions_server.kernels.followed_journal import parse
from jupyter_sessions_server.model import Channel, Gap, JournalRecord, Message
from tests.e2e.server_process import ServerProcess


def folder_of(server: ServerProcess, kernel_id: str) -> Path:
    """Where a kernel's journal is."""
    return server.folder / "data" / "journals" / kernel_id


def records_of(server: ServerProcess, kernel_id: str) -> list[JournalRecord]:
    """All that is in a kernel's journal now."""
    records: list[JournalRecord] = []
    with closing(JournalReader(folder_of(server, kernel_id))) as reader:
        while found := reader.read():
            records += map(parse, found)
    return records


class Follower:
    """Reads a journal as it grows: each look continues where the one before ended."""

    def __init__(self, server: ServerProcess, kernel_id: str) -> None:
        self._reader = JournalReader(folder_of(server, kernel_id))
        self.records: list[JournalRecord] = []

    def __enter__(self) -> "Follower":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._reader.close()

    def look(self) -> list[JournalRecord]:
        """All records that there are by now."""
        while found := self._reader.read():
            self.records += map(parse, found)
        return self.records

    def lines(self) -> list[str]:
        """The whole lines that were printed by now."""
        return printed(self.look()).splitlines()

    def replies(self) -> list[str]:
        """The states of the executions that ended by now."""
        return replies(self.look())


def printed(records: Sequence[JournalRecord]) -> str:
    """What was written to standard output."""
    contents = map(content, messages(records, Channel.IOPUB, "stream"))
    return "".join(each["text"] for each in contents if each["name"] == "stdout")


def replies(records: Sequence[JournalRecord]) -> list[str]:
    """The states in which executions ended."""
    return [content(each)["status"] for each in messages(records, Channel.SHELL, "execute_reply")]


def messages(records: Sequence[JournalRecord], channel: Channel, msg_type: str) -> list[Message]:
    """The messages of one type."""
    of_channel = [each for each in records if isinstance(each, Message) and each.channel is channel]
    return [each for each in of_channel if each.msg_type == msg_type]


def content(message: Message) -> dict[str, str]:
    """What a message says."""
    return orjson.loads(message.content)


def gaps(records: Sequence[JournalRecord]) -> list[Gap]:
    """What is said to be missing."""
    return [each for each in records if isinstance(each, Gap)]
