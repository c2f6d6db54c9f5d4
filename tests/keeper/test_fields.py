"""Requests that are malformed: each is refused by the name of the field that is wrong."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_sessions_server.keeper.fields import Fields
from jupyter_sessions_server.keeper.lifetime import Lifetime
from jupyter_sessions_server.keeper.protocol import ErrorCode, RequestRefused
from jupyter_sessions_server.keeper.requests import Requests
from tests.keeper.kernel_parts import FakeZygotes, opened, start_request


@pytest.fixture
async def requests(tmp_path: Path, tasks: asyncio.TaskGroup) -> AsyncIterator[Requests]:
    """What carries them out."""
    async with opened(tmp_path, FakeZygotes()) as kernels:
        yield Requests(kernels, Lifetime(tasks, lambda: None, 10))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kernel_id", None), ("kernel_id", ""), ("kernel_id", "../k"), ("kernel_id", ".k"),
        ("kernel_id", "k" * 129), ("argv", []), ("argv", "sleep"), ("argv", [1]),
        ("argv", ["a\0"]), ("cwd", 1), ("env", []), ("env", {"A": 1}), ("env", {"A=": "1"}),
        ("warm", 1), ("pool", -1), ("pool", True), ("nice", "1"), ("provisioner", "x"),
        ("provisioner", {}), ("interrupt_by_message", "no"),
    ],
)  # fmt: skip
async def test_a_malformed_start_is_refused_by_the_name_of_its_field(
    requests: Requests, field: str, value: object
) -> None:
    """Whoever writes a server sees what is wrong with it."""
    with pytest.raises(RequestRefused, match=f"^({field}|name): ") as refused:
        await requests.carry_out("start", Fields(start_request() | {field: value}))

    assert refused.value.code == ErrorCode.INVALID


@pytest.mark.parametrize(
    ("op", "arguments", "field"),
    [
        ("hello", {}, "version"),
        ("hello", {"version": 1, "settings": {"limits": [1]}}, "limits"),
        ("hello", {"version": 1, "settings": {"linger_seconds": -1}}, "linger_seconds"),
        ("hello", {"version": 1, "settings": 3}, "settings"),
        ("signal", {"kernel_id": "k", "signal": 999}, "signal"),
        ("signal", {"kernel_id": "k", "signal": "SIGINT"}, "signal"),
        ("stop", {"kernel_id": "k", "cause": "BORED", "grace_seconds": 0}, "cause"),
        ("stop", {"kernel_id": "k", "cause": "CULLED", "grace_seconds": "x"}, "grace_seconds"),
        ("forget", {}, "kernel_id"),
        ("prepare", {"argv": ["x"]}, "cwd"),
    ],
)
async def test_other_malformed_requests_are_too(
    requests: Requests, op: str, arguments: dict[str, Any], field: str
) -> None:
    """The same for all that can be asked."""
    with pytest.raises(RequestRefused, match=f"^{field}: "):
        await requests.carry_out(op, Fields(arguments))
