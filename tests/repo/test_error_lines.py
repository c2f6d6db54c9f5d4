"""Each error that the contract says an RPC can fail with is shown by a test of the contract.

A test says what it shows by a mark: `@pytest.mark.covers("Service.Method", "REASON", …)`; or
`"Service"`, for what any RPC of a service can fail with.
"""

import ast
from pathlib import Path

from tests.repo.proto_comments import ROOT, error_lines, reason_comments
from tests.rpcs import SERVED

CONTRACT_TESTS = sorted((ROOT / "tests/contract").glob("test_*.py"))
LINES = error_lines()
SERVED_SERVICES = {rpc.partition(".")[0] for rpc in SERVED}

NOT_YET: set[tuple[str, str]] = set()
"""What the contract promises, and nothing can bring about yet."""


def marks_in(file: Path) -> set[tuple[str, str]]:
    """What the tests of a file say they cover."""
    calls = (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call))
    covering = [call for call in calls if ast.unparse(call.func) == "pytest.mark.covers"]
    pairs = set()
    for call in covering:
        where, *reasons = (ast.literal_eval(argument) for argument in call.args)
        pairs |= {(where, reason) for reason in reasons}
    return pairs


COVERED = set().union(*map(marks_in, CONTRACT_TESTS))


def test_the_contract_is_read():
    """If a comment were written in another way, it would not be found, and all would seem well."""
    assert len(LINES) > 50
    assert ("SessionService.CreateSession", "NOT_FOUND", "KERNELSPEC_NOT_FOUND") in LINES
    assert ("SessionService.CreateSession", "RESOURCE_EXHAUSTED", "SESSION_LIMIT_REACHED") in LINES
    assert ("SessionService", "RESOURCE_EXHAUSTED", "STORAGE_FULL") in LINES


def test_each_error_of_a_served_rpc_is_covered():
    """Each line under "Errors" is a promise."""
    promised = {
        (line.where, line.reason)
        for line in LINES
        if line.where in SERVED or line.where in SERVED_SERVICES
    }

    assert promised - COVERED - NOT_YET == set()


def test_what_cannot_happen_yet_is_not_covered():
    """The list of exceptions shrinks as more is served."""
    assert COVERED.isdisjoint(NOT_YET)
    assert {(line.where, line.reason) for line in LINES} >= NOT_YET


def test_nothing_is_covered_that_the_contract_does_not_promise():
    """A mark with a slip of the pen would cover nothing; an error that is shown is written down."""
    assert COVERED - {(line.where, line.reason) for line in LINES} == set()


def test_each_line_has_the_code_of_its_reason():
    """A reason has one code, wherever it is told."""
    codes = {reason: comment.partition(":")[0] for reason, comment in reason_comments().items()}

    assert [line for line in LINES if codes[line.reason] != line.code] == []
