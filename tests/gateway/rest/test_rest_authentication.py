"""Who may use the REST API: tokens, the login cookie, and what protects the cookie."""

import httpx
import pytest

from tests.conftest import TOKEN
from tests.gateway.rest.answers import refusal

UNKNOWN = "0a1b2c3d-0000-4000-8000-000000000000"
SESSIONS = "api/sessions"
BODY = {"path": "a.ipynb", "type": "file"}


def cookie_name(client):
    """The login cookie of a server has its host and port in its name."""
    return f"username-127-0-0-1-{client.base_url.port}"


@pytest.fixture
async def browser(jupyter, either):
    """A browser that has once told the token, and now has the cookie."""
    login = await jupyter.get("api/status")
    jar = {cookie_name(jupyter): login.cookies[cookie_name(jupyter)]}
    async with httpx.AsyncClient(base_url=either, cookies=jar, timeout=20) as client:
        yield client


@pytest.fixture
async def xsrf(stranger, browser):
    """What a page has set as a cookie, for its scripts to show."""
    value = (await stranger.get("login")).cookies["_xsrf"]
    browser.cookies.set("_xsrf", value)
    return value


@pytest.mark.parametrize(
    "header",
    [f"token {TOKEN}", f"Bearer {TOKEN}", f"TOKEN {TOKEN}", f"bearer   {TOKEN}", f"token\t{TOKEN}"],
)
async def test_a_token_in_the_header(stranger, header):
    """Either scheme, in any case, with any space."""
    response = await stranger.get(SESSIONS, headers={"authorization": header})

    assert response.status_code == 200


async def test_a_token_in_the_address(stranger):
    """For WebSockets and links, which have no headers; it wins over the header."""
    wrong = {"authorization": "token wrong"}

    assert (await stranger.get(f"{SESSIONS}?token={TOKEN}", headers=wrong)).status_code == 200


async def test_the_address_wins_over_the_header(stranger):
    """Also if it is the wrong one that stands there."""
    right = {"authorization": f"token {TOKEN}"}

    assert (await stranger.get(f"{SESSIONS}?token=wrong", headers=right)).status_code == 403


@pytest.mark.parametrize("headers", [{}, {"authorization": "token wrong"}])
@pytest.mark.parametrize(
    "path", [SESSIONS, f"{SESSIONS}/{UNKNOWN}", "api/kernels", "api/me", "api/status"]
)
async def test_without_a_token_there_is_nothing_to_read(stranger, headers, path):
    """Nor is it told whether an id exists; a program is not sent to a page to log in."""
    response = await stranger.get(path, headers=headers)

    assert refusal(response) == (403, "Forbidden")
    assert "www-authenticate" not in response.headers


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}])
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
async def test_without_a_token_there_is_nothing_to_write(stranger, headers, method):
    """What is missed first is what a browser's page would have to show."""
    path = SESSIONS if method == "POST" else f"{SESSIONS}/{UNKNOWN}"

    response = await stranger.request(method, path, headers=headers)

    assert refusal(response) == (403, "'_xsrf' argument missing from POST")


@pytest.mark.parametrize("token", ["wrong\u00e9", "a\tb", " "])
async def test_what_no_token_can_be(http, gateway, token):
    """It is nobody's, and not an error of the server's."""
    async with httpx.AsyncClient(base_url=gateway) as client:
        assert (await client.get(SESSIONS, params={"token": token})).status_code == 403
        assert (
            await client.get(SESSIONS, headers={"authorization": b"token \xff"})
        ).status_code == 403


async def test_with_a_token_a_browser_gets_a_cookie(jupyter):
    """So that it need not be told again: for 30 days, and no script can read it."""
    response = await jupyter.get(SESSIONS)

    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"{cookie_name(jupyter)}=")
    assert "HttpOnly" in cookie
    assert "Path=/" in cookie


async def test_errors_bring_the_cookie_too(jupyter):
    """Every reply does."""
    response = await jupyter.get(f"{SESSIONS}/{UNKNOWN}")

    assert response.status_code == 404
    assert cookie_name(jupyter) in response.cookies


async def test_whoever_has_the_cookie_gets_no_other(jupyter):
    """A reply is not longer than it must be."""
    await jupyter.get(SESSIONS)

    assert "set-cookie" not in (await jupyter.get(SESSIONS)).headers


async def test_the_cookie_is_for_this_server_alone(serve, http):
    """For its path, for 30 days, and not with what other sites' pages have sent."""
    address = await serve(base_url="/lab/")

    cookie = (await http.get(f"{address}api/sessions")).headers["set-cookie"]

    assert cookie.endswith("; Max-Age=2592000; Path=/lab/; SameSite=Lax; HttpOnly")


async def test_the_cookie_is_enough_to_read(browser):
    """A page's scripts need not know the token."""
    assert (await browser.get(SESSIONS)).status_code == 200


async def test_a_cookie_and_a_wrong_token(browser):
    """The cookie counts still."""
    assert (await browser.get(f"{SESSIONS}?token=wrong")).status_code == 200


async def test_an_invalid_cookie_is_cleared(stranger):
    """Else the browser would send it for ever."""
    name = cookie_name(stranger)

    response = await stranger.get(SESSIONS, headers={"cookie": f"{name}=invalid"})

    assert response.status_code == 403
    cleared = response.headers["set-cookie"]
    assert cleared.startswith(f'{name}=""; expires=')
    assert "Path=/" in cleared


async def test_it_is_cleared_where_it_may_have_been_set(serve):
    """For the base URL, and for the root, as older servers did."""
    address = await serve(base_url="/lab/")
    async with httpx.AsyncClient(base_url=address) as client:
        headers = {"cookie": f"{cookie_name(client)}=invalid"}
        response = await client.get(SESSIONS, headers=headers)

    cleared = response.headers.get_list("set-cookie")
    assert [each.rpartition("Path=")[2] for each in cleared] == ["/lab/", "/"]


async def test_a_token_takes_the_place_of_an_invalid_cookie(http, gateway):
    """The browser of somebody whose token was changed."""
    name = cookie_name(http)

    response = await http.get(SESSIONS, headers={"cookie": f"{name}=invalid"})

    assert response.status_code == 200
    assert response.headers["set-cookie"].startswith(f"{name}={TOKEN};")


async def test_with_the_cookie_alone_writing_needs_xsrf(browser):
    """Another site's page can have the cookie sent, but cannot read `_xsrf`."""
    response = await browser.post(SESSIONS, json=BODY)

    assert refusal(response) == (403, "'_xsrf' argument missing from POST")


@pytest.mark.parametrize("name", ["X-XSRFToken", "X-CSRFToken"])
async def test_whoever_shows_the_xsrf_cookie_may_write(browser, xsrf, name, path):
    """A script of ours reads the cookie, and sends it along."""
    response = await browser.post(SESSIONS, json={**BODY, "path": path}, headers={name: xsrf})

    assert response.status_code == 201


async def test_it_may_be_an_argument(browser, xsrf, path):
    """As in a form."""
    response = await browser.post(SESSIONS, json={**BODY, "path": path}, params={"_xsrf": xsrf})

    assert response.status_code == 201


MADE_UP = {"X-XSRFToken": f"2|00000000|{32 * '0'}|1700000000"}


async def test_showing_a_value_without_the_cookie_is_not_enough(browser):
    """A page of another site can make up a header, but no cookie of ours."""
    response = await browser.delete(f"{SESSIONS}/{UNKNOWN}", headers=MADE_UP)

    assert refusal(response) == (403, "XSRF cookie does not match POST argument")


@pytest.mark.usefixtures("xsrf")
async def test_showing_another_value_than_the_cookies(browser):
    """What a page makes up that cannot read the cookie."""
    response = await browser.delete(f"{SESSIONS}/{UNKNOWN}", headers=MADE_UP)

    assert refusal(response) == (403, "XSRF cookie does not match POST argument")


async def test_the_api_never_sets_the_xsrf_cookie(browser):
    """Only pages do."""
    response = await browser.get(SESSIONS)

    assert "_xsrf" not in response.cookies


async def test_with_a_token_xsrf_is_not_asked_for(jupyter, path):
    """No other site's page knows the token; a cookie beside it changes nothing."""
    await jupyter.get(SESSIONS)

    response = await jupyter.post(SESSIONS, json={**BODY, "path": path})

    assert response.status_code == 201


async def test_a_body_is_not_read_for_strangers(anonymous):
    """Whether it would have been valid they are not told."""
    response = await anonymous.post(SESSIONS, content="{")

    assert refusal(response)[0] == 403
