"""The requests of each method, as the blocking client sends them; no server is needed."""

from concurrent.futures import ThreadPoolExecutor

import grpc
import grpc_testing
import pytest

from jupyter_sessions import KernelDisposition, KernelState, SessionOrder
from jupyter_sessions.sync import Client
from jupyter_sessions.v1 import kernels_pb2, sessions_pb2

SESSIONS = sessions_pb2.DESCRIPTOR.services_by_name["SessionService"]
KERNELS = kernels_pb2.DESCRIPTOR.services_by_name["KernelService"]


@pytest.fixture
def channel():
    """A channel whose other end is the test."""
    return grpc_testing.channel([SESSIONS, KERNELS], grpc_testing.strict_real_time())


@pytest.fixture
def ask(channel):
    """Do a call, let the server answer, and return the request and what the caller got."""

    def ask(call, service, method, response):
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(call, Client(channel))
            descriptor = service.methods_by_name[method]
            _metadata, request, rpc = channel.take_unary_unary(descriptor)
            rpc.terminate(response, (), grpc.StatusCode.OK, "")
            return request, answer.result(timeout=5)

    return ask


def update(ask, **changes):
    """The request of an update with these changes."""
    request, _session = ask(
        lambda client: client.update_session("s0", **changes),
        SESSIONS,
        "UpdateSession",
        sessions_pb2.UpdateSessionResponse(),
    )
    return request


def test_a_creation_has_a_request_id(ask):
    """So that it can be repeated."""
    created = sessions_pb2.Session(session_id="s0")

    request, session = ask(
        lambda client: client.create_session("a.ipynb", labels={"a": "b"}, env=None),
        SESSIONS,
        "CreateSession",
        sessions_pb2.CreateSessionResponse(session=created),
    )

    assert session == created
    assert request.request_id
    assert dict(request.labels) == {"a": "b"}
    assert not request.wait_ready


def test_a_creation_keeps_the_callers_request_id(ask):
    """Who retries by other means brings one along."""
    request, _session = ask(
        lambda client: client.create_session("a.ipynb", request_id="mine"),
        SESSIONS,
        "CreateSession",
        sessions_pb2.CreateSessionResponse(),
    )

    assert request.request_id == "mine"


def test_a_session_has_one_kernel(channel):
    """Naming a kernelspec and a kernel leaves open which one is meant."""
    with pytest.raises(ValueError, match="fallback_kernel_name"):
        Client(channel).create_session("a.ipynb", kernel_name="ir", kernel_id="k0")


@pytest.mark.parametrize(
    ("changes", "mask"),
    [
        ({"path": "b.ipynb"}, ["path"]),
        ({"name": None}, ["name"]),
        ({"type": "console", "labels": {}}, ["type", "labels"]),
        ({"kernel_name": "ir"}, ["kernel.kernel_name"]),
        ({"kernel_id": "k1"}, ["kernel.kernel_id"]),
        ({}, []),
    ],
)
def test_an_update_names_just_what_is_given(ask, changes, mask):
    """What is left out stays, also what this client has never heard of."""
    assert update(ask, **changes).update_mask.paths == mask


def test_an_update_carries_the_new_values(ask):
    """Those that the mask names."""
    request = update(
        ask,
        path="b.ipynb",
        kernel_id="k1",
        expected_revision=7,
        previous_kernel=KernelDisposition.KERNEL_DISPOSITION_KEEP,
    )

    assert request.session.session_id == "s0"
    assert request.session.path == "b.ipynb"
    assert request.session.kernel.kernel_id == "k1"
    assert not request.session.HasField("name")
    assert request.expected_revision == 7
    assert request.previous_kernel == KernelDisposition.KERNEL_DISPOSITION_KEEP


def test_a_kernel_is_started_under_an_id_of_its_own(ask):
    """Repeating the request then gives the same kernel."""
    request, _kernel = ask(
        lambda client: client.start_kernel("python3"),
        KERNELS,
        "StartKernel",
        kernels_pb2.StartKernelResponse(),
    )

    assert request.kernel_name == "python3"
    assert request.kernel_id


def test_a_search_has_only_the_keys_that_are_given(ask):
    """An empty key would match nothing."""
    request, _session = ask(
        lambda client: client.get_session(path="a.ipynb"),
        SESSIONS,
        "GetSession",
        sessions_pb2.GetSessionResponse(),
    )

    assert [field.name for field, _value in request.ListFields()] == ["path"]


def test_a_list_has_its_filter_and_order(ask):
    """All of them reach the server, which does the choosing."""
    request, _sessions = ask(
        lambda client: list(
            client.list_sessions(
                path_prefix="work/",
                labels={"a": "b"},
                kernel_states=[KernelState.KERNEL_STATE_DEAD],
                order_by=SessionOrder.SESSION_ORDER_PATH,
            )
        ),
        SESSIONS,
        "ListSessions",
        sessions_pb2.ListSessionsResponse(),
    )

    assert request.filter.path_prefix == "work/"
    assert dict(request.filter.labels) == {"a": "b"}
    assert request.filter.kernel_states == [KernelState.KERNEL_STATE_DEAD]
    assert request.order_by == SessionOrder.SESSION_ORDER_PATH
