"""Stock Connect clients, in Node: whatever transport they use, they are at home here."""

import asyncio
import os
import re
from pathlib import Path

import pytest

from tests.conftest import TOKEN
from tests.gateway.connect.conftest import MAX_BODY_BYTES
from tests.installed import require_node_packages

HERE = Path(__file__).parent / "node"
GENERATED = Path(__file__).parents[3] / "clients/typescript/src/gen"
TRANSPORTS = (  # of transports.js
    "node, Connect, protobuf",
    "node, Connect, JSON",
    "node, Connect, gzip",
    "node, gRPC-Web, protobuf",
    "node, gRPC-Web, JSON",
    "node, gRPC-Web, gzip",
    "web, Connect, protobuf",
    "web, Connect, JSON",
    "web, gRPC-Web, protobuf",
)


async def run(*command, **more):
    """Run a program of Node beside its modules; returns its end and what it said."""
    env = os.environ | more
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=HERE,
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


@pytest.fixture
async def generated():
    """The generated TypeScript, as JavaScript, where it finds the runtime."""
    require_node_packages(HERE)
    sources = sorted(str(path) for path in GENERATED.rglob("*.ts"))
    options = (f"--outbase={GENERATED}", "--outdir=node_modules/.gen", "--format=esm")
    code, said = await run("node_modules/.bin/esbuild", *sources, *options, "--log-level=warning")
    assert code == 0, said


@pytest.mark.timeout(120)
@pytest.mark.slow
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_stock_clients_call_the_contract(generated, address, transport):
    """Typed answers, streams, errors with their details, deadlines, hang-ups."""
    code, said = await run(
        "node",
        "--test",
        "calls.test.js",
        ADDRESS=address.removesuffix("jupyter_sessions.v1."),
        TOKEN=TOKEN,
        TRANSPORT=transport,
        MAX_BODY_BYTES=str(MAX_BODY_BYTES),
    )

    assert code == 0, said
    assert re.search(r"^# tests 11$", said, re.MULTILINE), said
