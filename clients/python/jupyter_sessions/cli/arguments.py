"""What can be typed: the commands and their options."""

from argparse import Action, ArgumentParser, ArgumentTypeError, Namespace, RawTextHelpFormatter
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_sessions.cli import execute, kernels, questions, run, sessions

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    Commands = _SubParsersAction[ArgumentParser]

# KernelState, less its prefix and in lower case; spelt out, so that --help needs no protobuf.
STATES = ["starting", "idle", "busy", "restarting", "stopping", "dead"]

_MARK = "="


def parse(argv: Sequence[str]) -> Namespace:
    """What the command line says; the values of parameters may begin with '-'."""
    return make_parser().parse_args(list(_mark_parameters(argv)))


def _mark_parameters(argv: Sequence[str]) -> Iterator[str]:
    """Put a mark before each pair of -p, as argparse would take "-x" for an option of ours."""
    rest = deque(argv)
    is_run = False
    while rest:
        yield (argument := rest.popleft())
        if argument == "--":
            break
        is_run = is_run or argument == "run"
        if is_run and argument == "-p" and len(rest) > 1 and not rest[0].startswith("-"):
            yield _MARK + rest.popleft()
            yield _MARK + rest.popleft()
    yield from rest


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
    commands.add_parser("gateway", add_help=False, help="serve browsers for a server elsewhere")
    _add_session_commands(commands)
    _add_execute_command(commands)
    _add_run_command(commands)
    _add_question_commands(commands)
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
        "Ctrl-C cancels the code, and nobody else's; a second one leaves it to itself.\n"
        "exit codes: 0 the code succeeded, 1 it raised an error, 2 anything else failed"
    )
    parser.add_argument("session", metavar="SESSION")
    parser.add_argument("code", metavar="CODE", help="the code; - reads it from standard input")
    parser.add_argument("--images", metavar="DIR", help="write images to new files in this folder")
    parser.add_argument("--json", action="store_true", help="print each event as a line of JSON")


def _add_run_command(commands: "Commands") -> None:
    parser = _add(commands, "run", run.run, "run a notebook, and save what it shows")
    parser.formatter_class = RawTextHelpFormatter
    parser.epilog = (
        "Ctrl-C cancels the cell that runs, saves what is there so far, and ends.\n"
        "exit codes: 0 all cells ran, 1 a cell failed, 2 anything else failed"
    )
    parser.add_argument("notebook", metavar="NOTEBOOK", type=Path, help="the file")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--output", metavar="FILE", type=Path, help="save to this file instead")
    output.add_argument("--inplace", action="store_true", help="save to NOTEBOOK: the default")
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=_seconds, help="the most a cell may take"
    )
    parser.add_argument("--kernel", metavar="NAME", help="not the kernelspec the notebook names")
    parser.add_argument(
        "--path", help="the session's path; default: that of the file that is saved"
    )
    parser.add_argument(
        "--keep", action="store_true", help="keep the session, if it is opened here"
    )
    _add_parameters(parser)
    parser.add_argument("--allow-errors", action="store_true", help="go on after cells that fail")
    parser.add_argument("--quiet", action="store_true", help="no progress, only errors")


def _add_parameters(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-p",
        dest="parameter",
        nargs=2,
        type=lambda text: text.removeprefix(_MARK),
        metavar=("NAME", "VALUE"),
        action="append",
        default=[],
        help="set a parameter of the notebook; repeat",
    )
    parser.add_argument(
        "-f",
        dest="parameters_file",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="parameters from a JSON or YAML file; repeat",
    )


def _add_question_commands(commands: "Commands") -> None:
    complete = _add(commands, "complete", questions.complete, "suggest how code may go on")
    complete.add_argument("session", metavar="SESSION")
    complete.add_argument("code", metavar="CODE")

    inspect = _add(commands, "inspect", questions.inspect, "tell what is known of a name")
    inspect.add_argument("session", metavar="SESSION")
    inspect.add_argument("code", metavar="NAME", help="the name, or code that ends with it")
    inspect.add_argument("--source", action="store_true", help="its source code, too")

    history = _add(commands, "history", questions.history, "print code that was run")
    history.add_argument("session", metavar="SESSION")
    history.add_argument(
        "-n",
        dest="count",
        metavar="COUNT",
        type=int,
        default=questions.DEFAULT_ENTRIES,
        help=f"at most so many; default: {questions.DEFAULT_ENTRIES}",
    )
    history.add_argument("--search", metavar="PATTERN", help="only code like this, with * and ?")
    history.add_argument("--output", action="store_true", help="with its output, after #")
    _add_json(history)


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


def _seconds(text: str) -> float:
    from jupyter_sessions.requests import LONGEST_TIMEOUT, SHORTEST_TIMEOUT

    message = f"{text!r} is not a number of seconds from {SHORTEST_TIMEOUT} to {LONGEST_TIMEOUT}"
    try:
        seconds = float(text)
    except ValueError:
        raise ArgumentTypeError(message) from None
    if not SHORTEST_TIMEOUT <= seconds <= LONGEST_TIMEOUT:
        raise ArgumentTypeError(message)
    return seconds


class _ShowVersion(Action):
    """argparse's own wants the version beforehand, and finding it takes long."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: ArgumentParser, *_args: Any) -> None:
        version = import_module("jupyter_sessions").__version__
        print(f"jupyter-sessions {version}")
        parser.exit()
