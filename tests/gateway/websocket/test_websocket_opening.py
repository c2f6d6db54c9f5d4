"""Opening a kernel's channels: who may, and what is answered to those who may not."""

import asyncio
from dataclasses import replace

import pytest
import websockets

from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway.frames import V1
from tests.conftest import TOKEN
from tests.gateway.websocket.front_end import connect, url_of

NOBODY = "00000000-0000-0000-0000-000000000000"


async def refusal(opening):
    """The answer instead of an upgrade."""
    with pytest.raises(websockets.InvalidStatus) as caught:
        async with opening:
            pass
    return caught.value.response


@pytest.mark.parametrize("scheme", ["token", "Bearer", "tOkEn"])
async def test_the_token_may_come_as_a_header(gateway, kernel_id, scheme):
    """As programs send it."""
    headers = {"Authorization": f"{scheme} {TOKEN}"}

    async with connect(gateway, kernel_id, additional_headers=headers) as socket:
        assert socket.response.status_code == 101


async def test_the_token_may_come_in_the_address(gateway, kernel_id):
    """As browsers send it, which cannot set headers of WebSockets."""
    async with websockets.connect(url_of(gateway, kernel_id, token=TOKEN), proxy=None) as socket:
        assert socket.response.status_code == 101


async def test_the_login_cookie_is_enough_on_our_own_pages(gateway, http, kernel_id):
    """Whoever has logged in need not have the token at hand."""
    await http.get("api/kernels")
    cookies = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
    origin = gateway.rstrip("/")

    async with connect(
        gateway, kernel_id, additional_headers={"Cookie": cookies}, origin=origin
    ) as socket:
        assert socket.response.status_code == 101


@pytest.mark.parametrize("headers", [{}, {"Authorization": f"token {TOKEN}x"}])
async def test_without_a_valid_token_it_is_refused(gateway, kernel_id, headers):
    """With a page, as jupyter_server does, before anything is upgraded."""
    answer = await refusal(connect(gateway, kernel_id, additional_headers=headers))

    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")


async def test_strangers_are_not_told_which_kernels_there_are(gateway):
    """403 comes before 404."""
    answer = await refusal(connect(gateway, NOBODY, additional_headers={}))

    assert answer.status_code == 403


async def test_an_unknown_kernel_is_not_found(gateway):
    """With a page."""
    answer = await refusal(connect(gateway, NOBODY))

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("kernel_id", ["a", "a-b-c-d", "a-b-c-d-e-f"])
async def test_an_id_that_cannot_be_one_is_not_found(gateway, kernel_id):
    """As everywhere below /api."""
    answer = await refusal(connect(gateway, kernel_id))

    assert answer.status_code == 404


async def test_another_sites_page_with_the_cookie_is_refused(gateway, http, kernel_id):
    """A browser sends our cookies, whoever's page makes it."""
    await http.get("api/kernels")
    cookies = "; ".join(f"{name}={value}" for name, value in http.cookies.items())

    answer = await refusal(
        connect(
            gateway,
            kernel_id,
            additional_headers={"Cookie": cookies},
            origin="http://elsewhere.example",
        )
    )

    assert answer.status_code == 403


async def test_another_sites_page_with_the_token_is_let_in(gateway, kernel_id):
    """It was told the token by somebody who has it."""
    async with connect(gateway, kernel_id, origin="http://elsewhere.example") as socket:
        assert socket.response.status_code == 101


async def test_a_name_that_dns_was_made_to_give_is_refused(gateway, kernel_id):
    """A page whose name suddenly means this machine."""
    port = gateway.rstrip("/").rpartition(":")[2]
    uri = url_of(f"http://rebound.example:{port}/", kernel_id, token=TOKEN)

    answer = await refusal(websockets.connect(uri, host="127.0.0.1", port=int(port), proxy=None))

    assert answer.status_code == 403


async def test_a_get_that_is_no_upgrade_is_told_so(http, kernel_id):
    """A person pasted the address into a browser."""
    answer = await http.get(f"api/kernels/{kernel_id}/channels")

    assert answer.status_code == 400
    assert "WebSocket" in answer.text


@pytest.mark.parametrize("offered", [[V1], ["other", V1], [V1, "other"]])
async def test_the_newer_format_is_spoken_wherever_it_is_offered(gateway, kernel_id, offered):
    """Wherever in the list it stands."""
    uri = url_of(gateway, kernel_id, token=TOKEN)

    async with websockets.connect(uri, subprotocols=offered, proxy=None) as socket:
        assert socket.subprotocol == V1


@pytest.mark.parametrize("offered", [None, ["other"]])
async def test_otherwise_no_subprotocol_is_chosen(gateway, kernel_id, offered):
    """And the older format is spoken."""
    uri = url_of(gateway, kernel_id, token=TOKEN)

    async with websockets.connect(uri, subprotocols=offered, proxy=None) as socket:
        assert socket.subprotocol is None


async def test_messages_are_not_compressed(gateway, kernel_id):
    """It costs more than it saves on the way to the same machine, and images are compressed."""
    async with connect(gateway, kernel_id, compression="deflate") as socket:
        assert "sec-websocket-extensions" not in socket.response.headers


async def test_who_is_connected_is_counted(connected, http, kernel_id):
    """A kernel that somebody looks at is not idle for lack of users."""

    async def count():
        return (await http.get(f"api/kernels/{kernel_id}")).json()["connections"]

    async with connected("a"), connected("b"):
        assert await count() == 2
    async with asyncio.timeout(10):
        while await count():
            pass


class TestWhereOneStreamIsAllowed:
    """A server with a limit that is easily reached."""

    @pytest.fixture
    def config(self, config):
        """The settings."""
        return replace(config, rpc=replace(config.rpc, stream_limit=1))

    async def test_one_more_is_told_the_limit(self, gateway, kernel_id):
        """A limit is an answer, not a connection that ends."""
        async with connect(gateway, kernel_id, "a"):
            answer = await refusal(connect(gateway, kernel_id, "b"))

        assert answer.status_code == 429
        assert b"1 streams" in answer.body


class TestWhereAnswersAreExpectedSoon:
    """A gateway that asks often whether the other side is alive."""

    @pytest.fixture
    def gateway_config(self):
        """The settings."""
        return GatewayConfig(port=0, ping_seconds=0.05, pong_seconds=0.2, stop_grace_seconds=1)

    async def test_who_does_not_answer_is_given_up(self, connected, http, kernel_id):
        """A laptop that was closed holds no place."""
        async with connected() as front_end:
            front_end.socket.protocol.send_frame = lambda frame: None

            await asyncio.wait_for(front_end.socket.wait_closed(), 10)

        async with asyncio.timeout(10):
            while (await http.get(f"api/kernels/{kernel_id}")).json()["connections"]:
                pass

    async def test_who_answers_stays(self, connected):
        """Also if it says nothing for long."""
        async with connected() as front_end:
            answered = asyncio.Event()
            send = front_end.socket.protocol.send_frame

            def count(frame, pongs=[]):  # noqa: B006 - of this one front end
                send(frame)
                pongs.append(frame)
                if len(pongs) == 10:
                    answered.set()

            front_end.socket.protocol.send_frame = count
            await asyncio.wait_for(answered.wait(), 10)

            await front_end.run("say hello")

        assert front_end.texts() == ["hello"]
