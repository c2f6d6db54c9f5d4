"""Code, where for a moment something fails that it needs: a socket, the store, the keeper."""

import asyncio
import sqlite3
from dataclasses import replace

import pytest

from jupyter_sessions_server.model import Channel, ExecutionState
from tests.sessions.running_code import ME
from tests.sessions.servers import all_of, begin, end_of, texts, with_kernel
from tests.waiting import until


@pytest.fixture
def config(config):
    """A server that waits a moment after an interrupt."""
    return replace(config, kernels=replace(config.kernels, interrupt_grace_seconds=0.05))


@pytest.fixture(autouse=True)
async def kernel(domain, monkeypatch):
    """A kernel; what failed is tried again at once."""
    monkeypatch.setattr("jupyter_sessions_server.sessions.stopping._AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(
        "jupyter_sessions_server.sessions.kernel_executions._SEND_AGAIN_SECONDS", 0.01
    )
    return await with_kernel(domain)


@pytest.fixture
def fail_once(monkeypatch):
    """Has the next call of a method fail that a condition holds for."""

    def fail_once(thing, method, error, condition):
        works, failures = getattr(thing, method), []

        async def fails(*arguments):
            if not failures and condition(*arguments):
                failures.append(error)
                raise error
            return await works(*arguments)

        monkeypatch.setattr(thing, method, fails)
        return failures

    return fail_once


async def test_what_could_not_be_sent_is_sent_again(domain, kernels, fail_once, caplog):
    """No descriptor was left for its socket; whoever comes next is not held up for ever."""
    failed = fail_once(
        kernels, "send", OSError(24, "EMFILE"), lambda _, __, it: it.msg_type == "execute_request"
    )
    ids = [await begin(domain, f"say {text}") for text in "ab"]

    heard = [texts(await all_of(domain, id_)) for id_ in ids]

    assert heard == [["a"], ["b"]]
    assert failed
    assert "code not sent" in caplog.text


async def test_what_cannot_be_sent_can_be_cancelled(domain, kernels, monkeypatch, caplog):
    """It waits, as any that the kernel does not have."""

    async def fails(*_):
        raise OSError(24, "EMFILE")

    monkeypatch.setattr(kernels, "send", fails)
    id_ = await begin(domain, "say x")
    await until(lambda: "code not sent" in caplog.text)

    assert (await domain.executions.cancel(ME, id_)).state is ExecutionState.CANCELLED


async def test_an_answer_that_could_not_be_sent_can_be_given_again(domain, kernels, fail_once):
    """The question is still open."""
    id_ = await begin(domain, "ask ?", allow_stdin=True)
    await until(lambda: domain.executions._running[id_].execution.pending_input)
    fail_once(
        kernels, "send", OSError(24, "EMFILE"), lambda _, channel, __: channel is Channel.STDIN
    )
    with pytest.raises(OSError, match="EMFILE"):
        await domain.executions.send_input(ME, id_, "", "42")

    await domain.executions.send_input(ME, id_, "", "42")

    assert texts(await all_of(domain, id_)) == ["42"]


async def test_an_end_that_could_not_be_stored_is_told(domain, kernels, fail_once):
    """What waits behind it goes on; the end is stored with what comes next."""
    kernels.replies = False
    id_ = await begin(domain, "wait", stop_on_error=False)
    await kernels.running_code("k1")
    error = sqlite3.OperationalError("database is locked")
    failed = fail_once(
        domain.executions._store,
        "save",
        error,
        lambda records: any(record.execution.finished for record in records),
    )
    await kernels.interrupt("k1")
    await until(lambda: failed)
    kernels.replies = True

    following = end_of(await all_of(domain, await begin(domain, "say x")))

    assert end_of(await all_of(domain, id_)).state is ExecutionState.FAILED
    assert following.state is ExecutionState.SUCCEEDED


async def test_a_deadline_holds_though_the_keeper_was_away(domain, kernels):
    """It is tried again, as nobody else would."""
    kernels.reachable = False
    id_ = await begin(domain, "wait", timeout_ms=1)
    running = domain.executions._running[id_]
    await until(lambda: running.record.stop_state is ExecutionState.TIMED_OUT)
    await asyncio.sleep(0.05)

    kernels.reachable = True

    assert end_of(await all_of(domain, id_)).state is ExecutionState.TIMED_OUT


async def test_an_interrupt_on_its_way_hits_nobody_else(domain, kernels, monkeypatch):
    """The keeper takes its time, and meanwhile what was to be ended ends by itself."""
    interrupt, may_interrupt, asked = kernels.interrupt, asyncio.Event(), asyncio.Event()

    async def late(kernel_id):
        asked.set()
        await may_interrupt.wait()
        await interrupt(kernel_id)

    monkeypatch.setattr(kernels, "interrupt", late)
    first = await begin(domain, "wait", stop_on_error=False)
    await kernels.running_code("k1")
    second = await begin(domain, "say x")
    cancelling = asyncio.ensure_future(domain.executions.cancel(ME, first))
    await asked.wait()

    kernels._finish("k1", kernels._running.pop("k1"), {"status": "ok"})
    await all_of(domain, first)
    await asyncio.sleep(0.02)
    assert (await domain.executions.get(ME, second)).state is ExecutionState.QUEUED
    may_interrupt.set()

    assert (await cancelling).state is ExecutionState.SUCCEEDED
    assert texts(await all_of(domain, second)) == ["x"]
