"""/api/kernels, as clients of jupyter_server know it."""

import re
import uuid

import pytest

from jupyter_sessions.v1 import kernels_pb2 as pb
from jupyter_sessions.v1.executions_pb2 import ExecuteRequest
from jupyter_sessions_server.gateway.jupyter_json import kernel_model
from tests.contract.connecting import FrontEnds
from tests.gateway.rest.answers import is_page, refusal
from tests.waiting import until

UNKNOWN = "0a1b2c3d-0000-4000-8000-000000000000"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")


async def start(client, **body):
    response = await client.post("api/kernels", json=body)
    assert response.status_code == 201, response.text
    return response.json()


async def test_a_new_kernel_is_answered_with_its_address(jupyter):
    """And with its model, which is all that clients know of kernels."""
    response = await jupyter.post("api/kernels", json={"name": "python3"})

    kernel = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == f"/api/kernels/{kernel['id']}"
    assert list(kernel) == ["id", "name", "last_activity", "execution_state", "connections"]
    assert (kernel["name"], kernel["connections"]) == ("python3", 0)
    assert TIME.fullmatch(kernel["last_activity"])


@pytest.mark.parametrize("body", ["", "null", "{}", '{"name": null}'])
async def test_without_a_wish_it_is_the_default_kernel(jupyter, body):
    """A client that does not care says nothing."""
    response = await jupyter.post("api/kernels", content=body)

    assert response.status_code == 201
    assert response.json()["name"] == "python3"


async def test_python_means_python3(jupyter):
    """The model tells which it is."""
    assert (await start(jupyter, name="python"))["name"] == "python3"


async def test_a_kernel_is_got_and_listed(jupyter):
    """Those of sessions too."""
    kernel = await start(jupyter)
    body = {"path": uuid.uuid4().hex, "type": "file"}
    session = (await jupyter.post("api/sessions", json=body)).json()

    found = await jupyter.get(f"api/kernels/{kernel['id']}")
    listed = [each["id"] for each in (await jupyter.get("api/kernels")).json()]

    assert found.status_code == 200
    assert found.json()["id"] == kernel["id"]
    assert {kernel["id"], session["kernel"]["id"]} <= set(listed)


@pytest.mark.parametrize(
    ("method", "action"),
    [("GET", ""), ("DELETE", ""), ("POST", "/interrupt")],
)
async def test_an_unknown_kernel_is_not_found(jupyter, method, action):
    """Clients show the message."""
    response = await jupyter.request(method, f"api/kernels/{UNKNOWN}{action}")

    assert refusal(response) == (404, f"Kernel does not exist: {UNKNOWN}")


async def test_restarting_an_unknown_kernel(http):
    """It is not found, as for all else; jupyter_server says 500, as for a failure of its own."""
    response = await http.post(f"api/kernels/{UNKNOWN}/restart")

    assert refusal(response) == (404, f"Kernel does not exist: {UNKNOWN}")


async def test_deleting_ends_the_kernel(jupyter):
    """It is gone when the answer comes."""
    kernel = await start(jupyter)

    response = await jupyter.delete(f"api/kernels/{kernel['id']}")

    assert (response.status_code, response.content) == (204, b"")
    assert "content-type" not in response.headers
    assert (await jupyter.get(f"api/kernels/{kernel['id']}")).status_code == 404


async def test_the_sessions_of_a_deleted_kernel_vanish(jupyter, path):
    """From the list, and by their id."""
    body = {"path": path, "type": "notebook"}
    session = (await jupyter.post("api/sessions", json=body)).json()

    await jupyter.delete(f"api/kernels/{session['kernel']['id']}")

    listed = (await jupyter.get("api/sessions")).json()
    assert session["id"] not in [each["id"] for each in listed]
    assert (await jupyter.get(f"api/sessions/{session['id']}")).status_code == 404


async def test_interrupting(jupyter):
    """There is nothing to tell."""
    kernel = await start(jupyter)

    response = await jupyter.post(f"api/kernels/{kernel['id']}/interrupt")

    assert (response.status_code, response.content) == (204, b"")


async def test_an_interrupt_reaches_the_kernel(http, new_kernel, kernels, kernel_manager):
    """Else code would run on."""
    kernel = await new_kernel()
    await until(lambda: not kernel_manager.kernel(kernel["id"]).state.name.startswith("START"))

    await http.post(f"api/kernels/{kernel['id']}/interrupt")

    assert kernels.interrupts[kernel["id"]] == 1


async def test_restarting_keeps_the_id(jupyter):
    """So clients stay connected to it."""
    kernel = await start(jupyter)

    response = await jupyter.post(f"api/kernels/{kernel['id']}/restart")

    assert response.status_code == 200
    assert response.json()["id"] == kernel["id"]


async def test_a_restart_is_a_new_process(http, new_kernel, kernels):
    """The variables are gone."""
    kernel = await new_kernel()

    await http.post(f"api/kernels/{kernel['id']}/restart")

    assert [launch.kernel_id for launch in kernels.launches] == [kernel["id"]] * 2


async def test_a_restart_that_fails(http, new_kernel, kernels):
    """The text is jupyter_server's."""
    kernel = await new_kernel()
    kernels.unstartable.add("python3")

    response = await http.post(f"api/kernels/{kernel['id']}/restart")

    assert refusal(response) == (500, "Exception restarting kernel")


@pytest.mark.parametrize("action", ["interrupt", "restart"])
async def test_actions_are_not_for_reading(jupyter, action):
    """A link must not restart a kernel."""
    response = await jupyter.get(f"api/kernels/{UNKNOWN}/{action}")

    assert refusal(response) == (405, "Method Not Allowed")


async def test_other_actions_are_not_there(jupyter):
    """It is a page, as for all that is not served."""
    response = await jupyter.post(f"api/kernels/{UNKNOWN}/explode")

    assert response.status_code == 404
    assert is_page(response)


async def test_a_kernel_is_started_under_the_id_asked_for(jupyter):
    """So a client knows it beforehand; asked for again it is the same, whatever name is given."""
    kernel_id = str(uuid.uuid4())

    first = await start(jupyter, kernel_id=kernel_id)
    again = await start(jupyter, kernel_id=kernel_id, name="nope")

    assert first["id"] == again["id"] == kernel_id
    assert again["name"] == "python3"


@pytest.mark.parametrize(
    ("path", "cwd"), [("b", "/root/b"), ("/b", "/root/b"), (None, "/root"), ("", "/root")]
)
async def test_the_path_is_where_it_works(new_kernel, kernels, path, cwd):
    """An API path: a '/' at its beginning is not the machine's."""
    await new_kernel(path=path)

    assert kernels.launches[-1].cwd == cwd


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"name": 3},
        {"path": []},
        {"kernel_id": {}},
        {"env": "A=B"},
        {"env": {"KERNEL_A": 1}},
        {"path": "a\0"},
    ],
)
async def test_what_a_body_must_not_hold(http, body, kernels):
    """A mistake of the client's is told as one."""
    response = await http.post("api/kernels", json=body)

    assert refusal(response)[0] == 400
    assert kernels.launches == []


async def test_kernels_are_below_the_base_url(serve, http):
    """Behind a proxy all addresses have its prefix."""
    address = await serve(base_url="/lab/")

    response = await http.post(f"{address}api/kernels")

    assert response.headers["location"] == f"/lab/api/kernels/{response.json()['id']}"


async def test_a_kernel_that_nobody_connects_to_becomes_idle(http, new_kernel, kernel_manager):
    """With jupyter_server it stays "starting" for ever, and a client that waits does too."""
    kernel = await new_kernel()

    await until(lambda: kernel_manager.kernel(kernel["id"]).state.name == "IDLE")

    found = (await http.get(f"api/kernels/{kernel['id']}")).json()
    assert found["execution_state"] == "idle"


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (pb.KERNEL_STATE_STARTING, "starting"),
        (pb.KERNEL_STATE_IDLE, "idle"),
        (pb.KERNEL_STATE_BUSY, "busy"),
        (pb.KERNEL_STATE_RESTARTING, "restarting"),
        (pb.KERNEL_STATE_STOPPING, "terminating"),
        (pb.KERNEL_STATE_DEAD, "dead"),
    ],
)
def test_states_have_the_words_that_front_ends_know(state, word):
    """They choose an icon by them."""
    assert kernel_model(pb.Kernel(state=state))["execution_state"] == word


async def test_a_kernel_that_runs_code_is_busy(http, new_kernel, kernels, execution_stub):
    """And idle again afterwards; that it did something is its last activity."""
    kernel_id = (await new_kernel())["id"]
    events = execution_stub.Execute(ExecuteRequest(kernel_id=kernel_id, code="wait"))
    await kernels.running_code(kernel_id)

    found = (await http.get(f"api/kernels/{kernel_id}")).json()

    assert found["execution_state"] == "busy"
    await http.post(f"api/kernels/{kernel_id}/interrupt")
    async for _ in events:
        pass


async def test_front_ends_that_are_connected_are_counted(http, new_kernel, channel_stub):
    """For the kernel, and together for the server."""
    kernel_id = (await new_kernel())["id"]

    async with FrontEnds(channel_stub).connected(kernel_id=kernel_id):
        found = (await http.get(f"api/kernels/{kernel_id}")).json()
        status = (await http.get("api/status")).json()

    assert (found["connections"], status["connections"]) == (1, 1)


async def test_full_seconds_have_no_fraction(new_kernel, clock):
    """As Python writes times."""
    clock.ms = 1_700_000_000_000

    assert (await new_kernel())["last_activity"] == "2023-11-14T22:13:20Z"


async def test_times_are_written_to_the_microsecond(new_kernel, clock):
    """In UTC."""
    clock.ms = 1_700_000_000_120

    assert (await new_kernel())["last_activity"] == "2023-11-14T22:13:20.120000Z"
