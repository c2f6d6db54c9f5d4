"""GetExecution and ListExecutions find what was run."""

import pytest

from jupyter_sessions.v1 import executions_pb2 as pb
from jupyter_sessions.v1 import kernels_pb2, sessions_pb2
from jupyter_sessions_server.requests import request
from tests.contract.running_executions import begin, state_of, texts
from tests.refusals import refused
from tests.waiting import until


@pytest.fixture
def kernel_id(kernel):
    """A kernel that is ready."""
    return kernel.kernel_id


@pytest.fixture
def listed(execution_stub):
    """Lists executions, all pages of them."""

    async def listed(**fields):
        request = pb.ListExecutionsRequest(**fields)
        found = []
        while True:
            page = await execution_stub.ListExecutions(request)
            found += page.executions
            request.page_token = page.next_page_token
            if not request.page_token:
                return found

    return listed


async def test_an_execution_is_found_by_its_id(execution_stub, kernel_id):
    """Whoever knows it reads what became of it."""
    begun = await begin(execution_stub, kernel_id=kernel_id, code="value 1")
    finished = (await begun.rest())[-1].finished.execution

    assert await begun.now() == finished


async def test_other_front_ends_code_is_found_by_whatever_id_it_has(
    execution_stub, kernel_id, kernels, listed
):
    """What is listed can be asked for."""
    kernels._execute(kernel_id, request("execute_request", {"code": "say x"}, "m" * 256))
    await until(lambda: kernels._history[kernel_id])
    [found] = await listed(kernel_id=kernel_id)

    answer = await execution_stub.GetExecution(
        pb.GetExecutionRequest(execution_id=found.execution_id)
    )

    assert answer.execution == found


async def test_its_events_come_page_by_page(execution_stub, kernel_id):
    """So that an answer has a size a caller can live with."""
    begun = await begin(execution_stub, kernel_id=kernel_id, code="lines 50")
    events = [begun.accepted, *await begun.rest()]
    request = pb.GetExecutionRequest(
        execution_id=begun.execution_id, include_events=True, page_size_bytes=300
    )

    pages = []
    while not pages or request.page_token:
        page = await execution_stub.GetExecution(request)
        pages.append(page.events)
        request.page_token = page.next_page_token

    assert [event for page in pages for event in page] == events
    assert len(pages) > 3


async def test_events_so_far_are_told_of_one_that_runs(execution_stub, kernel_id, kernels):
    """It does not wait for the end."""
    begun = await begin(execution_stub, kernel_id=kernel_id, code="wait")
    await anext(begun.call)
    request = pb.GetExecutionRequest(execution_id=begun.execution_id, include_events=True)

    answer = await execution_stub.GetExecution(request)

    assert state_of(answer.execution) == "RUNNING"
    assert [event.WhichOneof("event") for event in answer.events] == ["accepted", "started"]


async def test_executions_are_listed_newest_first(execution_stub, kernel_id, listed):
    """The last one is what most look for."""
    for code in ("say 1", "fail 2", "say 3"):
        await (await begin(execution_stub, kernel_id=kernel_id, code=code)).rest()

    found = await listed(kernel_id=kernel_id)

    assert [(each.code, state_of(each)) for each in found] == [
        ("say 3", "SUCCEEDED"),
        ("fail 2", "FAILED"),
        ("say 1", "SUCCEEDED"),
    ]


async def test_a_list_comes_in_pages_and_by_state(execution_stub, kernel_id, listed):
    """Those that failed are seldom many."""
    for number in range(7):
        code = f"{'fail' if number % 3 == 0 else 'say'} {number}"
        begun = await begin(execution_stub, kernel_id=kernel_id, code=code)
        await begun.rest()

    failed = [pb.EXECUTION_STATE_FAILED]
    in_pages = await listed(kernel_id=kernel_id, page_size=2)
    only_failed = await listed(kernel_id=kernel_id, states=failed, page_size=1)

    assert [each.code[-1] for each in in_pages] == list("6543210")
    assert [each.code for each in only_failed] == ["fail 6", "fail 3", "fail 0"]


async def test_a_session_lists_what_ran_in_its_kernel(execution_stub, session, listed):
    """Whoever knows the document."""
    await (await begin(execution_stub, session_id=session.session_id, code="say x")).rest()

    [found] = await listed(session_id=session.session_id)

    assert found.session_id == session.session_id


async def test_what_a_kernel_said_is_kept_when_it_is_gone(execution_stub, kernel_stub, kernel_id):
    """The report was run, the kernel shut down, and then somebody asks for the report."""
    begun = await begin(execution_stub, kernel_id=kernel_id, code="lines 3")
    await begun.rest()
    await kernel_stub.ShutDownKernel(kernels_pb2.ShutDownKernelRequest(kernel_id=kernel_id))

    assert texts(await begun.attached()) == ["0", "1", "2"]


async def test_it_can_be_purged_with_the_session(execution_stub, session_stub, session):
    """What was secret is not kept a day."""
    begun = await begin(execution_stub, session_id=session.session_id, code="say secret")
    await begun.rest()
    request = sessions_pb2.DeleteSessionRequest(session_id=session.session_id, purge=True)

    await session_stub.DeleteSession(request)

    get = pb.GetExecutionRequest(execution_id=begun.execution_id)
    assert (await refused(execution_stub.GetExecution(get))).reason == "EXECUTION_NOT_FOUND"


@pytest.mark.covers("ExecutionService.GetExecution", "EXECUTION_NOT_FOUND", "PAGE_TOKEN_INVALID")
async def test_what_cannot_be_got_is_told(execution_stub, kernel_id):
    """An unknown id, and a token of another list."""
    begun = await begin(execution_stub, kernel_id=kernel_id, code="say x")
    unknown = pb.GetExecutionRequest(execution_id="nobody")
    strange = pb.GetExecutionRequest(execution_id=begun.execution_id, page_token="x")

    assert (await refused(execution_stub.GetExecution(unknown))).reason == "EXECUTION_NOT_FOUND"
    assert (await refused(execution_stub.GetExecution(strange))).reason == "PAGE_TOKEN_INVALID"


@pytest.mark.covers(
    "ExecutionService.ListExecutions",
    "SESSION_NOT_FOUND",
    "KERNEL_NOT_FOUND",
    "PAGE_TOKEN_INVALID",
)
@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"session_id": "nobody"}, "SESSION_NOT_FOUND"),
        ({"kernel_id": "nobody"}, "KERNEL_NOT_FOUND"),
        ({"kernel_id": "", "page_token": "x"}, "FIELD_INVALID"),
        ({}, "FIELD_INVALID"),
        ({"kernel_id": None, "page_token": "x"}, "PAGE_TOKEN_INVALID"),
        ({"kernel_id": None, "page_size": -1}, "FIELD_INVALID"),
        ({"kernel_id": None, "states": [99]}, "FIELD_INVALID"),
    ],
)
async def test_what_cannot_be_listed_is_told(execution_stub, kernel_id, fields, reason):
    """Each with its own reason; None stands for a kernel that there is."""
    if "kernel_id" in fields and fields["kernel_id"] is None:
        fields = {**fields, "kernel_id": kernel_id}

    refusal = await refused(execution_stub.ListExecutions(pb.ListExecutionsRequest(**fields)))

    assert refusal.reason == reason
