"""Whatever many callers do at once: each answer is documented, and in the end all is in order."""

import asyncio
import random
from dataclasses import replace

import grpc
import pytest

from jupyter_sessions.v1 import executions_pb2, kernels_pb2
from jupyter_sessions.v1 import sessions_pb2 as pb
from jupyter_sessions_server.config import KernelConfig
from tests.refusals import refusal_of
from tests.repo.proto_comments import error_lines
from tests.waiting import until

DOCUMENTED = {(line.where, line.reason) for line in error_lines()} | {
    ("KernelService.StartKernel", "KERNEL_NOT_FOUND")  # shut down before its start is answered
}
CALLS = 150


@pytest.fixture
def config(config):
    """A server whose limit of kernels is met."""
    return replace(config, kernels=KernelConfig(kernel_limit=6))


class Callers:
    """Many callers, who know few names and do not know of each other."""

    def __init__(self, stubs, seed, keeping):
        self._stubs = stubs
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._ways = [
            self._create, self._create, self._update, self._delete, self._kernel, self._execute,
        ]  # fmt: skip
        if keeping:
            self._ways.append(self._start)

    def call(self):
        """A call of any of them: the RPC's name, and what it comes to."""
        service, method, request = self._random.choice(self._ways)()
        rpc = f"{service}.{method}"
        return rpc, getattr(self._stubs[service], method)(request, timeout=15)

    def _some(self, *values):
        return self._random.choice(values)

    def _create(self):
        wish = self._some(
            {},
            {},
            {"kernel_id": "k"},
            {"kernel_id": "l"},
            {"kernel_name": self._some("ir", "broken")},
        )
        request = pb.CreateSessionRequest(
            path=self._some("a", "b", "c"),
            name=self._some("", "n"),
            session_id=self._some("", "s", "t"),
            request_id=self._some("", "", "1", "2"),
            if_exists=self._some(0, 1, 2, 3),
            wait_ready=self._some(False, True),
            **wish,
        )
        return "SessionService", "CreateSession", request

    def _update(self):
        new = self._some(
            {"path": self._some("a", "b", "c")},
            {"name": self._some("", "n")},
            {"kernel": {"kernel_id": self._some("k", "l")}},
            {"kernel": {"kernel_name": self._some("ir", "broken")}},
        )
        mask = [f"kernel.{name}" for name in new["kernel"]] if "kernel" in new else list(new)
        request = pb.UpdateSessionRequest(
            session=pb.Session(session_id=self._some("s", "t"), **new),
            update_mask={"paths": mask},
            previous_kernel=self._some(0, 1, 3),
        )
        return "SessionService", "UpdateSession", request

    def _delete(self):
        request = pb.DeleteSessionRequest(
            session_id=self._some("s", "t"), kernel=self._some(0, 1, 3)
        )
        return "SessionService", "DeleteSession", request

    def _kernel(self):
        method = self._some("RestartKernel", "ShutDownKernel", "InterruptKernel", "GetKernel")
        request = getattr(kernels_pb2, f"{method}Request")(kernel_id=self._some("k", "l"))
        return "KernelService", method, request

    def _start(self):
        request = kernels_pb2.StartKernelRequest(
            kernel_id=self._some("k", "l"),
            kernel_name=self._some("", "python", "ir", "broken"),
            wait_ready=self._some(False, True),
        )
        return "KernelService", "StartKernel", request

    def _execute(self):
        code = self._some("say a", "die", "fail")
        where = self._some({"session_id": "s"}, {"kernel_id": "k"})
        return "ExecutionService", "Execute", executions_pb2.ExecuteRequest(code=code, **where)


async def end_of(rpc, call):
    """Wait for the end of a call; fails if its error is not documented."""
    try:
        if hasattr(call, "__aiter__"):
            events = [event async for batch in call for event in batch.events]
            assert events[-1].HasField("finished")
        else:
            await call
    except asyncio.CancelledError:
        assert call.cancelled()
    except grpc.aio.AioRpcError as error:
        reason = refusal_of(error).reason
        assert (rpc, reason) in DOCUMENTED, (rpc, error.code(), reason)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("keeping", [False, True])
async def test_any_mix_of_calls_leaves_all_in_order(
    session_stub, kernel_stub, execution_stub, kernels, seed, keeping
):
    """A kernel runs if a session has it, or somebody wanted it kept; a path has one session."""
    stubs = {
        "SessionService": session_stub,
        "KernelService": kernel_stub,
        "ExecutionService": execution_stub,
    }
    callers = Callers(stubs, seed, keeping)
    dice = random.Random(seed)  # noqa: S311 - no secret
    ends = []
    for _ in range(CALLS):
        rpc, call = callers.call()
        ends.append(asyncio.ensure_future(end_of(rpc, call)))
        for _ in range(dice.randrange(12)):
            await asyncio.sleep(0)
        if dice.random() < 0.1:
            call.cancel()

    await asyncio.gather(*ends)

    await until(lambda: not kernels.starting and not kernels.stopping)
    await _all_is_in_order(session_stub, kernel_stub, kernels, keeping)


async def _all_is_in_order(session_stub, kernel_stub, kernels, keeping):
    async with asyncio.timeout(10):
        while True:
            sessions = (await session_stub.ListSessions(pb.ListSessionsRequest())).sessions
            listed = (await kernel_stub.ListKernels(kernels_pb2.ListKernelsRequest())).kernels
            used = {session.kernel.kernel_id for session in sessions}
            dead = {k.kernel_id for k in listed if k.state == kernels_pb2.KERNEL_STATE_DEAD}
            ids = {kernel.kernel_id for kernel in listed}
            if (
                kernels.alive.keys() == ids - dead
                and (used <= ids if keeping else used == ids)
                and len({session.path for session in sessions}) == len(sessions)
            ):
                return
