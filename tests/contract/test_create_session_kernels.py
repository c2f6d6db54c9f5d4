"""CreateSession: which kernel a new session gets."""

from dataclasses import replace

import pytest

from jupyter_sessions.v1 import kernels_pb2
from jupyter_sessions.v1 import sessions_pb2 as pb
from jupyter_sessions_server.config import KernelConfig, SessionConfig
from tests.refusals import refused


@pytest.fixture
def config(config):
    """A server for two kernels and three sessions."""
    few = KernelConfig(kernel_limit=2)
    return replace(config, kernels=few, sessions=SessionConfig(session_limit=3))


async def test_without_a_wish_it_is_a_new_one_of_the_default_kernelspec(session_stub):
    """Most callers want Python."""
    answer = await session_stub.CreateSession(pb.CreateSessionRequest(path="a.ipynb"))

    assert answer.session.kernel.kernel_name == "python3"


async def test_a_new_one_of_the_kernelspec_asked_for(session_stub):
    """A notebook says which language it is in."""
    request = pb.CreateSessionRequest(path="a.ipynb", kernel_name="ir")

    answer = await session_stub.CreateSession(request)

    assert answer.session.kernel.kernel_name == "ir"


async def test_a_kernel_that_runs_can_be_attached_to(session_stub, kernel, kernels):
    """A console is opened on a notebook's kernel, to look at its variables."""
    request = pb.CreateSessionRequest(path="console-1", kernel_id=kernel.kernel_id)

    answer = await session_stub.CreateSession(request)

    assert answer.session.kernel.kernel_id == kernel.kernel_id
    assert len(kernels.launches) == 1


@pytest.mark.parametrize("kernel", ["", "ir"])
async def test_an_unknown_id_starts_a_kernel_under_it(session_stub, kernel):
    """A caller who restores its state wants the kernel it knew, under the id it knew."""
    request = pb.CreateSessionRequest(
        path="a.ipynb", kernel_id="Kernel_1-a", fallback_kernel_name=kernel
    )

    answer = await session_stub.CreateSession(request)

    assert answer.session.kernel.kernel_id == "Kernel_1-a"
    assert answer.session.kernel.kernel_name == (kernel or "python3")


@pytest.mark.covers("SessionService.CreateSession", "KERNEL_ALREADY_EXISTS")
async def test_an_id_of_another_kernelspec_is_refused(session_stub, kernel):
    """Who restores an R session must not be given somebody's Python."""
    request = pb.CreateSessionRequest(
        path="a.ipynb", kernel_id=kernel.kernel_id, fallback_kernel_name="ir"
    )

    refusal = await refused(session_stub.CreateSession(request))

    assert refusal.what == ("ALREADY_EXISTS", "KERNEL_ALREADY_EXISTS")
    assert refusal.facts == {"kernel_id": kernel.kernel_id, "kernel_name": "python3"}


async def test_the_kernelspec_of_an_id_may_be_given_by_another_name(session_stub, kernel):
    """`python` is `python3` wherever a kernelspec is named."""
    request = pb.CreateSessionRequest(
        path="a.ipynb", kernel_id=kernel.kernel_id, fallback_kernel_name="python"
    )

    answer = await session_stub.CreateSession(request)

    assert answer.session.kernel.kernel_id == kernel.kernel_id


@pytest.mark.covers("SessionService.CreateSession", "KERNELSPEC_NOT_FOUND")
@pytest.mark.parametrize(
    "wish", [{"kernel_name": "nope"}, {"kernel_id": "k", "fallback_kernel_name": "nope"}]
)
async def test_an_unknown_kernelspec_makes_no_session(session_stub, kernels, wish):
    """A notebook in a language that is not installed cannot be opened, and it is said which."""
    request = pb.CreateSessionRequest(path="a.ipynb", **wish)

    refusal = await refused(session_stub.CreateSession(request))

    assert refusal.what == ("NOT_FOUND", "KERNELSPEC_NOT_FOUND")
    assert refusal.facts == {"kernel_name": "nope"}
    assert not (await session_stub.ListSessions(pb.ListSessionsRequest())).sessions
    assert not kernels.launches


@pytest.mark.covers("SessionService.CreateSession", "KERNEL_DEAD")
async def test_a_dead_kernel_cannot_be_attached_to(session_stub, session, kernels):
    """Code would never be run; the kernel has to be restarted first."""
    kernels.die(session.kernel.kernel_id)
    request = pb.CreateSessionRequest(path="b.ipynb", kernel_id=session.kernel.kernel_id)

    refusal = await refused(session_stub.CreateSession(request))

    assert refusal.what == ("FAILED_PRECONDITION", "KERNEL_DEAD")
    assert refusal.facts == {"kernel_id": session.kernel.kernel_id, "cause": "SIGNALED"}


@pytest.mark.covers("SessionService.CreateSession", "KERNEL_START_FAILED")
async def test_a_start_that_fails_leaves_nothing_behind(session_stub, kernel_stub, specs, kernels):
    """When the kernelspec is mended the document can be opened as if nothing had been."""
    request = pb.CreateSessionRequest(path="a.ipynb", kernel_name="broken")

    refusal = await refused(session_stub.CreateSession(request))

    assert refusal.what == ("FAILED_PRECONDITION", "KERNEL_START_FAILED")
    assert refusal.facts == {"kernel_name": "broken", "detail": "no such program"}
    assert not (await session_stub.ListSessions(pb.ListSessionsRequest())).sessions
    assert not (await kernel_stub.ListKernels(kernels_pb2.ListKernelsRequest())).kernels
    kernels.unstartable.clear()
    assert (await session_stub.CreateSession(request)).created


@pytest.mark.covers("SessionService.CreateSession", "KERNEL_LIMIT_REACHED")
async def test_no_more_kernels_than_the_limit(session_stub):
    """A server's memory is bounded; the limit is named, so that its owner knows what to raise."""
    for path in ("a.ipynb", "b.ipynb"):
        await session_stub.CreateSession(pb.CreateSessionRequest(path=path))

    call = session_stub.CreateSession(pb.CreateSessionRequest(path="c.ipynb"))

    refusal = await refused(call)
    assert refusal.what == ("RESOURCE_EXHAUSTED", "KERNEL_LIMIT_REACHED")
    assert refusal.facts == {"kernel_limit": "2"}


async def test_a_dead_kernel_does_not_count(session_stub, session, kernels):
    """The limit is about processes."""
    kernels.die(session.kernel.kernel_id)
    await session_stub.CreateSession(pb.CreateSessionRequest(path="b.ipynb"))

    answer = await session_stub.CreateSession(pb.CreateSessionRequest(path="c.ipynb"))

    assert answer.created


@pytest.mark.covers("SessionService.CreateSession", "SESSION_LIMIT_REACHED")
async def test_no_more_sessions_than_the_limit(session_stub, session):
    """A caller in a loop must not fill the disk."""
    wish = {"kernel_id": session.kernel.kernel_id}
    for path in ("b.ipynb", "c.ipynb"):
        await session_stub.CreateSession(pb.CreateSessionRequest(path=path, **wish))

    call = session_stub.CreateSession(pb.CreateSessionRequest(path="d.ipynb", **wish))

    refusal = await refused(call)
    assert refusal.what == ("RESOURCE_EXHAUSTED", "SESSION_LIMIT_REACHED")
    assert refusal.facts == {"session_limit": "3"}
