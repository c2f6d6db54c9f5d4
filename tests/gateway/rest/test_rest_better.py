"""Where the REST API is better than jupyter_server's on purpose: clients only lose less."""

import asyncio
import uuid

import pytest

from jupyter_sessions.v1 import kernels_pb2, sessions_pb2
from tests.gateway.rest.answers import refusal

BODY = {"path": "a.ipynb", "type": "notebook"}


async def test_many_windows_at_once_make_one_session(http, kernels):
    """With jupyter_server they make several, each with a kernel."""
    answers = await asyncio.gather(*(http.post("api/sessions", json=BODY) for _ in range(20)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(kernels.launches) == 1


async def test_many_starts_under_one_id_make_one_kernel(http, kernels):
    """And all of them get it; jupyter_server fails all but one."""
    body = {"kernel_id": str(uuid.uuid4())}

    answers = await asyncio.gather(*(http.post("api/kernels", json=body) for _ in range(20)))

    assert {answer.status_code for answer in answers} == {201}
    assert len(kernels.launches) == 1


async def test_many_sessions_with_one_new_kernel_id_make_one_kernel(http, kernels):
    """A notebook and its consoles, restored at once."""
    kernel = {"id": str(uuid.uuid4())}
    bodies = [{"path": f"{number}", "type": "file", "kernel": kernel} for number in range(10)]

    answers = await asyncio.gather(*(http.post("api/sessions", json=body) for body in bodies))

    assert {answer.status_code for answer in answers} == {201}
    assert len(kernels.launches) == 1


async def test_a_kernel_of_null_counts_as_none(http):
    """jupyter_server fails."""
    response = await http.post("api/sessions", json={**BODY, "kernel": None})

    assert response.json()["kernel"]["name"] == "python3"


@pytest.mark.parametrize("kernel_id", ["mine", "a-b-c-d-e-f", "a/b-c-d-e-f", "a-b-c-d-" + "e" * 60])
async def test_an_id_that_no_address_can_have_is_refused(http, kernel_id, kernels):
    """jupyter_server starts a kernel that nobody can end."""
    by_session = await http.post("api/sessions", json={**BODY, "kernel": {"id": kernel_id}})
    by_kernel = await http.post("api/kernels", json={"kernel_id": kernel_id})

    assert refusal(by_session)[0] == refusal(by_kernel)[0] == 400
    assert kernels.launches == []


async def test_an_unknown_kernel_name_is_the_same_for_kernels_as_for_sessions(http):
    """jupyter_server answers 500, as if it were broken."""
    response = await http.post("api/kernels", json={"name": "nope"})

    assert response.status_code == 501
    assert response.json()["short_message"] == "nope not found"
    assert "reason" not in response.json()


async def test_a_kernel_that_another_session_has_survives_a_deletion(http, new_session):
    """jupyter_server ends it under the other session, which vanishes too."""
    notebook = await new_session("a.ipynb")
    console = await new_session("console", kernel={"id": notebook["kernel"]["id"]})

    await http.delete(f"api/sessions/{notebook['id']}")

    assert (await http.get(f"api/sessions/{console['id']}")).status_code == 200


async def test_a_session_whose_kernel_is_gone_is_only_the_contracts(
    http, new_session, killed, session_stub
):
    """REST has no word for it; the contract tells what the kernel died of."""
    session = await new_session()

    await killed(session["kernel"]["id"])

    assert (await http.get("api/sessions")).json() == []
    assert (await http.get("api/kernels")).json() == []
    for path in (f"api/sessions/{session['id']}", f"api/kernels/{session['kernel']['id']}"):
        assert (await http.get(path)).status_code == 404
    request = sessions_pb2.GetSessionRequest(session_id=session["id"])
    kernel = (await session_stub.GetSession(request)).session.kernel
    assert kernel.exit.cause == kernels_pb2.KERNEL_EXIT_CAUSE_SIGNALED


@pytest.mark.parametrize("method", ["DELETE", "interrupt"])
async def test_what_cannot_be_done_to_a_kernel_that_is_gone(http, new_session, killed, method):
    """It is not there."""
    kernel_id = (await new_session())["kernel"]["id"]
    await killed(kernel_id)

    if method == "DELETE":
        response = await http.delete(f"api/kernels/{kernel_id}")
    else:
        response = await http.post(f"api/kernels/{kernel_id}/{method}")

    assert refusal(response) == (404, f"Kernel does not exist: {kernel_id}")


async def test_a_dead_kernel_that_a_session_has_can_be_restarted(http, new_session, killed):
    """Then the session is back, in the window that still shows it."""
    session = await new_session()
    await killed(session["kernel"]["id"])

    response = await http.post(f"api/kernels/{session['kernel']['id']}/restart")

    assert response.status_code == 200
    assert (await http.get(f"api/sessions/{session['id']}")).status_code == 200


async def test_opening_a_document_again_whose_kernel_died(http, new_session, killed):
    """It gets a new session with a new kernel, as with jupyter_server."""
    old = await new_session()
    await killed(old["kernel"]["id"])

    new = await new_session()

    assert new["kernel"]["id"] != old["kernel"]["id"]
    assert [each["id"] for each in (await http.get("api/sessions")).json()] == [new["id"]]


async def test_many_windows_open_it_again_at_once(http, new_session, killed, kernels):
    """They get one session and one kernel all the same."""
    old = await new_session()
    await killed(old["kernel"]["id"])

    answers = await asyncio.gather(*(http.post("api/sessions", json=BODY) for _ in range(20)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["kernel"]["id"] for answer in answers}) == 1
    assert len(kernels.launches) == 2


async def test_a_dead_kernels_id_can_be_asked_for_again(new_session, new_kernel, killed):
    """For REST it is free; it is the same kernel, started again."""
    old = await new_session()
    await killed(old["kernel"]["id"])

    kernel = await new_kernel(kernel_id=old["kernel"]["id"])
    console = await new_session("console", kernel={"id": old["kernel"]["id"]})

    assert kernel["id"] == console["kernel"]["id"] == old["kernel"]["id"]


async def test_a_session_for_a_dead_kernels_id(new_session, killed, kernels):
    """The same, where only the session asks for it."""
    old = await new_session()
    await killed(old["kernel"]["id"])

    console = await new_session("console", kernel={"id": old["kernel"]["id"]})

    assert console["kernel"]["id"] == old["kernel"]["id"]
    assert len(kernels.launches) == 2


async def test_deleting_a_session_whose_kernel_is_gone_removes_it(
    http, new_session, killed, session_stub
):
    """The answer is jupyter_server's: it was not there."""
    session = await new_session()
    await killed(session["kernel"]["id"])

    response = await http.delete(f"api/sessions/{session['id']}")

    assert refusal(response)[0] == 404
    exists = await session_stub.SessionExists(sessions_pb2.SessionExistsRequest(path="a.ipynb"))
    assert not exists.exists
