"""Executions, page by page."""

from dataclasses import replace

import pytest

from jupyter_sessions_server.model import Code, Execution, ExecutionRecord, ExecutionState
from jupyter_sessions_server.ports import LAST_EXECUTION

MUCH = 10**9
FIRST = Execution("0", "k1", None, "x" * 1000, ExecutionState.QUEUED, 1, first_seq=1, next_seq=2)


@pytest.fixture
async def pages(execution_store):
    """Ten executions, each other one of which has failed; reads the ids on all pages."""
    states = [ExecutionState.SUCCEEDED, ExecutionState.FAILED] * 5
    executions = [
        replace(FIRST, execution_id=str(number), state=state) for number, state in enumerate(states)
    ]
    await execution_store.save([ExecutionRecord(each, Code(each.code)) for each in executions])

    def pages(states=(), limit=MUCH, limit_bytes=MUCH):
        place = LAST_EXECUTION
        while place is not None:
            records, place = execution_store.page("k1", place, states, limit, limit_bytes)
            yield "".join(record.execution.execution_id for record in records)

    return pages


def test_a_page_has_no_more_than_the_limit(pages):
    """The newest are first."""
    assert list(pages(limit=4)) == ["9876", "5432", "10"]


def test_a_page_has_no_more_bytes_than_the_limit(pages):
    """A message must not become too large."""
    sizes = [len(page) for page in pages(limit_bytes=8_000)]

    assert sum(sizes) == 10
    assert 1 < max(sizes) < 8


def test_one_that_is_larger_than_a_page_has_a_page_of_its_own(pages):
    """Else there would be no way past it."""
    assert list(pages(limit_bytes=10)) == list("9876543210")


def test_only_those_in_the_states_that_are_asked_for_count(pages):
    """A page is full of those."""
    assert list(pages(states=[ExecutionState.FAILED], limit=2)) == ["97", "53", "1"]


def test_the_last_page_names_no_further_one(pages):
    """Also if it is full."""
    assert list(pages(limit=5)) == ["98765", "43210"]
