"""/api, /api/status and /api/me, as clients of jupyter_server know them."""

import json
import re

import pytest

from jupyter_sessions import __version__
from tests.gateway.rest.answers import refusal

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
PERMISSIONS = 'permissions should be a JSON dict of {"resource": ["action",]}, got '


async def test_the_version_is_for_everybody(stranger):
    """So a client finds out whether it speaks to a Jupyter server."""
    response = await stranger.get("api")

    assert response.status_code == 200
    assert list(response.json()) == ["version"]


async def test_the_version_is_ours(anonymous):
    """A report of a fault can name it."""
    assert (await anonymous.get("api")).json() == {"version": __version__}


async def test_the_status(jupyter):
    """What a person, or what ends unused servers, looks at."""
    status = (await jupyter.get("api/status")).json()

    assert list(status) == ["connections", "kernels", "last_activity", "started"]
    assert TIME.fullmatch(status["started"])
    assert TIME.fullmatch(status["last_activity"])


async def test_the_status_counts_kernels_that_live(http, new_session, new_kernel, killed):
    """Those without a session too."""
    session, _ = await new_session(), await new_kernel()
    await killed(session["kernel"]["id"])

    assert (await http.get("api/status")).json()["kernels"] == 1


async def test_asking_for_the_status_is_no_activity(http):
    """Else a server that is watched is never unused."""
    before = (await http.get("api/status")).json()
    after = (await http.get("api/status")).json()

    assert after == before


async def test_other_requests_are_activity(http):
    """Somebody is there."""
    before = (await http.get("api/status")).json()["last_activity"]

    await http.get("api/sessions")

    assert (await http.get("api/status")).json()["last_activity"] > before


async def test_a_request_may_say_that_it_is_none(http):
    """Front ends poll."""
    before = (await http.get("api/status")).json()["last_activity"]

    await http.get("api/sessions?no_track_activity=1")

    assert (await http.get("api/status")).json()["last_activity"] == before


async def test_requests_of_strangers_are_no_activity(http, anonymous):
    """Who knocks keeps nothing alive."""
    before = (await http.get("api/status")).json()["last_activity"]

    await anonymous.get("api/sessions")
    await anonymous.get("api")

    assert (await http.get("api/status")).json()["last_activity"] == before


async def test_what_kernels_do_is_activity(http, new_kernel, clock):
    """Code may run for days while nobody asks for anything."""
    clock.ms = 4_000_000_000_000

    await new_kernel()

    assert (await http.get("api/status")).json()["last_activity"] == "2096-10-02T07:06:40Z"


async def test_who_asks(jupyter):
    """JupyterLab shows it in a corner."""
    me = (await jupyter.get("api/me")).json()

    keys = {"username", "name", "display_name", "initials", "avatar_url", "color"}
    assert set(me) == {"identity", "permissions"}
    assert set(me["identity"]) == keys
    assert list(me["permissions"]) == ["updatable_fields"]


async def test_it_is_the_tokens_owner(http):
    """The same whenever they ask; with jupyter_server it is a new one each time."""
    assert (await http.get("api/me")).json()["identity"]["username"] == "default"


async def test_what_they_may_do(jupyter):
    """Whoever has a token may do anything with what is theirs."""
    asked = {"sessions": ["read", "write"], "kernels": ["execute"]}

    me = (await jupyter.get("api/me", params={"permissions": json.dumps(asked)})).json()

    fields = me["permissions"].pop("updatable_fields")
    assert isinstance(fields, list)
    assert me["permissions"] == asked


@pytest.mark.parametrize("text", ["[]", "{", '{"a": "read"}', '{"a": [1]}'])
async def test_what_is_no_question_for_permissions(jupyter, text):
    """The text tells the form."""
    response = await jupyter.get("api/me", params={"permissions": text})

    assert refusal(response) == (400, PERMISSIONS + repr(text))


async def test_nothing_about_them_can_be_changed(http):
    """As `updatable_fields` tells: who a token belongs to is not for its owner to say."""
    response = await http.patch("api/me", json={"color": "red"})

    assert refusal(response) == (400, "Field color is not updatable")


async def test_a_field_that_may_not_be_changed(jupyter):
    """jupyter_server's own text."""
    response = await jupyter.patch("api/me", json={"username": "x"})

    assert refusal(response) == (400, "Field username is not updatable")


async def test_a_change_of_nothing(jupyter):
    """There has to be a body."""
    response = await jupyter.patch("api/me", content="")

    assert refusal(response) == (400, "Invalid or missing JSON body")
