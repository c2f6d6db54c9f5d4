"""Finds the servers that run on this machine, by the files they leave in Jupyter's runtime folder.

A server writes `jpsessions-PID.json` when it listens, and removes it when it stops. The file holds
its token, so only its owner may read it. What a server that was killed left behind is skipped,
since no process has its pid any more.
"""

import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from jupyter_sessions.errors import NoServerFound, SeveralServersFound

if sys.platform == "win32":
    import ctypes

FILE_PATTERN = "jpsessions-*.json"


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """A running server, as its runtime file describes it."""

    pid: int
    target: str  # HOST:PORT of its gRPC port
    token: str = field(repr=False)
    tls: bool
    version: str
    root_dir: str
    data_dir: str
    start_time: datetime  # with a time zone; RFC 3339 in the file
    http_url: str = ""  # where browsers are served; empty: nowhere


def list_servers() -> list[ServerInfo]:
    """The servers that run, oldest first; files that cannot be read are skipped."""
    files = jupyter_runtime_dir().glob(FILE_PATTERN)
    servers = [server for file in files if (server := _read_server_file(file))]
    return sorted(
        (server for server in servers if _is_running(server.pid)),
        key=lambda server: server.start_time,
    )


def find_server(target: str | None = None) -> ServerInfo:
    """The server with this target; without one, the only server that runs.

    Raises NoServerFound, or SeveralServersFound, which lists their targets.
    """
    servers = [server for server in list_servers() if target in {None, server.target}]
    if not servers:
        what = "no server runs here" if target is None else f"no server at {target} runs here"
        message = f"{what}: {jupyter_runtime_dir()} has no file of a running one"
        raise NoServerFound(message)
    if len(servers) > 1:
        raise SeveralServersFound([server.target for server in servers])
    return servers[0]


def write_server_file(server: ServerInfo) -> Path:
    """Write a server's file, readable by its owner only; a reader never sees half of it."""
    directory = jupyter_runtime_dir()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    fields = asdict(server) | {"start_time": server.start_time.isoformat()}
    descriptor, unfinished = tempfile.mkstemp(prefix=".jpsessions-", dir=directory)  # 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(fields, file, indent=2)
        return Path(unfinished).replace(server_file(server.pid))
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


def remove_server_file(pid: int) -> None:
    """Remove the file of the server with this pid; nothing happens if there is none."""
    server_file(pid).unlink(missing_ok=True)


def server_file(pid: int) -> Path:
    """Where the file of the server with this pid is."""
    return jupyter_runtime_dir() / FILE_PATTERN.replace("*", str(pid))


def jupyter_runtime_dir() -> Path:
    """Jupyter's runtime folder, by the rules of jupyter_core, which need not be installed."""
    if directory := os.environ.get("JUPYTER_RUNTIME_DIR"):
        return Path(directory)
    return jupyter_data_dir() / "runtime"


def jupyter_data_dir() -> Path:
    """Jupyter's data folder, by the same rules."""
    if directory := os.environ.get("JUPYTER_DATA_DIR"):
        return Path(directory)
    home = Path.home().resolve()
    if sys.platform == "darwin":
        return home / "Library" / "Jupyter"
    if sys.platform == "win32":
        appdata = os.environ.get("APPDATA")
        return Path(appdata, "jupyter").resolve() if appdata else home / ".jupyter" / "data"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share", "jupyter")


def _read_server_file(file: Path) -> ServerInfo | None:
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
        return ServerInfo(
            pid=int(fields["pid"]),
            target=str(fields["target"]),
            token=str(fields["token"]),
            tls=bool(fields["tls"]),
            version=str(fields["version"]),
            root_dir=str(fields["root_dir"]),
            data_dir=str(fields["data_dir"]),
            start_time=datetime.fromisoformat(fields["start_time"]).astimezone(),
            http_url=str(fields.get("http_url", "")),
        )
    except (OSError, ValueError, KeyError, TypeError):  # broken, or gone meanwhile
        return None


if sys.platform == "win32":

    def _is_running(pid: int) -> bool:
        """os.kill(pid, 0) would send a Ctrl-C event here."""
        query_limited_information, still_active = 0x1000, 259
        kernel32 = ctypes.windll.kernel32
        handle = kernel32.OpenProcess(query_limited_information, False, pid)
        exit_code = ctypes.c_ulong()
        kernel32.GetExitCodeProcess(handle, ctypes.byref(exit_code))
        kernel32.CloseHandle(handle)
        return exit_code.value == still_active

else:

    def _is_running(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, OverflowError):
            return False
        except PermissionError:  # somebody else's process
            return True
        return True
