"""How a server stops: it says so, ends streams where they can be resumed, and lets calls finish."""

import asyncio
from dataclasses import replace

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from jupyter_sessions.v1 import executions_pb2, kernels_pb2
from jupyter_sessions.v1 import sessions_pb2 as pb
from jupyter_sessions_server.model import Channel
from jupyter_sessions_server.store.executions import SqliteExecutionStore
from tests.refusals import refusal_of, refused
from tests.waiting import until

NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture
def config(config):
    """A server that gives calls under way a long time: the tests end them themselves."""
    return replace(config, rpc=replace(config.rpc, stop_grace_seconds=20))


@pytest.fixture
async def stopping(server):
    """Begins to stop the server; in the end it has stopped."""
    tasks = []

    def stop():
        tasks.append(asyncio.ensure_future(server.stop()))

    yield stop
    await asyncio.gather(*tasks)


class HeldUpStore(SqliteExecutionStore):
    """A store that can be held up while it takes an execution on."""

    def __init__(self):
        super().__init__()
        self.adding = False
        self.may_add = asyncio.Event()
        self.may_add.set()

    async def add(self, record):
        self.adding = True
        await self.may_add.wait()
        await super().add(record)


@pytest.fixture
async def execution_store():
    async with HeldUpStore() as opened:
        yield opened


@pytest.fixture
def execute(execution_stub, kernel, kernels):
    """Runs code that waits; the call, and its stream when the kernel has it."""

    async def execute():
        request = executions_pb2.ExecuteRequest(kernel_id=kernel.kernel_id, code="wait")
        call = execution_stub.Execute(request)
        await kernels.running_code(kernel.kernel_id)
        return call

    return execute


@pytest.mark.parametrize("service", ["", "jupyter_sessions.v1.SessionService"])
async def test_health_watchers_are_told_first(channel, stopping, service):
    """A load balancer sends no more calls."""
    stub = health_pb2_grpc.HealthStub(channel)
    watch = stub.Watch(health_pb2.HealthCheckRequest(service=service))
    told = aiter(watch)
    await anext(told)

    stopping()

    assert (await anext(told)).status == NOT_SERVING
    watch.cancel()


@pytest.mark.covers("ExecutionService.Execute", "SERVER_STOPPING")
@pytest.mark.covers("ExecutionService", "SERVER_STOPPING")
async def test_a_stream_ends_with_where_to_resume(execute, stopping, kernels, kernel):
    """Nothing of what was read is read twice, and nothing after it is missed."""
    call = await execute()
    stream = aiter(call)
    say = {"name": "stdout", "text": "hello"}
    kernels.say(kernel.kernel_id, kernels.requests[-1][2], Channel.IOPUB, "stream", say)
    batches = []
    while not any(event.HasField("stream") for batch in batches for event in batch.events):
        batches.append(await anext(stream))

    stopping()

    refusal = await refused(call)
    assert refusal.what == ("UNAVAILABLE", "SERVER_STOPPING")
    assert refusal.facts == {
        "execution_id": batches[0].events[0].accepted.execution_id,
        "next_seq": str(batches[-1].next_seq),
    }


@pytest.mark.covers("ExecutionService.AttachExecution", "SERVER_STOPPING")
async def test_an_attached_stream_ends_with_where_to_attach_again(
    execution_stub, execute, stopping
):
    """The same for whoever came later."""
    accepted = (await anext(aiter(await execute()))).events[0].accepted
    attach = executions_pb2.AttachExecutionRequest(execution_id=accepted.execution_id)
    call = execution_stub.AttachExecution(attach)
    batch = await anext(aiter(call))

    stopping()

    refusal = await refused(call)
    assert refusal.what == ("UNAVAILABLE", "SERVER_STOPPING")
    assert refusal.facts["execution_id"] == accepted.execution_id
    assert int(refusal.facts["next_seq"]) >= batch.next_seq


async def test_a_reader_that_is_behind_gets_what_was_sent_and_then_where_to_resume(
    execute, stopping, kernels, kernel
):
    """A stream that is busy when the server stops ends as properly as a quiet one."""
    call = await execute()
    for _ in range(100):
        say = {"name": "stdout", "text": "x" * 300_000}
        kernels.say(kernel.kernel_id, kernels.requests[-1][2], Channel.IOPUB, "stream", say)

    stopping()

    batches = []
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for batch in call:
            batches.append(batch)
    refusal = refusal_of(caught.value)
    assert refusal.reason == "SERVER_STOPPING"
    assert refusal.facts["next_seq"] == str(batches[-1].next_seq)
    assert sum(len(batch.events) for batch in batches) < 100


async def test_a_stream_whose_kernel_starts_ends_with_where_to_resume(
    execution_stub, kernel_stub, kernels, stopping
):
    """Code that was accepted has an id, also if it has not begun."""
    kernels.answers = False
    started = await kernel_stub.StartKernel(kernels_pb2.StartKernelRequest())
    request = executions_pb2.ExecuteRequest(kernel_id=started.kernel.kernel_id)
    call = execution_stub.Execute(request)
    accepted = await anext(aiter(call))

    stopping()

    refusal = await refused(call)
    assert refusal.reason == "SERVER_STOPPING"
    assert refusal.facts == {
        "execution_id": accepted.events[0].accepted.execution_id,
        "next_seq": str(accepted.next_seq),
    }


async def test_code_that_is_taken_on_meanwhile_is_told_of(
    execution_stub, execution_store, kernel, kernels, server, stopping
):
    """Who is told nothing would run it again."""
    execution_store.may_add.clear()
    request = executions_pb2.ExecuteRequest(kernel_id=kernel.kernel_id, code="wait")
    call = execution_stub.Execute(request)
    await until(lambda: execution_store.adding)

    stopping()
    await until(lambda: server._guard._stopping)  # its stream is being ended, too
    execution_store.may_add.set()

    refusal = await refused(call)
    assert refusal.what == ("UNAVAILABLE", "SERVER_STOPPING")
    await kernels.running_code(kernel.kernel_id)
    assert refusal.facts == {"execution_id": kernels.requests[-1][2].msg_id, "next_seq": "0"}


async def test_the_code_is_not_stopped_with_the_stream(execute, stopping, kernels, kernel):
    """A server that stops does not interrupt anybody's work."""
    call = await execute()

    stopping()

    await refused(call)
    assert kernels.interrupts[kernel.kernel_id] == 0


@pytest.mark.parametrize("wait_ready", [False, True])
async def test_a_call_under_way_is_finished(session_stub, kernels, stopping, wait_ready):
    """A document that is being opened is opened."""
    kernels.may_start.clear()
    request = pb.CreateSessionRequest(path="a.ipynb", wait_ready=wait_ready)
    creating = session_stub.CreateSession(request)
    await kernels.held_up(1)

    stopping()
    kernels.may_start.set()

    assert (await creating).created


async def test_a_call_that_comes_too_late_is_unavailable(session_stub, server):
    """A client connects again, and finds the next server."""
    await session_stub.SessionExists(pb.SessionExistsRequest(path="a.ipynb"))

    await server.stop()

    code = await session_stub.SessionExists(pb.SessionExistsRequest(path="a.ipynb")).code()
    assert code is grpc.StatusCode.UNAVAILABLE


async def test_stopping_twice_is_stopping(server):
    """SIGTERM may come again."""
    await asyncio.gather(server.stop(), server.stop())


class TestWithoutPatience:
    """With a grace that passes."""

    @pytest.fixture
    def config(self, config):
        """A server that waits for nobody."""
        return replace(config, rpc=replace(config.rpc, stop_grace_seconds=0.1))

    @pytest.mark.covers("SessionService", "SERVER_STOPPING")
    @pytest.mark.covers("KernelService", "SERVER_STOPPING")
    @pytest.mark.parametrize("rpc", ["CreateSession", "StartKernel"])
    async def test_a_call_that_takes_too_long_is_told_so(
        self, session_stub, kernel_stub, kernels, stopping, rpc
    ):
        """Its caller repeats it at the next server; here nothing is left of it."""
        kernels.may_start.clear()
        if rpc == "CreateSession":
            call = session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb"))
        else:
            call = kernel_stub.StartKernel(kernels_pb2.StartKernelRequest())
        await kernels.held_up(1)

        stopping()

        refusal = await refused(call)
        assert refusal.what == ("UNAVAILABLE", "SERVER_STOPPING")
        await until(lambda: not kernels.starting)
        assert not kernels.alive
