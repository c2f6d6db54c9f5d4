"""PATCH /api/sessions/ID, as clients of jupyter_server know it."""

import uuid

import pytest

from tests.gateway.rest.answers import refusal

UNKNOWN = "0a1b2c3d-0000-4000-8000-000000000000"


@pytest.fixture
async def session(jupyter, path):
    """A notebook's session."""
    body = {"path": path, "type": "notebook", "name": "A"}
    return (await jupyter.post("api/sessions", json=body)).json()


@pytest.fixture
def patch(jupyter, session):
    """Changes the session; returns the answer."""

    async def patch(**body):
        return await jupyter.patch(f"api/sessions/{session['id']}", json=body)

    return patch


async def test_a_notebook_is_renamed(patch, session):
    """Path, name and type are set if they are there; the kernel stays."""
    response = await patch(path=f"new-{session['path']}", name="B", type="file")

    changed = response.json()
    assert response.status_code == 200
    assert (changed["path"], changed["name"]) == (f"new-{session['path']}", "B")
    assert changed["type"] == "file"
    assert changed["kernel"]["id"] == session["kernel"]["id"]


async def test_a_name_is_taken_away_by_null(patch):
    """As jupyter_server does."""
    assert (await patch(name=None)).json()["name"] is None


@pytest.mark.parametrize("body", [{}, {"unknown": 1}, {"kernel": {"id": None, "name": None}}])
async def test_nothing_to_change_changes_nothing(patch, session, body):
    """Unknown keys are ignored."""
    response = await patch(**body)

    assert response.status_code == 200
    assert response.json()["kernel"]["id"] == session["kernel"]["id"]
    assert response.json()["path"] == session["path"]


async def test_an_old_clients_notebook_path(patch, session):
    """It is the path, and makes the type; the name in it is not looked at."""
    new = f"new-{session['path']}"
    await patch(type="file")

    changed = (await patch(notebook={"path": new, "name": "B"})).json()

    assert (changed["path"], changed["type"], changed["name"]) == (new, "notebook", "A")


async def test_without_a_body(jupyter, session):
    """There is nothing to do."""
    response = await jupyter.patch(f"api/sessions/{session['id']}", content="null")

    assert refusal(response) == (400, "No JSON data provided")


async def test_an_unknown_session(jupyter):
    """This is told before anything else about the request."""
    body = {"kernel": {"id": "a-b-c-d-e"}}

    response = await jupyter.patch(f"api/sessions/{UNKNOWN}", json=body)

    assert refusal(response) == (404, f"Session not found: session_id={UNKNOWN!r}")


async def test_a_kernel_that_does_not_run_is_refused(jupyter, patch, session):
    """Nothing is changed then, not even the path in the same request."""
    response = await patch(path="b.ipynb", kernel={"id": "a-b-c-d-e", "name": "python3"})

    assert refusal(response) == (400, "No such kernel: a-b-c-d-e")
    found = (await jupyter.get(f"api/sessions/{session['id']}")).json()
    assert found["path"] == session["path"]


async def test_attaching_to_another_kernel_ends_the_old_one(jupyter, patch, session):
    """The id is taken before the name; the old kernel has ended when the answer comes."""
    other = (await jupyter.post("api/kernels", json={})).json()

    changed = (await patch(kernel={"id": other["id"], "name": "nope"})).json()

    assert changed["kernel"]["id"] == other["id"]
    old = await jupyter.get(f"api/kernels/{session['kernel']['id']}")
    assert old.status_code == 404


async def test_attaching_to_the_kernel_it_has_changes_nothing(jupyter, patch, session):
    """It lives on."""
    kernel_id = session["kernel"]["id"]

    response = await patch(kernel={"id": kernel_id})

    assert response.json()["kernel"]["id"] == kernel_id
    assert (await jupyter.get(f"api/kernels/{kernel_id}")).status_code == 200


async def test_a_kernel_name_starts_a_new_kernel(jupyter, patch, session):
    """Always, also the name that it has already; the old kernel is ended."""
    changed = (await patch(kernel={"name": "python3"})).json()

    assert changed["kernel"]["id"] != session["kernel"]["id"]
    old = await jupyter.get(f"api/kernels/{session['kernel']['id']}")
    assert old.status_code == 404


async def test_a_kernel_that_cannot_be_had(jupyter, patch, session):
    """Clients show the short message; nothing is changed."""
    response = await patch(path="b.ipynb", kernel={"name": "nope"})

    assert response.status_code == 501
    body = response.json()
    assert body["message"].startswith("The 'nope' kernel could not be started: ")
    assert body["short_message"] == "Error starting kernel nope"
    assert "reason" not in body
    found = (await jupyter.get(f"api/sessions/{session['id']}")).json()
    assert (found["path"], found["kernel"]["id"]) == (session["path"], session["kernel"]["id"])


async def test_a_kernel_whose_process_cannot_be_started(http, new_session):
    """It is the same answer, with the reason in it."""
    session = await new_session()

    response = await http.patch(
        f"api/sessions/{session['id']}", json={"kernel": {"name": "broken"}}
    )

    assert response.status_code == 501
    assert "no such program" in response.json()["message"]


async def test_a_new_path_reaches_the_kernel_at_its_next_restart(http, new_session, kernels):
    """Its directory stays."""
    session = await new_session("b/c.ipynb")
    await http.patch(f"api/sessions/{session['id']}", json={"path": "d/e.ipynb"})

    await http.post(f"api/kernels/{session['kernel']['id']}/restart")

    launch = kernels.launches[-1]
    assert (launch.env["JPY_SESSION_NAME"], launch.cwd) == ("d/e.ipynb", "/root/b")


@pytest.mark.parametrize(
    "body", [{"path": None}, {"type": None}, {"type": ""}, {"path": 3}, {"kernel": 3}, []]
)
async def test_what_cannot_be_set(http, new_session, body):
    """A mistake of the client's is told as one."""
    session = await new_session()

    response = await http.patch(f"api/sessions/{session['id']}", json=body)

    assert refusal(response)[0] == 400


async def test_a_path_that_another_session_has_is_a_conflict(http, new_session):
    """A path has one session, so a rename must not make two; jupyter_server lets it."""
    first, second = await new_session("a.ipynb"), await new_session("b.ipynb")

    response = await http.patch(f"api/sessions/{second['id']}", json={"path": "a.ipynb"})

    assert refusal(response)[0] == 409
    listed = (await http.get("api/sessions")).json()
    assert {it["id"]: it["path"] for it in listed} == {
        first["id"]: "a.ipynb",
        second["id"]: "b.ipynb",
    }


async def test_a_path_whose_session_has_lost_its_kernel_is_free(http, new_session, killed):
    """For REST that session is not there."""
    first, second = await new_session("a.ipynb"), await new_session("b.ipynb")
    await killed(first["kernel"]["id"])

    response = await http.patch(f"api/sessions/{second['id']}", json={"path": "a.ipynb"})

    assert response.json()["path"] == "a.ipynb"


async def test_a_kernel_that_another_session_has_lives_on(http, new_session):
    """When one session takes another kernel; jupyter_server ends it under the other."""
    first = await new_session("a.ipynb")
    second = await new_session("b.ipynb", kernel={"id": first["kernel"]["id"]})

    await http.patch(f"api/sessions/{first['id']}", json={"kernel": {"name": "ir"}})

    found = (await http.get(f"api/sessions/{second['id']}")).json()
    assert found["kernel"]["id"] == first["kernel"]["id"]


async def test_a_session_whose_kernel_is_gone_cannot_be_changed(http, new_session, killed):
    """It is not there."""
    session = await new_session()
    await killed(session["kernel"]["id"])

    response = await http.patch(f"api/sessions/{session['id']}", json={"path": uuid.uuid4().hex})

    assert refusal(response) == (404, f"Session not found: session_id={session['id']!r}")
