"""/api/sessions, as clients of jupyter_server know it."""

import uuid

import pytest

from jupyter_sessions.v1.sessions_pb2 import CreateSessionRequest
from tests.gateway.rest.answers import is_page, refusal

UNKNOWN = "0a1b2c3d-0000-4000-8000-000000000000"


async def post(client, **body):
    response = await client.post("api/sessions", json=body)
    assert response.status_code == 201, response.text
    assert response.headers["location"] == f"/api/sessions/{response.json()['id']}"
    return response.json()


async def test_a_new_session_is_answered_with_its_address(jupyter, path):
    """A client goes on with what Location says: a path, so that it also holds behind a proxy."""
    response = await jupyter.post("api/sessions", json={"path": path, "type": "notebook"})

    assert response.status_code == 201
    assert response.headers["location"] == f"/api/sessions/{response.json()['id']}"
    assert response.headers["content-type"] == "application/json"


async def test_the_model_of_a_notebooks_session(jupyter, path):
    """Clients read these keys; `notebook` is for old ones."""
    session = await post(jupyter, path=path, type="notebook", name="A", kernel={"name": "python3"})

    kernel = session["kernel"]
    assert session == {
        "id": session["id"],
        "path": path,
        "name": "A",
        "type": "notebook",
        "kernel": kernel,
        "notebook": {"path": path, "name": "A"},
    }
    assert list(kernel) == ["id", "name", "last_activity", "execution_state", "connections"]
    assert (kernel["name"], kernel["connections"]) == ("python3", 0)
    assert kernel["execution_state"] in ("starting", "idle")


async def test_a_session_of_another_type_has_no_notebook_key(jupyter, path):
    """The type is any text; a name need not be given."""
    session = await post(jupyter, path=path, type="a type of mine")

    assert "notebook" not in session
    assert (session["type"], session["name"]) == ("a type of mine", None)


async def test_a_session_is_got_by_its_id(jupyter, path):
    """A window that is reloaded asks for the session it had."""
    session = await post(jupyter, path=path, type="notebook")

    response = await jupyter.get(f"api/sessions/{session['id']}")

    assert response.status_code == 200
    assert response.json()["path"] == path


async def test_an_unknown_session_is_not_found(jupyter):
    """Clients show the message."""
    response = await jupyter.get(f"api/sessions/{UNKNOWN}")

    assert refusal(response) == (404, f"Session not found: session_id={UNKNOWN!r}")


@pytest.mark.parametrize(
    "word", ["nothing", "a-b-c-d", "a-b-c-d-", "a-b-c-d-e-f", "a-b-c-d-%C3%A9"]
)
async def test_what_is_no_id_is_not_served(jupyter, word):
    """An id has five groups, of any letters and digits; for anything else there is a page."""
    response = await jupyter.get(f"api/sessions/{word}")

    assert response.status_code == 404
    assert is_page(response)


async def test_an_id_need_not_be_a_uuid(jupyter):
    """Five groups of letters and digits are enough."""
    response = await jupyter.get("api/sessions/a-b_1-c-d-e")

    assert refusal(response) == (404, "Session not found: session_id='a-b_1-c-d-e'")


async def test_sessions_are_listed_in_order_of_creation(jupyter):
    """A list of running sessions does not jump about."""
    paths = [f"{letter}-{uuid.uuid4().hex}" for letter in "bca"]
    for each in paths:
        await post(jupyter, path=each, type="file")

    listed = (await jupyter.get("api/sessions")).json()

    assert [it["path"] for it in listed if it["path"] in paths] == paths


async def test_more_sessions_than_a_page_holds_are_listed(http, session_stub):
    """The contract answers in pages, here of 3 MiB; REST in one list."""
    paths = [f"{number:03}".ljust(4000, "a") for number in range(500)]
    for path in paths:
        request = CreateSessionRequest(path=path, name="n" * 4000, kernel_id="a-b-c-d-e")
        await session_stub.CreateSession(request)

    listed = (await http.get("api/sessions")).json()

    assert [it["path"] for it in listed] == paths


@pytest.mark.parametrize("body", ["", "null"])
async def test_without_a_body_there_is_no_session(jupyter, body):
    """An empty body and null are the same: nothing was said."""
    response = await jupyter.post("api/sessions", content=body)

    assert refusal(response) == (400, "No JSON data provided")


async def test_a_body_that_is_no_json(jupyter):
    """The text is what clients show."""
    response = await jupyter.post("api/sessions", content="{path")

    assert refusal(response) == (400, "Invalid JSON in body of request")


async def test_a_body_is_stripped_and_its_media_type_not_looked_at(jupyter, path):
    """Old clients send forms' media types, or none."""
    body = f'\n {{"path": "{path}", "type": "notebook"}} \n'
    headers = {"content-type": "text/plain"}

    response = await jupyter.post("api/sessions", content=body, headers=headers)

    assert response.status_code == 201


@pytest.mark.parametrize(
    ("body", "missing"), [({"type": "notebook"}, "path"), ({"path": "a.ipynb"}, "type")]
)
async def test_what_is_missing_is_named(jupyter, body, missing):
    """Path first, then type."""
    response = await jupyter.post("api/sessions", json=body)

    assert refusal(response) == (400, f"Missing field in JSON data: {missing}")


@pytest.mark.parametrize(
    "body",
    [
        [],
        "a.ipynb",
        {"path": 1, "type": "notebook"},
        {"path": "a.ipynb", "type": ["notebook"]},
        {"path": "a.ipynb", "type": "notebook", "name": {}},
        {"path": "a.ipynb", "type": "notebook", "kernel": "python3"},
        {"path": "a.ipynb", "type": "notebook", "kernel": {"name": 3}},
        {"path": "", "type": "notebook"},
        {"path": "a\0.ipynb", "type": "notebook"},
    ],
)
async def test_what_a_body_must_not_hold(http, body):
    """A mistake of the client's is told as one, not as a failure of the server."""
    response = await http.post("api/sessions", json=body)

    assert refusal(response)[0] == 400
    assert (await http.get("api/sessions")).json() == []


@pytest.mark.parametrize("key", ["name", "path"])
async def test_an_old_clients_notebook_key_wins(jupyter, path, key):
    """`notebook` makes the type, whatever was given, and its name or else its path the path."""
    notebook = {"path": "not this one", "name": path} if key == "name" else {"path": path}

    session = await post(jupyter, path="nor this one", type="file", notebook=notebook)

    assert (session["path"], session["type"]) == (path, "notebook")


async def test_without_a_wish_it_is_the_default_kernel(jupyter, path):
    """A client that does not care gets Python."""
    session = await post(jupyter, path=path, type="notebook", kernel={"id": None, "name": None})

    assert session["kernel"]["name"] == "python3"


async def test_python_means_python3(jupyter, path):
    """Notebooks say so; the model tells which it is."""
    session = await post(jupyter, path=path, type="notebook", kernel={"name": "python"})

    assert session["kernel"]["name"] == "python3"


async def test_a_path_has_one_session(jupyter, path):
    """It is returned as it is; what else is asked for is ignored, even an unknown kernel."""
    first = await post(jupyter, path=path, type="notebook", name="A")

    again = await post(jupyter, path=path, type="file", name="B", kernel={"name": "nope"})

    assert again["id"] == first["id"]
    assert again["kernel"]["id"] == first["kernel"]["id"]
    assert (again["type"], again["name"]) == ("notebook", "A")


async def test_a_session_attaches_to_a_kernel_that_runs(jupyter, path):
    """A console for a notebook; the name of a kernel is ignored then."""
    notebook = await post(jupyter, path=path, type="notebook")
    kernel = {"id": notebook["kernel"]["id"], "name": "nope"}

    console = await post(jupyter, path=f"console-{path}", type="console", kernel=kernel)

    assert console["kernel"]["id"] == notebook["kernel"]["id"]
    assert console["id"] != notebook["id"]


async def test_a_kernel_is_started_under_the_id_asked_for(jupyter, path):
    """So a client knows it beforehand."""
    kernel_id = str(uuid.uuid4())

    session = await post(jupyter, path=path, type="notebook", kernel={"id": kernel_id})

    assert session["kernel"]["id"] == kernel_id


async def test_an_unknown_kernel_name_is_not_implemented(jupyter, path):
    """Clients offer to choose another kernel; nothing is left behind."""
    body = {"path": path, "type": "notebook", "kernel": {"name": "nope"}}

    response = await jupyter.post("api/sessions", json=body)

    assert response.status_code == 501
    assert response.json() == {
        "message": "The 'nope' kernel is not available. Please pick another suitable kernel "
        "instead, or install that kernel.",
        "short_message": "nope not found",
    }
    assert "location" not in response.headers
    listed = (await jupyter.get("api/sessions")).json()
    assert path not in [session["path"] for session in listed]


async def test_a_kernel_that_cannot_be_started_is_an_error_of_the_server(http):
    """With the text of what went wrong; nothing is left behind."""
    body = {"path": "a.ipynb", "type": "notebook", "kernel": {"name": "broken"}}

    status, message = refusal(await http.post("api/sessions", json=body))

    assert status == 500
    assert "no such program" in message
    assert (await http.get("api/sessions")).json() == []
    assert (await http.get("api/kernels")).json() == []


async def test_the_kernel_starts_where_the_document_is(new_session, kernels):
    """And it is told the document's path."""
    await new_session("b/c.ipynb")

    launch = kernels.launches[-1]
    assert launch.cwd == "/root/b"
    assert launch.env["JPY_SESSION_NAME"] == "b/c.ipynb"


async def test_a_kernel_is_told_the_name_in_its_directory(new_session, kernels):
    """If the session has one."""
    await new_session("b/c.ipynb", name="mine.ipynb")

    assert kernels.launches[-1].env["JPY_SESSION_NAME"] == "/root/b/mine.ipynb"


async def test_deleting_shuts_the_kernel_down(jupyter, path):
    """It has ended when the answer comes, which has neither body nor media type."""
    session = await post(jupyter, path=path, type="notebook")

    response = await jupyter.delete(f"api/sessions/{session['id']}")

    assert (response.status_code, response.content) == (204, b"")
    assert "content-type" not in response.headers
    assert (await jupyter.get(f"api/kernels/{session['kernel']['id']}")).status_code == 404
    assert (await jupyter.get(f"api/sessions/{session['id']}")).status_code == 404


async def test_deleting_an_unknown_session(jupyter):
    """Whoever retries learns that it is gone."""
    response = await jupyter.delete(f"api/sessions/{UNKNOWN}")

    assert refusal(response) == (404, f"Session not found: session_id={UNKNOWN!r}")


async def test_deleting_a_session_whose_kernel_was_deleted_before(jupyter, path):
    """It is told as not there, and it is not."""
    session = await post(jupyter, path=path, type="notebook")
    await jupyter.delete(f"api/kernels/{session['kernel']['id']}")

    response = await jupyter.delete(f"api/sessions/{session['id']}")

    assert refusal(response)[0] == 404
    assert (await jupyter.get(f"api/sessions/{session['id']}")).status_code == 404


async def test_a_session_is_below_the_base_url(serve, http):
    """Behind a proxy all addresses have its prefix, which is percent-encoded."""
    address = await serve(base_url="/a%20b/")

    response = await http.post(f"{address}api/sessions", json={"path": "a", "type": "file"})

    assert response.headers["location"] == f"/a%20b/api/sessions/{response.json()['id']}"
    found = await http.get(f"{address}api/sessions/{response.json()['id']}")
    assert found.status_code == 200
