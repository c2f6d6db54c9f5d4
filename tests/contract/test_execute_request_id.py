"""A request_id makes a retry of Execute attach to what the first one runs; SendInput answers."""

import asyncio

import pytest

from jupyter_sessions.v1 import executions_pb2 as pb
from jupyter_sessions.v1 import kernels_pb2
from jupyter_sessions_server.model import Channel
from tests.contract.running_executions import begin, state_of, texts
from tests.refusals import refused
from tests.waiting import until


@pytest.fixture
def kernel_id(kernel):
    """A kernel that is ready."""
    return kernel.kernel_id


async def test_a_retry_attaches_to_the_first(execution_stub, kernel_id, kernels):
    """A caller whose connection broke runs nothing twice."""
    first = await begin(execution_stub, kernel_id=kernel_id, code="say x", request_id="r")
    events = [first.accepted, *await first.rest()]

    again = await begin(execution_stub, kernel_id=kernel_id, code="say x", request_id="r")

    assert [again.accepted, *await again.rest()] == events
    assert sum(r.msg_type == "execute_request" for _, _, r in kernels.requests) == 1


async def test_many_retries_at_once_run_it_once(execution_stub, kernel_id, kernels):
    """However impatient the caller is."""
    begun = await asyncio.gather(
        *(
            begin(execution_stub, kernel_id=kernel_id, code="say x", request_id="r")
            for _ in range(20)
        )
    )

    assert len({each.execution_id for each in begun}) == 1
    assert [texts(await each.rest()) for each in begun] == [["x"]] * 20
    assert sum(r.msg_type == "execute_request" for _, _, r in kernels.requests) == 1


async def test_a_retry_finds_the_first_though_its_kernel_has_ended(
    execution_stub, kernel_stub, kernel_id
):
    """A caller learns what became of the code, not that none can be run any more."""
    first = await begin(execution_stub, kernel_id=kernel_id, code="say x", request_id="r")
    await first.rest()
    await kernel_stub.ShutDownKernel(kernels_pb2.ShutDownKernelRequest(kernel_id=kernel_id))

    again = await begin(execution_stub, kernel_id=kernel_id, code="say x", request_id="r")

    assert again.execution_id == first.execution_id


@pytest.mark.covers("ExecutionService.Execute", "REQUEST_ID_REUSED")
async def test_another_request_of_the_same_id_is_refused(execution_stub, kernel_id):
    """It would be answered with what it did not ask for."""
    await (await begin(execution_stub, kernel_id=kernel_id, code="say x", request_id="r")).rest()
    request = pb.ExecuteRequest(kernel_id=kernel_id, code="say y", request_id="r")

    refusal = await refused(execution_stub.Execute(request))

    assert refusal.what == ("INVALID_ARGUMENT", "REQUEST_ID_REUSED")


async def test_a_question_is_answered_from_elsewhere(execution_stub, kernel_id, kernels):
    """Whoever sees it may; who asked first may have gone."""
    begun = await begin(execution_stub, kernel_id=kernel_id, code="ask name?", allow_stdin=True)
    await kernels.running_code(kernel_id)
    request = pb.SendInputRequest(execution_id=begun.execution_id, value="Ada")

    await execution_stub.SendInput(request)

    events = await begun.rest()
    [question] = [event.input_request for event in events if event.HasField("input_request")]
    assert (question.prompt, question.password) == ("name?", False)
    assert texts(events) == ["Ada"]
    assert [c for _, c, r in kernels.requests if r.msg_type == "input_reply"] == [Channel.STDIN]


async def test_whoever_attaches_sees_the_question(execution_stub, kernel_id, kernels):
    """The tab was closed, and the other one asks on."""
    begun = await begin(execution_stub, kernel_id=kernel_id, code="ask ?", allow_stdin=True)
    await kernels.running_code(kernel_id)
    attach = pb.AttachExecutionRequest(execution_id=begun.execution_id)
    stream = execution_stub.AttachExecution(attach)

    async for batch in stream:
        asked = [e.input_request for e in batch.events if e.HasField("input_request")]
        if asked:
            break
    answer = {"input_request_id": asked[0].input_request_id, "value": "x"}
    await execution_stub.SendInput(pb.SendInputRequest(execution_id=begun.execution_id, **answer))

    assert state_of((await begun.rest())[-1].finished.execution) == "SUCCEEDED"


@pytest.mark.covers("ExecutionService.SendInput", "EXECUTION_NOT_FOUND", "INPUT_NOT_REQUESTED")
async def test_an_answer_that_nobody_wants_is_refused(execution_stub, kernel_id, kernels):
    """An unknown execution, one that asks nothing, and a question that is no longer open."""
    begun = await begin(execution_stub, kernel_id=kernel_id, code="ask ?", allow_stdin=True)
    await kernels.running_code(kernel_id)
    silent = await begin(execution_stub, kernel_id=kernel_id, code="say x")
    await until(lambda: kernels.requests[-1][2].msg_type == "execute_request")
    wrong = {"execution_id": begun.execution_id, "input_request_id": "another"}

    reasons = [
        (await refused(execution_stub.SendInput(pb.SendInputRequest(value="x", **fields)))).reason
        for fields in ({"execution_id": "nobody"}, {"execution_id": silent.execution_id}, wrong)
    ]

    assert reasons == ["EXECUTION_NOT_FOUND", "INPUT_NOT_REQUESTED", "INPUT_NOT_REQUESTED"]
