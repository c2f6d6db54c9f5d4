"""The description of the REST API: it is right, complete, and what is served."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest
import yaml
from openapi_spec_validator import validate

import jupyter_sessions_server.gateway
from jupyter_sessions_server.gateway.requests import Rest
from jupyter_sessions_server.gateway.routes import rest_routes
from tests.conftest import TOKEN

DOCUMENT = Path(jupyter_sessions_server.gateway.__file__).with_name("openapi.yaml")
SETTINGS = Path(__file__).with_name("schemathesis.toml")
METHODS = {"get", "head", "post", "patch", "put", "delete"}


def test_it_is_openapi():
    """Tools can read it."""
    validate(yaml.safe_load(DOCUMENT.read_text()))


def test_it_describes_what_is_served_and_nothing_else(service, gateway_config):
    """A route that is added, or a method, is described with it."""
    described = {
        (path, method.upper())
        for path, item in yaml.safe_load(DOCUMENT.read_text())["paths"].items()
        for method in METHODS & item.keys()
    }

    served = {
        (re.sub(r":\w+}", "}", route.path), method)
        for route in rest_routes(Rest.over(service, gateway_config))
        for method in route.app.methods
    }
    channels = ("/api/kernels/{kernel_id}/channels", "GET")
    assert described == served | {channels}


async def test_it_is_served(http):
    """A client can be generated from any server."""
    response = await http.get("api/spec.yaml")

    assert response.headers["content-type"] == "text/x-yaml"
    assert response.text == DOCUMENT.read_text()
    assert int((await http.head("api/spec.yaml")).headers["content-length"]) == len(
        response.content
    )


@pytest.mark.timeout(120)
@pytest.mark.parametrize("phases", ["examples,coverage"])
async def test_answers_are_what_it_says(gateway, phases):
    """Whatever is sent: what it allows, what it almost allows, and what it does not."""
    await _schemathesis(gateway, "--phases", phases)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_answers_to_many_requests_in_a_row_are_what_it_says(gateway):
    """What one request made the next one finds, changes and ends."""
    await _schemathesis(gateway, "--phases", "fuzzing,stateful", "-n", "50")


async def _schemathesis(address, *arguments):
    """Let schemathesis try the API; fails with what it has found."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(SETTINGS), "run",
        str(DOCUMENT), "--url", address, "--exclude-path-regex", "channels$", "--no-color",
        *arguments, env={**os.environ, "TOKEN": TOKEN},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
