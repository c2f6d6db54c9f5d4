"""How a server ends: every caller is told, every kernel ends, and the next one takes over."""

import signal
import threading
from contextlib import contextmanager

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from jupyter_sessions import Kernel, KernelExitCause, Session
from jupyter_sessions.errors import CallFailed, ServerStopping
from tests.e2e.processes import is_alive

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
def test_a_signal_ends_the_server_well_with_its_kernels_and_its_runtime_file(own_server, number):
    """A service manager stops it, or I press Ctrl-C: exit code 0, and nothing is left."""
    with own_server.start().connect() as client, running_code(client):
        file, kernels = own_server.runtime_file, own_server.kernel_processes()
        existed = file.exists()

        own_server.send(number)
        code = own_server.wait()

    assert code == 0
    assert (existed, file.exists()) == (True, False)
    assert len(kernels) == 1
    assert not is_alive(kernels[0])


def test_running_streams_are_told_that_the_server_stops_and_where_to_resume(own_server):
    """My program knows that its code did not fail, and from where it would go on."""
    with own_server.start().connect() as client, running_code(client) as (events, rest):
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


def test_the_sessions_of_a_stopped_server_are_there_when_it_starts_again(own_server):
    """I upgrade the server; my sessions stay, and say that their kernels were shut down."""
    with own_server.start().connect() as client:
        for path in "abcd":
            client.create_session(path, labels={"a": path}, name=f"Session {path}")
        old = list(client.list_sessions())
    own_server.stop()

    with own_server.restart().connect() as client:
        new = list(client.list_sessions())

    causes = [session.kernel.exit.cause for session in new]
    assert causes == [KernelExitCause.KERNEL_EXIT_CAUSE_SHUT_DOWN] * 4
    assert [what_stays(session) for session in new] == [what_stays(session) for session in old]


def what_stays(session):
    """The session without what is told of its kernel's present process."""
    kernel = Kernel(kernel_id=session.kernel.kernel_id, cwd=session.kernel.cwd)
    copy = Session()
    copy.CopyFrom(session)
    copy.kernel.CopyFrom(kernel)
    return copy


def test_an_ephemeral_server_forgets_everything(own_server):
    """In a test suite each run begins with nothing."""
    own_server.flags = ["--grpc-port", "0", "--ephemeral"]
    with own_server.start().connect() as client:
        client.create_session("a.ipynb")
    own_server.stop()

    with own_server.restart().connect() as client:
        assert list(client.list_sessions()) == []


def test_a_server_that_stops_while_kernels_start_leaves_no_process(own_server):
    """I stop it at a bad moment, and find the machine clean."""
    with own_server.start().connect() as client:
        creating = [threading.Thread(target=create, args=(client, n)) for n in range(8)]
        for thread in creating:
            thread.start()
        own_server.kernel_processes()

        own_server.send(signal.SIGTERM)
        code = own_server.wait()
        for thread in creating:
            thread.join()

    assert code == 0
    own_server.require_no_processes()


def create(client, number):
    """Create a session, if the server still does that."""
    try:
        client.create_session(f"{number}.ipynb", wait_ready=True)
    except CallFailed as error:
        assert error.code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED), error


def test_what_waits_for_a_kernel_is_told_too(own_server):
    """Queued code ends as running code does."""
    with own_server.start().connect() as client, running_code(client) as (_, running):
        session = client.get_session(path="a.ipynb")
        queued = iter(client.execute("1 + 1", session_id=session.session_id))
        execution_id = next(queued).accepted.execution_id

        own_server.send(signal.SIGTERM)
        with pytest.raises(ServerStopping) as told:
            list(queued)
        with pytest.raises(ServerStopping):
            list(running)

    assert told.value.metadata["execution_id"] == execution_id
