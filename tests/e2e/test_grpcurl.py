"""A stranger explores the server with grpcurl, by reflection: no protos, no program."""

import json
import os
import shutil
import subprocess

import pytest

from tests.e2e.markdown import PROJECT, shell_examples

pytestmark = pytest.mark.e2e

GRPCURL = PROJECT / ".tools" / "bin" / "grpcurl"

if not GRPCURL.exists():
    assert not ("CI" in os.environ and shutil.which("go")), "go is there, so `make tools` must work"
    pytest.skip("grpcurl is not built: make tools", allow_module_level=True)


@pytest.fixture
def shell(server):
    """Runs a shell command with grpcurl on its path; fails if the command does."""
    variables = {"TARGET": server.target, "TOKEN": server.token}
    path = f"{GRPCURL.parent}{os.pathsep}{server.environment['PATH']}"

    def run(command):
        ran = subprocess.run(  # noqa: S602 - a user's shell is what is tested
            command,
            shell=True,
            env=server.environment | variables | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=20,
        )
        assert ran.returncode == 0, f"{command}\n{ran.stderr}"
        return ran.stdout

    return run


@pytest.fixture
def grpcurl(shell):
    """Runs grpcurl with the server's token and address."""
    flags = '-plaintext -H "authorization: Bearer $TOKEN"'
    return lambda call, data="{}": shell(f"grpcurl {flags} -d '{data}' $TARGET {call}")


def test_the_services_are_listed_by_reflection(grpcurl):
    """I have an address and a token, and want to know what is there."""
    listed = grpcurl("list").split()

    assert [name for name in listed if name.startswith("jupyter_sessions.v1.")] == [
        "jupyter_sessions.v1.ChannelService",
        "jupyter_sessions.v1.ExecutionService",
        "jupyter_sessions.v1.IdentityService",
        "jupyter_sessions.v1.KernelService",
        "jupyter_sessions.v1.SessionService",
    ]
    assert "grpc.health.v1.Health" in listed


def test_a_service_describes_itself(grpcurl):
    """I read the signatures of a service from the running server."""
    described = grpcurl("describe jupyter_sessions.v1.SessionService")

    assert "rpc CreateSession ( .jupyter_sessions.v1.CreateSessionRequest )" in described
    assert "returns ( stream .jupyter_sessions.v1.WatchSessionsResponse )" in described


def test_a_session_is_created_and_runs_code(grpcurl):
    """I try the service by hand, in JSON."""
    wanted = {"path": "a.ipynb", "session_id": "by-hand"}
    created = json.loads(
        grpcurl("jupyter_sessions.v1.SessionService/CreateSession", json.dumps(wanted))
    )

    code = json.dumps({"session_id": "by-hand", "code": "print(6*7)"})
    said = grpcurl("jupyter_sessions.v1.ExecutionService/Execute", code)

    assert created["session"]["sessionId"] == "by-hand"
    assert r'"text": "42\n"' in said
    assert "EXECUTION_STATE_SUCCEEDED" in said


def test_without_the_token_nothing_is_told(shell):
    """My kernels run my code only."""
    with pytest.raises(AssertionError, match="a valid token is needed"):
        shell("grpcurl -plaintext $TARGET list")


def test_the_commands_of_the_readme_work(shell):
    """I paste what the README shows, and see what it shows."""
    examples = [e for e in shell_examples("README.md") if e.command.startswith("grpcurl ")]

    printed = [shell(example.command) for example in examples]

    assert examples, "the README shows no grpcurl command"
    for example, text in zip(examples, printed, strict=True):
        example.check(text)
