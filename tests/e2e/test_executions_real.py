"""Executions with real kernels: deadlines that hold, questions that are answered, limits."""

import asyncio

import pytest

import jupyter_sessions
from jupyter_sessions.v1.executions_pb2 import ExecutionState, OnOutputLimit, StopStep

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

IGNORES = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    try: time.sleep(10)
    except KeyboardInterrupt: pass
"""
IN_C = """
import ctypes
mutex = ctypes.create_string_buffer(64)
for _ in range(2): ctypes.PyDLL(None).pthread_mutex_lock(mutex)  # holds the interpreter's lock
"""


@pytest.fixture
def own_server(own_server):
    """A server that waits a second for interrupted code."""
    own_server.flags += ["--interrupt-grace-seconds", "1"]
    return own_server.start()


@pytest.mark.parametrize(
    ("code", "step"),
    [
        ("while True: pass", StopStep.STOP_STEP_INTERRUPTED),
        (IGNORES, StopStep.STOP_STEP_KERNEL_RESTARTED),
        (IN_C, StopStep.STOP_STEP_KERNEL_RESTARTED),
    ],
    ids=["a loop", "ignores interrupts", "blocks in C"],
)
def test_a_timeout_holds_and_the_next_code_works(own_server, code, step):
    """Whatever the code does about it."""
    with own_server.connect() as client, client.open_session("a.ipynb") as session:
        stream = session.stream(code, timeout=0.5)
        *_, last = stream
        following = session.execute("6 * 7")

    execution = last.finished.execution
    assert execution.state == ExecutionState.EXECUTION_STATE_TIMED_OUT
    assert execution.stop_step == step
    assert following.value == "42" or following.value == 42


@pytest.mark.parametrize("asks", ["input", "getpass.getpass"])
def test_a_question_is_answered_by_another_client_after_the_first_hung_up(own_server, asks):
    """The tab was closed; the other window shows the question, and takes the answer."""
    code = f"import getpass\nprint('hello', {asks}('name? '))"

    async def scenario():
        async with (
            jupyter_sessions.connect(own_server.target, own_server.token) as first,
            jupyter_sessions.connect(own_server.target, own_server.token) as second,
            first.open_session("a.ipynb") as session,
        ):
            stream = session.stream(code, allow_stdin=True)
            async for event in stream:
                if event.HasField("input_request"):
                    break
            attached = second.attach(stream.execution_id)
            texts = []
            async for event in attached:
                if event.HasField("input_request"):
                    assert event.input_request.password == (asks != "input")
                    await second.send_input(stream.execution_id, "Ada")
                if event.HasField("stream"):
                    texts.append(event.stream.text)
            return "".join(texts)

    assert "hello Ada" in asyncio.run(scenario())


def test_output_over_its_limit_interrupts(own_server):
    """A loop that prints for ever is ended, and the rest is counted."""
    with own_server.connect() as client, client.open_session("a.ipynb") as session:
        events = list(
            session.stream(
                "while True: print('x' * 1000)",
                max_output_bytes=100_000,
                on_output_limit=OnOutputLimit.ON_OUTPUT_LIMIT_INTERRUPT,
            )
        )

    *_, gap, last = events
    assert gap.gap.missing_count > 0
    assert last.finished.execution.state == ExecutionState.EXECUTION_STATE_CANCELLED
    assert sum(len(e.stream.text) for e in events if e.HasField("stream")) <= 101_000


def test_what_ran_is_listed(own_server):
    """With what became of it."""
    with own_server.connect() as client, client.open_session("a.ipynb") as session:
        session.execute("1")
        session.execute("1/0")
        listed = list(client.list_executions(session_id=session.session_id))

    assert [each.code for each in listed] == ["1/0", "1"]
    assert listed[0].error.ename == "ZeroDivisionError"
