"""/api/kernelspecs and /kernelspecs, as clients of jupyter_server know them."""

import hashlib

import pytest

from tests.gateway.rest.answers import is_page, refusal

LOGO = "kernelspecs/python3/logo-64x64.png"


async def test_kernelspecs_by_their_names(jupyter):
    """A launcher shows them, and which is the default."""
    response = await jupyter.get("api/kernelspecs")

    found = response.json()
    python = found["kernelspecs"]["python3"]
    assert list(found) == ["default", "kernelspecs"]
    assert found["default"] == "python3"
    assert list(python) == ["name", "spec", "resources"]
    assert {"argv", "env", "display_name", "language", "interrupt_mode", "metadata"} <= set(
        python["spec"]
    )
    assert python["name"] == "python3"
    assert python["spec"]["interrupt_mode"] == "signal"
    assert python["spec"]["language"] == "python"


async def test_one_kernelspec(jupyter):
    """Its logos go by their names without what follows the dot."""
    spec = (await jupyter.get("api/kernelspecs/python3")).json()

    assert spec["name"] == "python3"
    assert spec["resources"]["logo-64x64"] == f"/{LOGO}"


async def test_scripts_and_styles_go_by_their_full_names(http, specs):
    """And other files are not told, though they are served."""
    names = ["kernel.css", "kernel.js", "logo-svg.svg", "readme.txt"]
    specs.specs["python3"].resource_names[:] = names

    resources = (await http.get("api/kernelspecs/python3")).json()["resources"]

    assert resources == {
        "kernel.css": "/kernelspecs/python3/kernel.css",
        "kernel.js": "/kernelspecs/python3/kernel.js",
        "logo-svg": "/kernelspecs/python3/logo-svg.svg",
    }


async def test_a_name_in_any_case(jupyter):
    """The answer has the name as it was spelt."""
    spec = (await jupyter.get("api/kernelspecs/PyThon3")).json()

    assert spec["name"] == "PyThon3"


async def test_an_unknown_kernelspec(jupyter):
    """Clients show the message."""
    response = await jupyter.get("api/kernelspecs/nope-1.0")

    assert refusal(response) == (404, "Kernel spec nope-1.0 not found")


@pytest.mark.parametrize("name", ["a/b", "a~b"])
async def test_what_is_no_name_is_not_served(jupyter, name):
    """Letters, digits, dots, dashes, percents."""
    response = await jupyter.get(f"api/kernelspecs/{name}")

    assert response.status_code == 404
    assert is_page(response)


async def test_resources_are_below_the_base_url(serve, http):
    """Pages load them from there."""
    address = await serve(base_url="/lab/")

    spec = (await http.get(f"{address}api/kernelspecs/python3")).json()

    assert spec["resources"]["logo-64x64"] == f"/lab/{LOGO}"
    assert (await http.get(f"{address}{LOGO}")).status_code == 200


async def test_a_logo_is_kept_by_browsers(jupyter):
    """For a month."""
    response = await jupyter.get(LOGO)

    assert response.status_code == 200
    assert response.headers["content-type"] == "image/png"
    assert response.headers["cache-control"] == "max-age=2592000"
    assert response.content.startswith(b"\x89PNG")


async def test_a_logos_head(jupyter):
    """Its length and type, without the logo."""
    response = await jupyter.head(LOGO)

    assert (response.status_code, response.content) == (200, b"")
    assert int(response.headers["content-length"]) > 0
    assert response.headers["content-type"] == "image/png"


async def test_other_files_are_asked_for_each_time(http, specs):
    """A kernel.js that was changed is to be seen."""
    specs.resources["python3", "kernel.js"] = b"define()"

    response = await http.get("kernelspecs/python3/kernel.js")

    assert response.content == b"define()"
    assert "cache-control" not in response.headers
    assert response.headers["etag"] == f'"{hashlib.sha1(b"define()").hexdigest()}"'  # noqa: S324


@pytest.mark.parametrize("path", ["python3/nothing.png", "nope/logo-64x64.png"])
async def test_a_file_that_is_not_there(jupyter, path):
    """It is a page: files are for browsers."""
    response = await jupyter.get(f"kernelspecs/{path}")

    assert response.status_code == 404
    assert is_page(response)


async def test_files_are_not_for_everybody(anonymous):
    """A logo may tell what runs here."""
    response = await anonymous.get(LOGO)

    assert response.status_code == 403
    assert is_page(response)


async def test_files_cannot_be_written(http):
    """Nor deleted."""
    assert (await http.put(LOGO)).status_code == 405
