"""new, ls, show, rename, rm: sessions from the command line."""

import json
import re

import grpc
import pytest

from jupyter_sessions import KernelDisposition, KernelState
from jupyter_sessions.cli.arguments import STATES
from jupyter_sessions.v1.kernels_pb2 import KernelExit


async def test_new_opens_a_session_and_tells_about_it_in_one_line(run, fake):
    """The id is there for scripts, the state for people."""
    code, out, err = await run("new", "a.ipynb", "--kernel", "python3")

    assert (code, out, err) == (0, "a.ipynb: python3, idle, session s0\n", "")
    assert fake.requests["CreateSession"][0].wait_ready


async def test_new_passes_on_what_it_is_told(run, fake):
    """Options may come before and after the path, and pairs more than once."""
    options = ["--env", "A=1", "--env", "B=x=y", "--label", "team=blue", "--type", "console"]

    await run("new", "a.ipynb", *options, "--kernel-id", "k7", "--cwd", "/tmp", "--no-wait")  # noqa: S108

    [request] = fake.requests["CreateSession"]
    assert dict(request.env) == {"A": "1", "B": "x=y"}
    assert dict(request.labels) == {"team": "blue"}
    assert (request.type, request.kernel_id, request.cwd) == ("console", "k7", "/tmp")  # noqa: S108
    assert not request.wait_ready


async def test_new_fails_if_the_kernel_died_at_its_start(run, fake):
    """The session is there all the same, and is told."""
    fake.kernels_die_at_start()

    code, out, err = await run("new", "a.ipynb")

    assert (code, out) == (2, "a.ipynb: python3, dead, session s0\n")
    assert "no module named numpy; restart it: jupyter sessions restart a.ipynb" in err


async def test_ls_is_a_table(run, fake):
    """One line for each session, columns as wide as they need to be."""
    session = fake.add_session("work/a.ipynb")
    session.kernel.last_activity_time.GetCurrentTime()
    fake.add_session("b.ipynb", KernelState.KERNEL_STATE_BUSY)

    code, out, _err = await run("ls")

    assert code == 0
    assert re.sub(r"\d+ s ago", "0 s ago", out).splitlines() == [
        "PATH          KERNEL   STATE  LAST ACTIVITY  SESSION ID",
        "work/a.ipynb  python3  idle   0 s ago        s0",
        "b.ipynb       python3  busy   -              s1",
    ]


async def test_ls_for_programs_is_an_array_with_the_contracts_names(run, fake):
    """All pages of it."""
    for number in range(3):
        fake.add_session(f"{number}.ipynb")

    _code, out, _err = await run("ls", "--json")

    sessions = json.loads(out)
    assert [session["session_id"] for session in sessions] == ["s0", "s1", "s2"]
    assert sessions[0]["kernel"]["state"] == "KERNEL_STATE_IDLE"


async def test_ls_lets_the_server_choose(run, fake):
    """The filters are the contract's."""
    await run("ls", "--path-prefix", "work/", "--state", "dead", "--state", "busy")

    [request] = fake.requests["ListSessions"]
    assert request.filter.path_prefix == "work/"
    assert request.filter.kernel_states == [
        KernelState.KERNEL_STATE_DEAD,
        KernelState.KERNEL_STATE_BUSY,
    ]


def test_the_states_are_those_of_the_contract():
    """They are spelt out in the parser, since reading them from the contract takes long."""
    names = {name.removeprefix("KERNEL_STATE_").lower() for name, _ in KernelState.items()}

    assert set(STATES) == names - {"unspecified"}


@pytest.mark.parametrize("name", ["a.ipynb", "s0"])
async def test_a_session_is_named_by_its_path_or_its_id(run, fake, name):
    """People know the path, scripts the id."""
    fake.add_session("a.ipynb")

    code, out, _err = await run("show", name)

    assert code == 0
    assert "path:          a.ipynb\n" in out
    assert "session id:    s0\n" in out


async def test_show_tells_why_a_kernel_is_dead(run, fake):
    """What a person asks first when their kernel is gone."""
    session = fake.add_session("a.ipynb")
    end = {"cause": "KERNEL_EXIT_CAUSE_SIGNALED", "signal": 9, "stderr_tail": "last words\n"}
    session.kernel.exit.MergeFrom(KernelExit(**end))

    _code, out, _err = await run("show", "a.ipynb")

    assert "cause:         SIGNALED, signal 9, -\n" in out
    assert out.endswith("last words\n")


async def test_show_for_programs_is_one_object(run, fake):
    """The session as the contract has it."""
    fake.add_session("a.ipynb")

    _code, out, _err = await run("show", "a.ipynb", "--json")

    assert json.loads(out)["path"] == "a.ipynb"


async def test_rename_gives_another_path(run, fake):
    """As the document has."""
    fake.add_session("a.ipynb")

    code, out, _err = await run("rename", "a.ipynb", "b.ipynb")

    assert (code, out) == (0, "b.ipynb: python3, idle, session s0\n")


async def test_rm_ends_all_that_it_can(run, fake):
    """One that is missing is told, and does not keep the others alive."""
    fake.add_session("a.ipynb")
    fake.add_session("b.ipynb")

    code, out, err = await run("rm", "a.ipynb", "missing.ipynb", "b.ipynb", "--keep-kernel")

    assert (code, out, fake.sessions) == (2, "", {})
    assert "'missing.ipynb'" in err
    assert fake.requests["DeleteSession"][0].kernel == KernelDisposition.KERNEL_DISPOSITION_KEEP


async def test_a_session_that_is_missing_can_be_opened(run, fake):
    """The message says how; the path can be pasted into a shell."""
    code, out, err = await run("show", "my notes.ipynb")

    assert (code, out) == (2, "")
    assert err == (
        "jupyter-sessions: no session has the path or the id 'my notes.ipynb'; "
        "open it: jupyter sessions new 'my notes.ipynb'\n"
    )


async def test_the_servers_own_words_are_passed_on(run, fake):
    """In one line, whatever they are."""
    fake.fail_next("ListSessions", grpc.StatusCode.INTERNAL, "INTERNAL")

    assert await run("ls") == (2, "", "jupyter-sessions: ListSessions fails\n")
