"""Whatever is asked, the answer is one that the contract tells of: the service never fails."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given
from hypothesis import strategies as st

from jupyter_sessions.v1 import kernels_pb2, sessions_pb2
from jupyter_sessions_server.app import open_domain
from jupyter_sessions_server.config import Config, KernelConfig, RpcConfig
from jupyter_sessions_server.rpc.authentication import TokenAuthenticator
from jupyter_sessions_server.rpc.server import RpcServer
from jupyter_sessions_server.sessions.reader import DEFAULT_OWNER
from jupyter_sessions_server.work import tasks_of_block
from tests.conftest import TOKEN
from tests.contract.any_request import messages
from tests.fakes import FakeClock, FakeContents, FakeKernels, FakeSpecs
from tests.refusals import refusal_of
from tests.repo.proto_comments import error_lines
from tests.rpcs import RPCS, SERVED

DOCUMENTED = {(line.where, line.code, line.reason) for line in error_lines()}


class Service:
    """A server for many examples, in a loop of its own that runs while an answer is waited for."""

    def __init__(self):
        self._runner = asyncio.Runner()
        self._exit = AsyncExitStack()

    def __enter__(self):
        self._runner.run(self._open())
        return self

    def __exit__(self, *exc_info):
        self._runner.run(self._exit.aclose())
        self._runner.close()

    async def _open(self):
        # Few kernels, so that the limit is met, too.
        config = Config(token=TOKEN, root_dir=Path("/"), data_dir=None, rpc=RpcConfig(port=0))
        config = replace(config, kernels=KernelConfig(kernel_limit=5))
        clock = FakeClock()
        domain = await self._exit.enter_async_context(
            open_domain(
                config,
                tasks=await self._exit.enter_async_context(tasks_of_block()),
                host=FakeKernels(clock),
                specs=FakeSpecs(),
                contents_manager=FakeContents(),
                clock=clock,
            )
        )
        server = RpcServer(
            config.rpc,
            authenticator=TokenAuthenticator(TOKEN, DEFAULT_OWNER),
            sessions=domain.sessions,
            executions=domain.executions,
            queries=domain.queries,
            connections=domain.connections,
        )
        await server.start()
        self._exit.push_async_callback(server.stop)
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{server.port}")
        self._channel = await self._exit.enter_async_context(channel)

    def prepare(self):
        """Let there be a session s, mostly of a.ipynb, and a kernel k that runs; no other."""
        listed = self.answer("KernelService.ListKernels", b"")
        for kernel in listed[0].kernels:
            if kernel.kernel_id != "k":
                self.ask("ShutDownKernel", kernels_pb2, kernel_id=kernel.kernel_id)
        self.ask("RestartKernel", kernels_pb2, kernel_id="k", only_if_dead=True, wait_ready=True)
        self.ask(
            "CreateSession",
            sessions_pb2,
            path="a.ipynb",
            session_id="s",
            kernel_id="k",
            wait_ready=True,
        )

    def ask(self, method, module, **fields):
        """The answer to a request of this method."""
        (rpc,) = [rpc for rpc in SERVED if rpc.endswith(f".{method}")]
        return self.answer(rpc, getattr(module, f"{method}Request")(**fields).SerializeToString())

    def answer(self, rpc, body):
        """The answers to a request, or what it was refused with."""
        return self._runner.run(self._answer(RPCS[rpc], body))

    async def _answer(self, method, body):
        path = f"/{method.containing_service.full_name}/{method.name}"
        kind = self._channel.unary_stream if method.server_streaming else self._channel.unary_unary
        call = kind(path)(body, metadata=(("authorization", f"Bearer {TOKEN}"),), timeout=10)
        try:
            if method.client_streaming:  # it goes on for as long as its caller stays
                answers = [await anext(aiter(call))]
                call.cancel()
            elif method.server_streaming:
                answers = [part async for part in call]
            else:
                answers = [await call]
        except grpc.aio.AioRpcError as error:
            return refusal_of(error)
        response = GetMessageClass(method.output_type)
        return [response.FromString(answer) for answer in answers]


@pytest.fixture(scope="module")
def service():
    """One server for all examples: what one leaves behind, the next one meets."""
    with Service() as service:
        yield service


def require_documented(rpc, answer):
    """Fail if the answer is an error that a client could not know of."""
    if isinstance(answer, list):
        return
    wheres = (rpc, rpc.partition(".")[0])
    known = any((where, *answer.what) in DOCUMENTED for where in wheres)
    assert known or answer.what == ("UNIMPLEMENTED", "NOT_IMPLEMENTED"), answer
    assert bool(answer.fields) == (answer.reason in ("FIELD_INVALID", "PAGE_TOKEN_INVALID"))


@pytest.mark.parametrize("rpc", SERVED)
@given(data=st.data())
def test_any_request_has_a_documented_answer(service, rpc, data):
    """Fields of any length, characters, numbers: a client may have bugs, and users imagination."""
    service.prepare()
    request = data.draw(messages(RPCS[rpc].input_type))

    answer = service.answer(rpc, request.SerializeToString())

    require_documented(rpc, answer)


@pytest.mark.parametrize("rpc", SERVED)
@given(body=st.binary(max_size=100))
def test_any_bytes_have_a_documented_answer(service, rpc, body):
    """What comes over the network need not be a request at all."""
    answer = service.answer(rpc, body)

    require_documented(rpc, answer)
