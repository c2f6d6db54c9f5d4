"""Agents: each runs cells in a session of its own, does what goes wrong, and notes it."""

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from jupyter_sessions import Client, SessionHandle
from jupyter_sessions.kernel_channels import ChannelMessage
from jupyter_sessions.v1.executions_pb2 import ExecutionState, OnDisconnect, StopStep
from jupyter_sessions.v1.kernels_pb2 import KernelState

State = ExecutionState
HANGING_SECONDS = 45
ENDLESS = "import time\nprint('begun')\nwhile True: time.sleep(0.01)"
"""Does not flush what it prints: to show where in that it was interrupted takes IPython so long
that twenty kernels at once would lose their grace by it."""
STUBBORN = """
import time
print('begun', flush=True)
while True:
    try: time.sleep(1)
    except KeyboardInterrupt: pass
"""
UNTIL_THERE = "import os, time\nwhile not os.path.exists({file!r}): time.sleep(0.01)"
CRASHES = [
    "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "import ctypes; ctypes.string_at(0)",
    "import os; os._exit(3)",
]


class Agent:
    """`ends` has how each of its executions has to have ended, `counted` its kernel's variable."""

    def __init__(
        self, number: int, client: Client, session: SessionHandle, folder: Path, seed: int
    ) -> None:
        """`folder` is for its own files, and other agents'."""
        self._number = number
        self._folder = folder
        self._client = client
        self.session = session
        self._random = random.Random(f"{seed} {number}")  # noqa: S311 - not for secrets
        self.ends: dict[str, ExecutionState] = {}
        self.counted = 0
        self.did: Counter[str] = Counter()

    async def work(self, until: float) -> None:
        """Do one thing after the other; what it then sees is as it has to be."""
        deeds = {
            self.count: 8,
            self.fail: 2,
            self.run_out_of_time: 3,
            self.cancel: 2,
            self.cancel_one_that_waits: 2,
            self.leave_and_come_back: 3,
            self.leave_for_good: 2,
            self.restart: 1,
            self.restart_while_it_runs: 1,
            self.crash: 2,
            self.interrupt: 1,
            self.speak: 2,
        }
        while time.monotonic() < until:
            (deed,) = self._random.choices(list(deeds), list(deeds.values()))
            self.did[deed.__name__] += 1
            try:
                async with asyncio.timeout(HANGING_SECONDS):
                    await deed()
            except TimeoutError:
                kernel = (await self.session.refresh()).kernel
                listing = self._client.list_executions(session_id=self.session.session_id)
                text = f"{deed.__name__} of {self._number} hangs: {kernel}{await anext(listing)}"
                raise AssertionError(text) from None

    async def count(self) -> None:
        """The kernel has the variables it had."""
        self.counted += 1
        result = await self.session.execute("n = globals().get('n', 0) + 1; print(n)")
        self.ends[result.execution.execution_id] = State.EXECUTION_STATE_SUCCEEDED
        assert result.text == f"{self.counted}\n", (self._number, result.text, self.counted)

    async def fail(self) -> None:
        """Code that raises is told so."""
        result = await self.session.execute("1 / 0")
        self.ends[result.execution.execution_id] = State.EXECUTION_STATE_FAILED
        assert result.execution.error.ename == "ZeroDivisionError"

    async def run_out_of_time(self) -> None:
        """A deadline interrupts, and replaces the process if nothing else helps."""
        code = self._random.choice([ENDLESS, STUBBORN])
        result = await self.session.execute(code, timeout=0.2)
        self._ended(result.execution, State.EXECUTION_STATE_TIMED_OUT)
        if result.execution.stop_step == StopStep.STOP_STEP_KERNEL_RESTARTED:
            self.did["run_out_of_patience"] += 1
            self.counted = 0

    async def cancel(self) -> None:
        """What runs is interrupted."""
        async with self.session.stream(ENDLESS) as events:
            async for event in events:
                if event.HasField("stream"):
                    await self._cancel(events.execution_id, StopStep.STOP_STEP_INTERRUPTED)

    async def _cancel(self, execution_id: str, step: StopStep) -> None:
        ended = await self._client.cancel_execution(execution_id)
        self.ends[execution_id] = State.EXECUTION_STATE_CANCELLED
        assert ended.state == State.EXECUTION_STATE_CANCELLED, ended
        assert ended.stop_step == step, [said async for said in self._client.attach(execution_id)]

    async def cancel_one_that_waits(self) -> None:
        """What waits is dropped, what runs goes on."""
        go = self._folder / f"go-{self._number}"
        go.unlink(missing_ok=True)
        async with self.session.stream(UNTIL_THERE.format(file=str(go))) as first:
            async for event in first:
                if event.HasField("started"):
                    async with self.session.stream("n = -1") as second:
                        await anext(aiter(second))
                        await self._cancel(second.execution_id, StopStep.STOP_STEP_DROPPED)
                    go.touch()
                elif event.HasField("finished"):
                    self._ended(event.finished.execution, State.EXECUTION_STATE_SUCCEEDED)

    async def leave_and_come_back(self) -> None:
        """The rest is read by who comes next."""
        code = "import time\nfor i in range(20): print(i, flush=True); time.sleep(0.01)"
        text, seq = "", 0
        async with self.session.stream(code) as events:
            async for event in events:
                text, seq = text + event.stream.text, event.seq
                if event.HasField("stream") and self._random.random() < 0.2:
                    break
        async for event in self._client.attach(events.execution_id, seq + 1):
            text += event.stream.text
        self._ended(event.finished.execution, State.EXECUTION_STATE_SUCCEEDED)
        assert text == "".join(f"{number}\n" for number in range(20)), text

    async def leave_for_good(self) -> None:
        """What nobody reads is ended, if it was asked to be."""
        cancelling = OnDisconnect.ON_DISCONNECT_CANCEL
        with suppress(TimeoutError):
            async with (
                asyncio.timeout(5),
                self.session.stream(ENDLESS, on_disconnect=cancelling) as events,
            ):
                async for event in events:
                    if event.HasField("stream"):
                        break
        async for event in self._client.attach(events.execution_id):
            if event.HasField("finished"):
                self._ended(event.finished.execution, State.EXECUTION_STATE_CANCELLED)

    async def interrupt(self) -> None:
        """As Ctrl-C does."""
        async with self.session.stream(ENDLESS) as events:
            async for event in events:
                if event.HasField("stream"):
                    await self.session.interrupt()
                elif event.HasField("finished"):
                    self._ended(event.finished.execution, State.EXECUTION_STATE_FAILED)

    async def speak(self) -> None:
        """As a front end does, in raw messages."""
        async with self._client.connect_channels(session_id=self.session.session_id) as channels:
            asked = await channels.send("shell", "kernel_info_request")
            async for said in channels:
                if isinstance(said, ChannelMessage) and said.msg_type == "kernel_info_reply":
                    assert said.parent_id == asked
                    break

    async def restart(self) -> None:
        """Variables are gone."""
        kernel = await self.session.restart()
        self.counted = 0
        assert kernel.state == KernelState.KERNEL_STATE_IDLE, kernel

    async def restart_while_it_runs(self) -> None:
        """What ran is interrupted, and lost if it did not end by that."""
        async with self.session.stream(ENDLESS) as events:
            async for event in events:
                if event.HasField("stream"):
                    await self.restart()
                elif event.HasField("finished"):
                    ended = event.finished.execution
                    lost = ended.state == State.EXECUTION_STATE_LOST
                    self._ended(ended, ended.state if lost else State.EXECUTION_STATE_FAILED)

    async def crash(self) -> None:
        """The kernel ends; whoever wants to go on restarts it."""
        result = await self.session.execute(self._random.choice(CRASHES))
        self._ended(result.execution, State.EXECUTION_STATE_LOST)
        kernel = await self._client.get_kernel(self.session.kernel.kernel_id)
        assert kernel.state == KernelState.KERNEL_STATE_DEAD, kernel
        await self.session.restart(only_if_dead=True)
        self.counted = 0

    def _ended(self, execution, state: ExecutionState) -> None:
        self.ends[execution.execution_id] = state
        assert execution.state == state, (self._number, execution)

    async def require_right_states(self) -> None:
        """All that ran has ended as it has to, and the kernel is as it was left."""
        await self.count()
        listing = self._client.list_executions(session_id=self.session.session_id)
        listed = {each.execution_id: each async for each in listing}
        states = {execution_id: each.state for execution_id, each in listed.items()}
        wrong = states.items() ^ self.ends.items()
        assert not wrong, [(wrong, listed.get(execution_id)) for execution_id, _ in wrong]
        kernel = (await self.session.refresh()).kernel
        assert kernel.state == KernelState.KERNEL_STATE_IDLE, kernel
