"""A gateway that is a process of its own: it reaches the service over a channel."""

import grpc
import httpx
import pytest

from jupyter_sessions_server.gateway.service import Service
from tests.conftest import TOKEN
from tests.gateway.rest.answers import refusal

BODY = {"path": "a.ipynb", "type": "notebook"}


@pytest.fixture
async def remote(serve, channel):
    """A client, with the token, of a gateway that stands elsewhere."""
    headers = {"authorization": f"token {TOKEN}"}
    address = await serve(over=Service(channel), root_dir=None)
    async with httpx.AsyncClient(base_url=address, headers=headers) as client:
        yield client


async def test_what_is_created_is_found(remote):
    """By either kind of call: those that are decoded, and those that stay bytes."""
    session = (await remote.post("api/sessions", json=BODY)).json()

    assert (await remote.get(f"api/sessions/{session['id']}")).json()["path"] == "a.ipynb"
    assert [each["id"] for each in (await remote.get("api/sessions")).json()] == [session["id"]]
    kernels = (await remote.get("api/kernels")).json()
    assert [each["id"] for each in kernels] == [session["kernel"]["id"]]


async def test_reasons_reach_it(remote):
    """They are what answers depend on."""
    unknown = await remote.post("api/sessions", json={**BODY, "kernel": {"name": "nope"}})
    missing = await remote.get("api/kernels/a-b-c-d-e")

    assert unknown.status_code == 501
    assert refusal(missing) == (404, "Kernel does not exist: a-b-c-d-e")


async def test_it_knows_no_token_by_itself(remote):
    """The service is asked for each."""
    response = await remote.get("api/sessions", headers={"authorization": "token wrong"})

    assert refusal(response) == (403, "Forbidden")


async def test_a_service_that_is_away(serve):
    """Somebody may start it soon; where it would be is not told."""
    async with grpc.aio.insecure_channel("127.0.0.1:1") as nowhere:
        address = await serve(over=Service(nowhere))
        async with httpx.AsyncClient(base_url=address) as client:
            response = await client.get(f"api/sessions?token={TOKEN}")

    assert refusal(response) == (503, "Service Unavailable")
