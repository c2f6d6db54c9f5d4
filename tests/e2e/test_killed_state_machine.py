"""Readers and the server are killed in any order: what was collected is what the code printed."""

import asyncio
import itertools
from collections import Counter
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

import jupyter_sessions
from jupyter_sessions.v1.executions_pb2 import ExecutionState
from tests.e2e.killed_readers import Cell, read_here, read_in_process
from tests.e2e.random_output import collected_from, printed_by
from tests.ports import lasting_port

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

SETTINGS = settings(
    max_examples=3,  # the first is always the simplest there is
    stateful_step_count=60,
    phases=[Phase.generate],  # what depends on moments cannot be shrunk
    suppress_health_check=list(HealthCheck),
    deadline=None,
    database=None,
)
TOKEN = "a-token"
KERNELS = 3
MOST_AT_ONCE = 10
ANY = st.integers(min_value=0, max_value=1000)
ANY_SEED = st.integers(min_value=0, max_value=2**64)
EVENTS = st.integers(min_value=1, max_value=20)
ANY_SEED = st.integers(min_value=0, max_value=2**64)
EVENTS = st.integers(min_value=1, max_value=20)
READERS = st.sampled_from([read_here, read_in_process])


class KilledExecutions(RuleBasedStateMachine):
    """Cells run in a few kernels of one server; the loop's tasks take their turns in each rule."""

    def __init__(self, server, totals):
        super().__init__()
        self.server = server
        self.target = server.target
        self.totals = totals
        self.cells = []  # under way, as far as the machine has looked
        self.ended = []
        self.is_up = True
        self.runner = asyncio.Runner()
        self.session_ids = self.runner.run(self.create_sessions())

    async def create_sessions(self):
        self.totals["examples"] += 1
        paths = [f"{self.totals['examples']}-{number}.ipynb" for number in range(KERNELS)]
        async with jupyter_sessions.connect(self.target, TOKEN) as client:
            return [(await client.create_session(path)).session_id for path in paths]

    def some_cell(self, number, cells):
        return cells[number % len(cells)]

    def begin(self, cell, reader):
        async def begin():
            cell.begin(reader(cell, self.target, TOKEN))

        self.runner.run(begin())

    @property
    def read(self):
        return [cell for cell in self.cells if cell.has_reader]

    @property
    def left(self):
        return [cell for cell in self.cells if not cell.has_reader]

    def read_on(self, cell, events):
        """Let it be read for as long as it takes to get some events."""
        enough = len(cell.events) + events
        self.runner.run(cell.until(lambda: len(cell.events) >= enough or cell.finished))

    @precondition(lambda self: len(self.cells) < MOST_AT_ONCE)
    @rule(number=ANY, seeds=st.lists(ANY_SEED, min_size=1, max_size=3), reader=READERS)
    def run_code(self, number, seeds, reader):
        session_id = self.some_cell(number, self.session_ids)
        for code_seed in seeds:
            self.totals["executions"] += 1
            cell = Cell(session_id, code_seed, f"request-{self.totals['executions']}")
            self.cells.append(cell)
            self.begin(cell, reader)

    @precondition(lambda self: self.read)
    @rule(number=ANY, events=EVENTS)
    def kill_a_reader(self, number, events):
        cell = self.some_cell(number, self.read)
        if self.is_up:
            self.read_on(cell, events)
        self.totals["reader kills"] += cell.is_read
        self.runner.run(cell.kill_reader())

    @precondition(lambda self: self.left)
    @rule(number=ANY, reader=READERS)
    def attach_elsewhere(self, number, reader):
        self.begin(self.some_cell(number, self.left), reader)

    @precondition(lambda self: self.is_up and self.read)
    @rule(number=ANY, events=EVENTS)
    def kill_the_server(self, number, events):
        self.read_on(self.some_cell(number, self.read), events)
        self.totals["server kills"] += any(cell.is_read for cell in self.cells)
        self.server.kill()
        self.is_up = False

    @precondition(lambda self: not self.is_up)
    @rule()
    def start_the_server(self):
        self.server.restart()
        self.is_up = True

    @precondition(lambda self: self.is_up and self.read)
    @rule(number=ANY)
    def read_to_the_end(self, number):
        cell = self.some_cell(number, self.read)
        self.runner.run(cell.until(lambda: cell.finished))
        self.cells.remove(cell)
        self.ended.append(cell)
        self.require_as_printed(cell)

    def require_as_printed(self, cell):
        seqs = [event.seq for event in cell.events]
        assert seqs == sorted(set(seqs)), "each event once, in order"
        assert cell.finished.state == ExecutionState.EXECUTION_STATE_SUCCEEDED, cell.finished
        assert collected_from(cell.events) == printed_by(cell.seed)

    def teardown(self):
        try:
            if not self.is_up:
                self.start_the_server()
            for cell in self.left:
                self.begin(cell, read_here)
            while self.cells:
                self.read_to_the_end(0)
            self.runner.run(self.require_as_kept())
        finally:
            self.runner.close()

    async def require_as_kept(self):
        """Nothing ran twice, and who reads all of it now gets what was collected."""
        async with jupyter_sessions.connect(self.target, TOKEN) as client:
            for session_id in self.session_ids:
                ran = [each async for each in client.list_executions(session_id=session_id)]
                begun = [cell for cell in self.ended if cell.session_id == session_id]
                assert {each.execution_id for each in ran} == {each.execution_id for each in begun}
                counts = [each.execution_count for each in reversed(ran)]
                assert counts == list(range(1, len(ran) + 1))
                await client.delete_session(session_id)
            for cell in self.ended:
                assert [event async for event in client.attach(cell.execution_id)] == cell.events


@pytest.fixture
def server(own_server):
    """A server that is found again at the same address, with the same token."""
    own_server.flags += ["--grpc-port", str(lasting_port())]
    own_server.environment["JUPYTER_SESSIONS_TOKEN"] = TOKEN
    return own_server.start()


def test_whoever_is_killed_what_was_collected_is_what_was_printed(server):
    """A hundred kills during two hundred executions: each event once, in order, every byte."""
    totals = Counter()

    for number in itertools.count():
        run_state_machine_as_test(
            seed(number)(partial(KilledExecutions, server, totals)), settings=SETTINGS
        )
        kills = totals["server kills"] + totals["reader kills"]
        if totals["executions"] >= 200 and kills >= 100:
            break

    print(totals)  # noqa: T201 - when it fails
    assert min(totals["server kills"], totals["reader kills"]) >= 25, totals
