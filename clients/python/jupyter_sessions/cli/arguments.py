"""What can be typed: the commands and their options."""

from argparse import Action, ArgumentParser, ArgumentTypeError, Namespace, RawTextHelpFormatter
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from jupyter_sessions.cli import execute, kernels, sessions

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    Commands = _SubParsersAction[ArgumentParser]

# KernelState, less its prefix and in lower case; spelt out, so that --help needs no protobuf.
STATES = ["starting", "idle", "busy", "restarting", "stopping", "dead"]


def make_parser() -> ArgumentParser:
    """The parser of the whole command line."""
    parser = ArgumentParser(
        prog="jupyter-sessions",
        description="Work with the sessions of a Jupyter Sessions server.",
        epilog="SESSION is a session's path, or its id.",
    )
    parser.add_argument("--version", action=_ShowVersion, help="print the version and exit")
    _add_server_options(parser)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    commands.add_parser("serve", add_help=False, help="start a server")  # see main()
    _add_session_commands(commands)
    _add_execute_command(commands)
    _add_kernel_commands(commands)
    return parser


def _add_server_options(parser: ArgumentParser) -> None:
    server = parser.add_argument_group(
        "server", "Without these, the server that runs on this machine is found."
    )
    server.add_argument(
        "--target", metavar="HOST:PORT", help="where it listens; also JUPYTER_SESSIONS_TARGET"
    )
    server.add_argument(
        "--token-file",
        metavar="FILE",
        help="a file that holds its token, or JUPYTER_SESSIONS_TOKEN",
    )
    server.add_argument("--token", help="its token; other users can see it in the process list")
    server.add_argument("--tls", action="store_true", default=None, help="connect by TLS")
    server.add_argument(
        "--tls-ca",
        metavar="FILE",
        help="connect by TLS, and trust the authorities in it (PEM)",
    )


def _add_session_commands(commands: "Commands") -> None:
    _add_new(commands)
    _add_ls(commands)

    show = _add(commands, "show", sessions.show, "show one session")
    show.add_argument("session", metavar="SESSION")
    _add_json(show)

    rename = _add(commands, "rename", sessions.rename, "give a session another path")
    rename.add_argument("session", metavar="SESSION")
    rename.add_argument("new_path", metavar="NEW_PATH")

    rm = _add(commands, "rm", sessions.rm, "end sessions, and kernels that no other session uses")
    rm.add_argument("sessions", metavar="SESSION", nargs="+")
    rm.add_argument("--keep-kernel", action="store_true", help="let the kernels run on")


def _add_new(commands: "Commands") -> None:
    new = _add(commands, "new", sessions.new, "open a session, or find the one that is open")
    new.add_argument("path", metavar="PATH", help="the document, such as work/a.ipynb")
    kernel = new.add_mutually_exclusive_group()
    kernel.add_argument("--kernel", metavar="NAME", help="a new kernel of this kernelspec")
    kernel.add_argument("--kernel-id", metavar="ID", help="the kernel with this id")
    new.add_argument("--name", help="a name for people")
    new.add_argument("--type", help='what the document is; default: "notebook"')
    new.add_argument("--cwd", metavar="DIR", help="where the kernel works, an absolute path")
    _add_pairs(new, "--env", "an environment variable of the kernel")
    _add_pairs(new, "--label", "a mark of your own")
    new.add_argument("--no-wait", action="store_true", help="do not wait until the kernel is ready")


def _add_ls(commands: "Commands") -> None:
    ls = _add(commands, "ls", sessions.ls, "list sessions")
    ls.add_argument("--path-prefix", metavar="PREFIX", default="", help="only paths that begin so")
    ls.add_argument(
        "--state", choices=STATES, action="append", default=[], help="only kernels in this state"
    )
    _add_json(ls)


def _add_execute_command(commands: "Commands") -> None:
    parser = _add(commands, "exec", execute.execute, "run code in a session")
    parser.formatter_class = RawTextHelpFormatter
    parser.epilog = (
        "Ctrl-C interrupts the code; a second one leaves it to itself.\n"
        "exit codes: 0 the code succeeded, 1 it raised an error, 2 anything else failed"
    )
    parser.add_argument("session", metavar="SESSION")
    parser.add_argument("code", metavar="CODE", help="the code; - reads it from standard input")
    parser.add_argument("--images", metavar="DIR", help="write images to new files in this folder")
    parser.add_argument("--json", action="store_true", help="print each event as a line of JSON")


def _add_kernel_commands(commands: "Commands") -> None:
    _add_json(_add(commands, "kernels", kernels.kernels, "list kernels"))
    _add_json(_add(commands, "specs", kernels.specs, "list the kernelspecs; * is the default"))
    interrupt = _add(commands, "interrupt", kernels.interrupt, "stop the code a session runs")
    interrupt.add_argument("session", metavar="SESSION")
    restart = _add(commands, "restart", kernels.restart, "restart a session's kernel")
    restart.add_argument("session", metavar="SESSION")


def _add(
    commands: "Commands", name: str, run: Callable[[Namespace], int], what: str
) -> ArgumentParser:
    parser = commands.add_parser(name, help=what, description=what)
    parser.set_defaults(run=run)
    return parser


def _add_json(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _add_pairs(parser: ArgumentParser, option: str, what: str) -> None:
    parser.add_argument(
        option, metavar="KEY=VALUE", type=_pair, action="append", default=[], help=f"{what}; repeat"
    )


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        message = f"{text!r} is not KEY=VALUE"
        raise ArgumentTypeError(message)
    return key, value


class _ShowVersion(Action):
    """argparse's own wants the version beforehand, and finding it takes long."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: ArgumentParser, *_args: Any) -> None:
        version = import_module("jupyter_sessions").__version__
        print(f"jupyter-sessions {version}")
        parser.exit()
