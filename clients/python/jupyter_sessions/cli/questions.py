"""The commands that ask a session's kernel: complete, inspect, history."""

import dataclasses
import json
from argparse import Namespace
from typing import TYPE_CHECKING

from jupyter_sessions.cli.connection import connected, find_session
from jupyter_sessions.cli.failures import warn

if TYPE_CHECKING:
    from jupyter_sessions.answers import HistoryEntry

NOTHING_FOUND = 1  # the exit code
DEFAULT_ENTRIES = 20


def complete(arguments: Namespace) -> int:
    """Print how code may go on, one suggestion per line; 1 if there is none."""
    with connected(arguments) as client:
        session = find_session(client, arguments.session)
        completion = client.complete(arguments.code, session_id=session.session_id)
    for match in completion.matches:
        print(match)
    return 0 if completion.matches else NOTHING_FOUND


def inspect(arguments: Namespace) -> int:
    """Print what is known of a name; 1 if nothing is."""
    with connected(arguments) as client:
        session = find_session(client, arguments.session)
        found = client.inspect(
            arguments.code, source=arguments.source, session_id=session.session_id
        )
    if not found.found:
        warn(f"nothing is known of {arguments.code!r}")
        return NOTHING_FOUND
    print(found.text.removesuffix("\n"))
    return 0


def history(arguments: Namespace) -> int:
    """Print code that was run, oldest first."""
    with connected(arguments) as client:
        session = find_session(client, arguments.session)
        entries = client.history(
            None if arguments.search else arguments.count,
            search=arguments.search,
            count=arguments.count,
            output=arguments.output,
            session_id=session.session_id,
        )
    if arguments.json:
        print(json.dumps([dataclasses.asdict(entry) for entry in entries], indent=2))
        return 0
    for entry in entries:
        _print_entry(entry)
    return 0


def _print_entry(entry: "HistoryEntry") -> None:
    print(entry.input.removesuffix("\n"))
    if entry.output is not None:
        lines = entry.output.splitlines()
        print("\n".join(f"# {line}" for line in lines))
