"""How a server ends: every caller is told, every kernel lives on, and the next one takes over."""

import signal
import threading
from contextlib import contextmanager

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from jupyter_sessions import KernelExitCause
from jupyter_sessions.errors import CallFailed, ServerStopping
from tests.e2e.processes import is_alive, wait_until

pytestmark = pytest.mark.e2e

SERVICE = "jupyter_sessions.v1.SessionService"


@contextmanager
def running_code(client):
    """The events of code that runs for ever, and has begun."""
    session = client.create_session("a.ipynb", wait_ready=True)
    code = "print('began', flush=True)\nwhile True: pass"
    with client.execute(code, session_id=session.session_id) as stream:
        events = iter(stream)
        yield [next(events) for _ in range(3)], events


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_well_and_its_kernels_live_on(own_server, number):
    """A service manager stops it, or I press Ctrl-C: exit code 0, and my code runs on."""
    with own_server.start().connect() as client, running_code(client):
        file, kernels = own_server.runtime_file, own_server.kernel_processes()
        existed = file.exists()

        own_server.send(number)
        code = own_server.wait()

    assert code == 0
    assert (existed, file.exists()) == (True, False)
    assert len(kernels) == 1
    assert is_alive(kernels[0])


@pytest.mark.parametrize("how", ["--stop-kernels", "--ephemeral"])
def test_a_server_that_is_to_take_its_kernels_with_it_leaves_no_process(own_server, how):
    """On a machine of others I leave nothing that goes on without me."""
    own_server.flags += [how]
    if how == "--ephemeral":
        own_server.flags = ["--grpc-port", "0", "--http-port", "0", "--ephemeral"]
    with own_server.start().connect() as client, running_code(client):
        assert len(own_server.kernel_processes()) == 1

        own_server.send(signal.SIGTERM)
        code = own_server.wait()

    assert code == 0
    own_server.require_no_processes()


def test_running_streams_are_told_that_the_server_stops_and_where_to_resume(own_server):
    """My program knows that its code did not fail, and from where it would go on."""
    with (
        own_server.start().connect(resume_seconds=0) as client,
        running_code(client) as (events, rest),
    ):
        own_server.send(signal.SIGTERM)
        with pytest.raises(ServerStopping) as told:
            list(rest)

    assert events[0].accepted.execution_id
    assert told.value.code is grpc.StatusCode.UNAVAILABLE
    assert told.value.metadata["execution_id"] == events[0].accepted.execution_id
    assert int(told.value.metadata["next_seq"]) > events[-1].seq


def test_health_watchers_see_that_it_no_longer_serves(own_server):
    """My load balancer sends no more callers."""
    with grpc.insecure_channel(own_server.start().target) as channel:
        watch = HealthStub(channel).Watch(HealthCheckRequest(service=SERVICE))
        before = next(watch).status

        own_server.send(signal.SIGTERM)
        after = next(watch).status

    assert before == HealthCheckResponse.SERVING
    assert after == HealthCheckResponse.NOT_SERVING


def test_a_server_that_is_upgraded_keeps_sessions_kernels_and_variables(own_server):
    """I stop the server and start a newer one; nobody who uses it need do anything."""
    with own_server.start().connect() as client:
        for path in "abcd":
            client.create_session(path, labels={"a": path}, name=f"Session {path}", wait_ready=True)
        with client.open_session("a") as session:
            session.execute("x = 42")
        old, processes = list(client.list_sessions()), own_server.kernel_processes()
    own_server.stop()

    with own_server.restart().connect() as client, client.open_session("a") as session:
        value = session.execute("x").value
        new = list(client.list_sessions())

    assert value == "42"
    assert own_server.kernel_processes() == processes
    assert [what_stays(session) for session in new] == [what_stays(session) for session in old]


def what_stays(session):
    """What a session is called, and which process it has."""
    kernel = session.kernel
    return (
        (session.session_id, session.path, session.name, dict(session.labels)),
        (session.create_time, kernel.kernel_id, kernel.start_time, kernel.cwd, kernel.state),
    )


def test_sessions_whose_kernels_were_stopped_say_so_when_the_server_starts_again(own_server):
    """I see why my variables are gone."""
    own_server.flags += ["--stop-kernels"]
    with own_server.start().connect() as client:
        for path in "ab":
            client.create_session(path, wait_ready=True)
    own_server.stop()

    with own_server.restart().connect() as client:
        causes = [session.kernel.exit.cause for session in client.list_sessions()]

    assert causes == [KernelExitCause.KERNEL_EXIT_CAUSE_SHUT_DOWN] * 2


def test_an_ephemeral_server_forgets_everything(own_server):
    """In a test suite each run begins with nothing."""
    own_server.flags = ["--grpc-port", "0", "--http-port", "0", "--ephemeral"]
    with own_server.start().connect() as client:
        client.create_session("a.ipynb")
    own_server.stop()
    left = list(own_server.temp_dir.iterdir())

    with own_server.restart().connect() as client:
        assert list(client.list_sessions()) == []
    assert left == []


def test_an_ephemeral_server_that_is_killed_leaves_no_process(own_server):
    """My test run is killed by its time limit; the machine is as it was."""
    own_server.flags = ["--grpc-port", "0", "--http-port", "0", "--ephemeral"]
    with own_server.start().connect() as client, running_code(client):
        assert len(own_server.kernel_processes()) == 1

        own_server.kill()

    own_server.require_no_processes()


def test_a_server_that_stops_its_kernels_leaves_those_of_another_alone(make_server):
    """Two people, or two projects, share a machine."""
    mine, yours = make_server(), make_server()
    mine.flags += ["--stop-kernels"]
    with mine.start().connect() as client:
        client.create_session("a.ipynb", wait_ready=True)
    with yours.start().connect() as client, client.open_session("a.ipynb") as session:
        session.execute("x = 42")

        mine.stop()

        mine.require_no_processes()
        assert session.execute("x").value == "42"
    assert len(yours.kernel_processes()) == 1


@pytest.mark.parametrize("flags", [[], ["--stop-kernels"]])
def test_a_server_that_stops_while_kernels_start_leaves_none_that_is_nobodys(own_server, flags):
    """I stop it at a bad moment: each process belongs to a kernel that the next server has."""
    own_server.flags += flags
    with own_server.start().connect() as client:
        creating = [threading.Thread(target=create, args=(client, n)) for n in range(8)]
        for thread in creating:
            thread.start()
        wait_until(own_server.kernel_processes, "a first kernel is started")

        own_server.send(signal.SIGTERM)
        code = own_server.wait()
        for thread in creating:
            thread.join()

    with own_server.restart().connect() as client:
        alive = [kernel for kernel in client.list_kernels() if not kernel.HasField("exit")]
        wait_until(lambda: len(own_server.kernel_processes()) == len(alive), "each has its kernel")
    assert code == 0
    assert not (flags and alive)


def create(client, number):
    """Create a session, if the server still does that."""
    try:
        client.create_session(f"{number}.ipynb", wait_ready=True)
    except CallFailed as error:
        assert error.code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED), error


def test_what_waits_for_a_kernel_is_told_too(own_server):
    """Queued code ends as running code does."""
    with (
        own_server.start().connect(resume_seconds=0) as client,
        running_code(client) as (_, running),
    ):
        session = client.get_session(path="a.ipynb")
        queued = iter(client.execute("1 + 1", session_id=session.session_id))
        execution_id = next(queued).accepted.execution_id

        own_server.send(signal.SIGTERM)
        with pytest.raises(ServerStopping) as told:
            list(queued)
        with pytest.raises(ServerStopping):
            list(running)

    assert told.value.metadata["execution_id"] == execution_id
