"""Who may call RPCs from a browser, in the whole gateway: tokens, cookies, others' pages."""

from urllib.parse import urlsplit

import httpx
import pytest

from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway.authentication import cookie_name
from tests.conftest import TOKEN

RPC = "jupyter_sessions.v1.SessionService/ListSessions"
FOREIGN = "https://evil.example"


@pytest.fixture
async def post(gateway):
    """Calls the RPC, with headers alone."""
    async with httpx.AsyncClient(base_url=gateway) as client:

        async def post(query="", **headers):
            return await client.post(RPC + query, json={}, headers=headers)

        yield post


@pytest.fixture
def cookie(gateway):
    """The login cookie that a browser has."""
    return {"cookie": f"{cookie_name(urlsplit(gateway).netloc)}={TOKEN}"}


@pytest.mark.parametrize("authorization", [f"token {TOKEN}", f"Bearer {TOKEN}", f"BEARER {TOKEN}"])
async def test_the_token_may_be_in_a_header(post, authorization):
    """As gRPC has it, and as Jupyter has it."""
    response = await post(authorization=authorization)

    assert response.status_code == 200


async def test_the_token_may_be_in_the_address(post):
    """As in the address that Jupyter prints."""
    response = await post(f"?token={TOKEN}")

    assert response.status_code == 200


async def test_the_token_may_be_in_the_login_cookie(post, cookie, gateway):
    """Our own pages send nothing else."""
    response = await post(**cookie, origin=gateway.rstrip("/"))

    assert response.status_code == 200


async def test_the_cookie_does_not_count_for_other_sites_pages(post, cookie):
    """They can make a browser send it, whoever sits before it."""
    response = await post(**cookie, origin=FOREIGN)

    assert response.status_code == 401
    assert response.json()["code"] == "unauthenticated"


async def test_a_token_counts_whoever_sends_it(post):
    """Who knows it could send it without a browser, too."""
    response = await post(origin=FOREIGN, authorization=f"Bearer {TOKEN}")

    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers


async def test_names_that_are_not_this_machines_are_refused(post):
    """They may be an attacker's, whose DNS says that they are."""
    response = await post(host="evil.example", authorization=f"Bearer {TOKEN}")

    assert response.status_code == 403


class TestWithAnotherOriginAllowed:
    """The settings let the pages of a site in."""

    @pytest.fixture
    def gateway_config(self):
        return GatewayConfig(port=0, stop_grace_seconds=1, allow_origin="https://lab.example")

    @pytest.mark.parametrize(
        "asked",
        [
            "connect-protocol-version,content-type,authorization,connect-timeout-ms",
            "content-type,x-grpc-web,x-user-agent,grpc-timeout,authorization",
        ],
        ids=["Connect", "gRPC-Web"],
    )
    async def test_browsers_are_told_what_its_pages_may_send(self, gateway, asked):
        """What @connectrpc/connect-web asks before it calls."""
        headers = {
            "origin": "https://lab.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": asked,
        }

        async with httpx.AsyncClient(base_url=gateway) as client:
            response = await client.options(RPC, headers=headers)

        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == "https://lab.example"
        allowed = response.headers["access-control-allow-headers"].lower().split(", ")
        assert set(asked.split(",")) <= set(allowed)

    async def test_its_pages_may_read_answers(self, post):
        """Errors of gRPC-Web among them, which may be headers."""
        response = await post(origin="https://lab.example", authorization=f"Bearer {TOKEN}")

        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == "https://lab.example"
        exposed = response.headers["access-control-expose-headers"].lower().split(", ")
        assert {"grpc-status", "grpc-message", "grpc-status-details-bin"} <= set(exposed)

    async def test_other_pages_may_not(self, gateway):
        """Only the one that is in the settings."""
        headers = {"origin": FOREIGN, "access-control-request-method": "POST"}

        async with httpx.AsyncClient(base_url=gateway) as client:
            response = await client.options(RPC, headers=headers)

        assert response.headers.get("access-control-allow-origin") != FOREIGN
