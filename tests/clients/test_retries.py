"""Retries: what is repeated when the server cannot be reached, and what never is."""

import json

import grpc
import pytest

from jupyter_sessions.channel import RETRIED_METHODS, service_config
from jupyter_sessions.errors import KernelBusy, KernelLimitReached, Unavailable
from jupyter_sessions.v1 import executions_pb2, kernels_pb2, sessions_pb2

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


async def test_a_read_is_repeated(client, fake):
    """A server that is restarted does not disturb its readers."""
    fake.add_session("a.ipynb")
    fake.fail_next("GetSession", UNAVAILABLE, "SERVER_STOPPING")

    session = await client.get_session(path="a.ipynb")

    assert session.session_id == "s0"
    assert len(fake.requests["GetSession"]) == 2


async def test_reads_of_executions_are_repeated(client, fake):
    """Who comes back to what ran may come while the server is restarted."""
    for method in ["GetExecution", "ListExecutions"]:
        fake.fail_next(method, UNAVAILABLE, "SERVER_STOPPING")

    await client.get_execution("e1")
    listed = [execution async for execution in client.list_executions(kernel_id="k0")]

    assert len(listed) == 2
    assert len(fake.requests["GetExecution"]) == 2


async def test_a_cancellation_is_repeated(client, fake):
    """What has ended stays as it is: code that should not run is better stopped twice."""
    fake.fail_next("CancelExecution", UNAVAILABLE, "SERVER_STOPPING")

    await client.cancel_execution("e1")

    assert len(fake.requests["CancelExecution"]) == 2


async def test_a_repeated_creation_is_recognised(client, fake):
    """The request id is the same each time, so that two attempts make one session."""
    fake.fail_next("CreateSession", UNAVAILABLE, "SERVER_STOPPING")

    await client.create_session("a.ipynb")

    first, second = fake.requests["CreateSession"]
    assert first.request_id
    assert first == second


async def test_two_creations_are_two_requests(client, fake):
    """A request id names one request, not one path."""
    await client.create_session("a.ipynb")
    await client.create_session("a.ipynb")

    first, second = fake.requests["CreateSession"]
    assert first.request_id != second.request_id


@pytest.mark.parametrize("method", ["UpdateSession", "DeleteSession"])
async def test_changes_are_not_repeated_behind_the_callers_back(client, fake, method):
    """A second deletion would say NOT_FOUND, a second switch would start another kernel."""
    fake.add_session("a.ipynb")
    fake.fail_next(method, UNAVAILABLE)

    with pytest.raises(Unavailable):
        if method == "UpdateSession":
            await client.update_session("s0", kernel_name="python3")
        else:
            await client.delete_session("s0")

    assert len(fake.requests[method]) == 1


async def test_a_limit_is_not_retried(client, fake):
    """Only the caller knows whether it may wait."""
    fake.fail_next("CreateSession", grpc.StatusCode.RESOURCE_EXHAUSTED, "KERNEL_LIMIT_REACHED")

    with pytest.raises(KernelLimitReached):
        await client.create_session("a.ipynb")


async def test_a_question_to_a_busy_kernel_is_not_repeated(client, fake):
    """The server has waited for it already; five times as long is no answer."""
    fake.fail_next("Complete", UNAVAILABLE, "KERNEL_BUSY", {"kernel_id": "k0"})

    with pytest.raises(KernelBusy) as raised:
        await client.complete("x", session_id="s0")

    assert raised.value.metadata == {"kernel_id": "k0"}
    assert len(fake.requests["Complete"]) == 1


def test_the_retried_methods_exist():
    """gRPC ignores a name it does not know."""
    files = [sessions_pb2, kernels_pb2, executions_pb2]
    services = [s for file in files for s in file.DESCRIPTOR.services_by_name.values()]
    known = {s.full_name: {method.name for method in s.methods} for s in services}

    for service, methods in RETRIED_METHODS.items():
        assert set(methods) <= known[service]


def test_the_service_config_names_each_retried_method():
    """One policy for all of them."""
    [config] = json.loads(service_config())["methodConfig"]

    assert len(config["name"]) == sum(len(methods) for methods in RETRIED_METHODS.values())
    assert config["retryPolicy"]["retryableStatusCodes"] == ["UNAVAILABLE"]
