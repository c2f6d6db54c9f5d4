"""From where the REST API may be used: Host, Origin, and which sites' pages may read answers."""

import httpx
import pytest

from tests.conftest import TOKEN
from tests.gateway.rest.answers import is_page, refusal

SESSIONS = "api/sessions"
FOREIGN = {"origin": "https://evil.example"}
PREFLIGHT = {
    "access-control-request-method": "GET",
    "access-control-request-headers": "authorization",
}


@pytest.fixture
async def browser(jupyter, either):
    """A browser that has the login cookie."""
    name = f"username-127-0-0-1-{jupyter.base_url.port}"
    jar = {name: (await jupyter.get("api/status")).cookies[name]}
    async with httpx.AsyncClient(base_url=either, cookies=jar, timeout=20) as client:
        yield client


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1234", "127.9.9.9", "[::1]:8888"])
async def test_names_of_this_machine(jupyter, host):
    """All loopback addresses are it, whatever the port."""
    assert (await jupyter.get("api", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8888", "10.0.0.1", "127.0.0.1.a"])
async def test_other_names_are_an_attack(jupyter, host):
    """A page of evil.example whose name its DNS has turned to 127.0.0.1, token or not."""
    response = await jupyter.get(SESSIONS, headers={"host": host})

    assert refusal(response) == (403, "Forbidden")


@pytest.mark.parametrize(
    "path", ["api", "nothing", "api/sessions/", "kernelspecs/python3/logo-64x64.png"]
)
async def test_it_holds_for_all_that_is_served(http, path):
    """Nothing at all is told to such a page."""
    assert (await http.get(path, headers={"host": "evil.example"})).status_code == 403


async def test_names_that_the_settings_name(serve, http):
    """A machine may have several."""
    address = await serve(local_hostnames=("localhost", "lab.local"))

    response = await http.get(f"{address}api", headers={"host": "lab.local:80"})

    assert response.status_code == 200


async def test_a_server_for_others_is_called_as_they_like(serve, http):
    """Bound to an outer address it cannot know its names."""
    address = await serve(host="0.0.0.0")  # noqa: S104 - the socket of the test is not

    response = await http.get(f"{address}api", headers={"host": "lab.example"})

    assert response.status_code == 200


async def test_another_sites_page_finds_nothing(browser):
    """It can have the cookie sent along; it is told that there is nothing."""
    response = await browser.get(SESSIONS, headers=FOREIGN)

    assert refusal(response) == (404, "Not Found")


async def test_nor_can_it_write(browser):
    """That is told before the lack of `_xsrf`."""
    response = await browser.post(SESSIONS, json={}, headers=FOREIGN)

    assert refusal(response) == (404, "Not Found")


async def test_nor_does_it_find_out_whether_there_is_a_cookie(stranger):
    """Without one the answer is the same."""
    assert refusal(await stranger.get(SESSIONS, headers=FOREIGN)) == (404, "Not Found")


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_our_own_pages(browser, scheme):
    """The host and port are what counts: TLS may end at a proxy."""
    origin = f"{scheme}://127.0.0.1:{browser.base_url.port}"

    assert (await browser.get(SESSIONS, headers={"origin": origin})).status_code == 200


async def test_without_an_origin(browser):
    """Programs send none, nor do browsers for a page of ours."""
    assert (await browser.get(SESSIONS)).status_code == 200


async def test_another_port_is_another_site(browser):
    """Anybody may serve pages on this machine."""
    headers = {"origin": "http://127.0.0.1:1"}

    assert (await browser.get(SESSIONS, headers=headers)).status_code == 404


async def test_with_a_token_any_page_may(jupyter):
    """And may read the answer."""
    response = await jupyter.get(SESSIONS, headers=FOREIGN)

    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == FOREIGN["origin"]


async def test_with_a_token_and_no_origin(jupyter):
    """The header is there, and empty."""
    assert (await jupyter.get(SESSIONS)).headers["access-control-allow-origin"] == ""


async def test_with_the_cookie_no_page_is_told_so(browser):
    """Our own need not be."""
    response = await browser.get(SESSIONS)

    assert "access-control-allow-origin" not in response.headers
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize("path", ["api", SESSIONS, "api/kernels/a-b-c-d-e/restart", "api/me"])
async def test_options_need_no_token(stranger, path):
    """Browsers ask before they send another site's page's request, without what is the user's."""
    response = await stranger.options(path, headers=FOREIGN)

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["access-control-allow-headers"] == (
        "accept, content-type, authorization, x-xsrftoken"
    )
    assert response.headers["access-control-allow-methods"] == (
        "GET, PUT, POST, PATCH, DELETE, OPTIONS"
    )
    assert "access-control-allow-origin" not in response.headers


async def test_options_let_in_the_sites_that_the_settings_name(serve):
    """Only then does a browser send the token."""
    address = await serve(allow_origin="https://lab.example")
    async with httpx.AsyncClient(base_url=address) as client:
        headers = {"origin": "https://lab.example", **PREFLIGHT}
        response = await client.options(SESSIONS, headers=headers)

    assert response.headers["access-control-allow-origin"] == "https://lab.example"


async def get(address, cookie=None, **headers):
    """A read with the cookie, or else with the token."""
    name = f"username-127-0-0-1-{httpx.URL(address).port}"
    headers |= {"cookie": f"{name}={TOKEN}"} if cookie else {"authorization": f"token {TOKEN}"}
    async with httpx.AsyncClient(base_url=address) as client:
        return await client.get(SESSIONS, headers=headers)


async def test_a_site_that_the_settings_name_may_use_the_cookie(serve):
    """And read the answers; others may not."""
    address = await serve(allow_origin="https://lab.example", allow_credentials=True)

    named = await get(address, cookie=True, origin="https://lab.example")
    other = await get(address, cookie=True, **FOREIGN)

    assert named.status_code == 200
    assert named.headers["access-control-allow-origin"] == "https://lab.example"
    assert named.headers["access-control-allow-credentials"] == "true"
    assert other.status_code == 404


async def test_any_site_may_if_the_settings_say_so(serve):
    """By a star."""
    response = await get(await serve(allow_origin="*"), cookie=True, **FOREIGN)

    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://a.lab.example", 200),
        ("https://lab.example", 404),
        ("https://a.lab.example.evil", 404),
    ],
)
async def test_sites_that_a_pattern_names(serve, origin, status):
    """All of the origin has to match, not only its beginning."""
    address = await serve(allow_origin_pat=r"https://\w+\.lab\.example")

    response = await get(address, cookie=True, origin=origin)

    assert response.status_code == status
    allowed = response.headers.get("access-control-allow-origin")
    assert allowed == (origin if status == 200 else None)


async def test_the_settings_count_with_a_token_too(serve):
    """What they name is all that may read answers then."""
    response = await get(await serve(allow_origin="https://lab.example"), **FOREIGN)

    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == "https://lab.example"


async def test_answers_say_what_they_are(jupyter):
    """Browsers must not guess, show them in other sites' frames, or load anything for them."""
    response = await jupyter.get(SESSIONS)

    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"] == (
        "frame-ancestors 'self'; report-uri /api/security/csp-report; default-src 'none'"
    )


async def test_reports_go_below_the_base_url(serve, http):
    """All addresses do."""
    response = await http.get(f"{await serve(base_url='/lab/')}{SESSIONS}")

    assert "report-uri /lab/api/security/csp-report;" in response.headers["content-security-policy"]


async def test_pages_may_have_scripts(http):
    """A page is no answer of the API."""
    response = await http.get("nothing")

    assert is_page(response)
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"] == (
        "frame-ancestors 'self'; report-uri /api/security/csp-report"
    )
