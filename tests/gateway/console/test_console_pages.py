"""The console's pages, their files and the login, as a browser asks for them."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import grpc.aio
import httpx
import pytest

from jupyter_sessions_server.config import GatewayConfig
from jupyter_sessions_server.gateway import console
from jupyter_sessions_server.gateway.service import Service
from tests.conftest import TOKEN

STATIC = Path(console.__file__).parent / "static"


async def typed_in(
    http: httpx.AsyncClient, token: str, login: str = "login", **headers: str
) -> httpx.Response:
    """What becomes of a token that somebody types in the login page."""
    page = await http.get(http.base_url.join(login))
    action = re.search('action="([^"]+)"', page.text)
    assert action
    address = http.base_url.join(action[1].replace("&amp;", "&"))
    return await http.post(address, data={"password": token}, headers=headers)


async def test_who_has_not_logged_in_is_sent_to_the_login(anonymous: httpx.AsyncClient) -> None:
    """The address alone shows nothing, and leads to where it can be shown."""
    answer = await anonymous.get("")

    assert answer.status_code == 302
    assert answer.headers["location"] == "/login?next=%2F"


async def test_the_printed_address_logs_in_and_forgets_the_token(
    anonymous: httpx.AsyncClient,
) -> None:
    """A browser's history and address bar are no place for a token."""
    answer = await anonymous.get("", params={"token": TOKEN, "other": "stays"})

    assert answer.status_code == 302
    assert answer.headers["location"] == "/?other=stays"
    assert "HttpOnly" in answer.headers["set-cookie"]
    page = await anonymous.get("")  # by the cookie
    assert page.status_code == 200
    assert "console/console.js" in page.text


async def test_a_wrong_token_in_the_address_does_not_log_in(anonymous: httpx.AsyncClient) -> None:
    """An old link asks for the new token."""
    answer = await anonymous.get("", params={"token": "wrong"})

    assert answer.headers["location"].startswith("/login")
    assert "username-" not in answer.headers.get("set-cookie", "")


async def test_a_typed_token_logs_in(anonymous: httpx.AsyncClient) -> None:
    """As Jupyter's login does."""
    answer = await typed_in(anonymous, f" {TOKEN} ")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    assert (await anonymous.get("")).status_code == 200


@pytest.mark.parametrize("token", ["wrong", "", "naïve", "two\nlines", "x" * 10_000])
async def test_what_is_no_token_does_not_log_in(anonymous: httpx.AsyncClient, token: str) -> None:
    """Whatever is typed, the page comes back and says so."""
    answer = await typed_in(anonymous, token)

    assert answer.status_code == 401
    assert "The server does not know this token." in answer.text
    assert (await anonymous.get("")).status_code == 302


async def test_an_enormous_form_is_refused(anonymous: httpx.AsyncClient) -> None:
    """A stranger cannot fill the server's memory."""
    answer = await typed_in(anonymous, "x" * 100_000)

    assert answer.status_code == 413


async def test_another_site_cannot_log_a_browser_in(anonymous: httpx.AsyncClient) -> None:
    """Else one would work in somebody else's sessions, without noticing."""
    await anonymous.get("login")

    without_xsrf = await anonymous.post("login", data={"password": TOKEN})
    foreign = await typed_in(anonymous, TOKEN, Origin="http://elsewhere.example")

    assert without_xsrf.status_code == 403
    assert foreign.status_code == 404
    assert (await anonymous.get("")).status_code == 302


@pytest.mark.parametrize(
    ("next_page", "leads_to"),
    [
        ("/?x=1", "/?x=1"),
        ("//elsewhere.example/", "/"),
        ("///elsewhere.example/", "/"),
        ("/\\elsewhere.example/", "/"),
        ("https://elsewhere.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
    ],
)
async def test_the_login_leads_only_to_our_own_pages(
    anonymous: httpx.AsyncClient, next_page: str, leads_to: str
) -> None:
    """A link to our login must not end at a site that looks like ours."""
    login = str(httpx.URL("login", params={"next": next_page}))

    answer = await typed_in(anonymous, TOKEN, login)

    assert answer.headers["location"] == leads_to


async def test_who_is_logged_in_is_not_asked_again(http: httpx.AsyncClient) -> None:
    """A bookmark of the login page goes on to the list."""
    answer = await http.get("login")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/"


async def test_logging_out_forgets_the_token(anonymous: httpx.AsyncClient) -> None:
    """The browser is a stranger then; other sites' pages cannot do that to anybody."""
    await anonymous.get("", params={"token": TOKEN})
    await anonymous.get("")  # gives the cookie that shows whose page asks

    assert (await anonymous.post("logout")).status_code == 403
    xsrf = {"X-XSRFToken": anonymous.cookies["_xsrf"]}
    answer = await anonymous.post("logout", headers=xsrf)

    assert answer.headers["location"] == "/login"
    assert (await anonymous.get("")).status_code == 302


@pytest.mark.parametrize("path", ["", "login", "console/console.js", "console/output.html"])
async def test_pages_are_locked_up(anonymous: httpx.AsyncClient, path: str) -> None:
    """No page runs what is not ours, is shown in others' frames, or is kept by proxies."""
    await anonymous.get("", params={"token": TOKEN})
    headers = (await anonymous.get(path)).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert re.search("frame-ancestors '(none|self)'", policy)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-cache"
    if path != "console/output.html":
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy
    else:
        assert policy.startswith("sandbox allow-scripts;")
        assert "allow-same-origin" not in policy


@pytest.mark.parametrize("name", sorted(path.name for path in STATIC.iterdir()))
async def test_files_are_kept_by_browsers_until_they_change(
    anonymous: httpx.AsyncClient, name: str
) -> None:
    """A page opens at once, and a new server's page is new."""
    first = await anonymous.get(f"console/{name}")
    again = await anonymous.get(f"console/{name}", headers={"If-None-Match": first.headers["etag"]})

    assert first.content == (STATIC / name).read_bytes()
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["nothing.js", "..%2Frefusals.py", "%2e%2e%2flogin.py"])
async def test_no_other_files_are_served(anonymous: httpx.AsyncClient, name: str) -> None:
    """The server's own code and its neighbours stay where they are."""
    answer = await anonymous.get(f"console/{name}")

    assert answer.status_code == 404


async def test_a_name_that_an_attacker_chose_is_refused(anonymous: httpx.AsyncClient) -> None:
    """DNS rebinding makes a stranger's name mean this machine."""
    for path in ("", "login", "console/console.js"):
        answer = await anonymous.get(path, headers={"Host": "elsewhere.example"})

        assert answer.status_code == 403


class TestWithoutAServer:
    """A gateway of its own, whose server is away."""

    @pytest.fixture
    async def service(self, unused_tcp_port: int) -> AsyncIterator[Service]:
        """The contract of a server that nobody has started."""
        async with grpc.aio.insecure_channel(f"127.0.0.1:{unused_tcp_port}") as channel:
            yield Service(channel)

    async def test_the_page_is_shown_to_who_is_logged_in(
        self, anonymous: httpx.AsyncClient
    ) -> None:
        """It tells that the server is away, and sees it return."""
        host = anonymous.base_url.netloc.decode().replace(".", "-").replace(":", "-")
        anonymous.cookies[f"username-{host}"] = TOKEN

        answer = await anonymous.get("")

        assert answer.status_code == 200
        assert "console/console.js" in answer.text

    async def test_a_token_that_cannot_be_looked_at_is_not_kept(
        self, anonymous: httpx.AsyncClient
    ) -> None:
        """Whoever logs in is told to try again, instead of half a login."""
        answer = await anonymous.get("", params={"token": TOKEN})

        assert answer.status_code == 503
        assert "username-" not in answer.headers.get("set-cookie", "")


class TestBelowABaseUrl:
    """Behind a proxy all of it is below a path."""

    @pytest.fixture
    def gateway_config(self) -> GatewayConfig:
        """A gateway below a path."""
        return GatewayConfig(port=0, base_url="/user/ada/", stop_grace_seconds=1)

    async def test_the_console_works_below_a_path(self, anonymous: httpx.AsyncClient) -> None:
        """Addresses, cookies and redirects stay below it."""
        sent_on = await anonymous.get("")
        login = await typed_in(anonymous, TOKEN, sent_on.headers["location"])

        assert sent_on.headers["location"] == "/user/ada/login?next=%2Fuser%2Fada%2F"
        assert login.headers["location"] == "/user/ada/"
        assert "Path=/user/ada/" in login.headers["set-cookie"]
        assert (await anonymous.get("")).status_code == 200
        assert (await anonymous.get("console/console.js")).status_code == 200
