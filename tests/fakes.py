"""Small real implementations of the ports: kernels without processes, a clock that stands."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing

from jupyter_sessions_server.errors import (
    KernelHostUnavailable,
    KernelspecNotFound,
    KernelspecResourceNotFound,
    KernelStartFailed,
)
from jupyter_sessions_server.model import (
    Channel,
    ExitCause,
    Gap,
    GapReason,
    JournalRecord,
    KernelExit,
    KernelId,
    KernelLaunch,
    KernelSpec,
    KernelStart,
    KernelUsage,
    Message,
    ProcessExited,
    ProcessStarted,
    Request,
    StartMode,
)
from tests.fake_answers import SUBSHELL_ID, answer_to
from tests.memory_journal import MemoryJournal
from tests.waiting import until


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.ms = 1_700_000_000_000
        """The date; somebody may set it, forth and back."""
        self.seconds = 1_000.0
        """The time that goes on, whatever the date; see also `go_on`."""

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.seconds

    def go_on(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds
        self.ms += round(seconds * 1000)


class FakeSpecs:
    """Three kernelspecs; a process of "broken" cannot be started."""

    default_name = "python3"

    def __init__(self) -> None:
        self.specs = {name: _spec(name) for name in ("broken", "python3", "ir")}
        self.resources = {("python3", "logo-64x64.png"): b"\x89PNG"}

    async def find(self, kernel_name: str) -> KernelSpec | None:
        return self.specs.get("python3" if kernel_name == "python" else kernel_name)

    async def list_all(self) -> Sequence[KernelSpec]:
        return [self.specs[name] for name in sorted(self.specs)]

    async def read_resource(self, kernel_name: str, resource_name: str) -> bytes:
        if kernel_name not in self.specs:
            raise KernelspecNotFound(kernel_name)
        if (kernel_name, resource_name) not in self.resources:
            raise KernelspecResourceNotFound(kernel_name, resource_name)
        return self.resources[kernel_name, resource_name]


def _spec(name: str) -> KernelSpec:
    return KernelSpec(
        kernel_name=name,
        display_name=name.title(),
        language="python",
        argv=[name, "-f", "{connection_file}"],
        env={},
        interrupt_by_message=False,
        metadata_json="{}",
        resource_names=["logo-64x64.png"] if name == "python3" else [],
    )


class FakeKernels:
    """A KernelHost whose kernels answer at once and understand eight words.

    "say TEXT" prints, "lines N" prints N numbers, "value TEXT" has a value, "fail" raises, "die"
    ends the process by SIGKILL, "wait" runs until it is interrupted, "chatter" prints 10,000
    characters and then waits, "ask TEXT" asks for input and prints it; any other code does nothing.
    """

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.launches: list[KernelLaunch] = []
        """Every process that was started, in order."""
        self.starting: list[KernelLaunch] = []
        """Starts that `may_start` holds up."""
        self.unstartable = {"broken"}
        """Kernelspecs whose processes cannot be started."""
        self.missing_directories: set[str] = set()
        self.memory: dict[KernelId, int] = {}
        """How much memory a kernel takes, in bytes; one that is not here takes 1,000."""
        self.usage_error: Exception | None = None
        """Why it cannot be measured."""
        self.measured = 0
        """How many times it was."""
        self.alive: dict[KernelId, KernelLaunch] = {}
        self.interrupts: Counter[KernelId] = Counter()
        self.requests: list[tuple[KernelId, Channel, Request]] = []
        self.may_start = asyncio.Event()
        """Clear it to hold starts up."""
        self.may_start.set()
        self.may_tell_start = asyncio.Event()
        """Clear it to hold starts up that have taken place, and that the journal tells already."""
        self.may_tell_start.set()
        self.may_stop = asyncio.Event()
        """Clear it to hold ends up."""
        self.may_stop.set()
        self.stopping: list[KernelId] = []
        """Ends that `may_stop` holds up."""
        self.stop_errors: dict[KernelId, Exception] = {}
        """Why a kernel cannot be ended."""
        self.start_mode = StartMode.COLD
        """How kernels yet to be started come to be."""
        self.stubborn = False
        """Whether code goes on when it is interrupted."""
        self.reachable = True
        """Whether processes can be started, ended and interrupted at all."""
        self.answers = True
        """Whether kernels answer what they are asked; see also `answer_now`."""
        self.replies = True
        """Whether code that has ended is replied to; interrupted at a bad moment, it is not."""
        self.may_pass = asyncio.Event()
        """Clear it to have kernels take nothing more from front ends."""
        self.may_pass.set()
        self.may_read = asyncio.Event()
        """Clear it to hold up who reads what kernels said."""
        self.may_read.set()
        self.journal_bytes = 64 * 1024 * 1024
        """How much is kept of what a kernel says, for kernels yet to be started."""
        self._journals: dict[KernelId, MemoryJournal] = {}
        self._running: dict[KernelId, Request] = {}
        self._unanswered: list[tuple[KernelId, Request]] = []
        self._counts: Counter[KernelId] = Counter()
        self.subshells: set[str] | None = None
        """The subshells there are, if kernels have such; then they answer while they wait."""
        self.implementation = "ipython"
        self._history: defaultdict[KernelId, list[str]] = defaultdict(list)
        self._asked: list[tuple[KernelId, Request]] = []

    async def running(self) -> Sequence[KernelId]:
        return list(self.alive)

    async def cwd_for_path(self, path: str) -> str:
        return f"/root/{path}".rstrip("/")

    async def is_directory(self, path: str) -> bool:
        return path not in self.missing_directories

    async def usage(self) -> Mapping[KernelId, KernelUsage]:
        self.measured += 1
        if self.usage_error is not None:
            raise self.usage_error
        now = self._clock.now_ms()
        return {each: KernelUsage(self.memory.get(each, 1_000), 2.5, now) for each in self.alive}

    async def start(self, launch: KernelLaunch) -> KernelStart:
        self._require_reachable()
        self.starting.append(launch)
        try:
            await self.may_start.wait()
        finally:
            self.starting.remove(launch)
        if launch.kernel_name in self.unstartable:
            raise KernelStartFailed(launch.kernel_name, "no such program")
        assert launch.kernel_id not in self.alive, "two processes for one kernel"
        self.launches.append(launch)
        self.alive[launch.kernel_id] = launch
        journal = self._journals.setdefault(launch.kernel_id, MemoryJournal(self.journal_bytes))
        now = self._clock.now_ms()
        journal.append(lambda seq: ProcessStarted(seq, now))
        await self.may_tell_start.wait()
        return KernelStart(self.start_mode)

    def _require_reachable(self) -> None:
        if not self.reachable:
            raise KernelHostUnavailable("the keeper cannot be reached")

    async def held_up(self, count: int) -> None:
        """Return when `may_start` holds up this many starts."""
        await until(lambda: len(self.starting) >= count)

    async def begun(self, count: int) -> None:
        """Return when this many processes have been started."""
        await until(lambda: len(self.launches) >= count)

    async def running_code(self, kernel_id: KernelId) -> None:
        """Return when the kernel runs code that waits."""
        await until(lambda: kernel_id in self._running)

    async def stop(self, kernel_id: KernelId, cause: ExitCause, *, grace_seconds: float) -> None:
        self._require_reachable()
        self.stopping.append(kernel_id)
        try:
            await self.may_stop.wait()
        finally:
            self.stopping.remove(kernel_id)
        if kernel_id in self.stop_errors:
            raise self.stop_errors[kernel_id]
        if kernel_id in self.alive:
            self._end(kernel_id, KernelExit(cause, self._clock.now_ms(), exit_code=0))

    def die(self, kernel_id: KernelId, signal: int = 9, stderr_tail: str = "") -> None:
        """End the process by a signal from outside."""
        now = self._clock.now_ms()
        self._end(
            kernel_id,
            KernelExit(ExitCause.SIGNALED, now, signal=signal, stderr_tail=stderr_tail),
        )

    def vanish(self, kernel_id: KernelId) -> None:
        """End the process, and its journal with it, as when the machine is made anew."""
        del self.alive[kernel_id]
        self._running.pop(kernel_id, None)
        self._journals.pop(kernel_id).close()

    def _end(self, kernel_id: KernelId, end: KernelExit) -> None:
        del self.alive[kernel_id]
        self._running.pop(kernel_id, None)
        now = self._clock.now_ms()
        self._journals[kernel_id].append(lambda seq: ProcessExited(seq, now, end))

    async def interrupt(self, kernel_id: KernelId) -> None:
        self._require_reachable()
        self.interrupts[kernel_id] += 1
        waiting = None if self.stubborn else self._running.pop(kernel_id, None)
        if waiting is not None:
            self._fail(kernel_id, waiting, "KeyboardInterrupt", "")

    async def send(self, kernel_id: KernelId, channel: Channel, request: Request) -> None:
        self.requests.append((kernel_id, channel, request))
        if self.answers and kernel_id in self.alive:
            self._answer(kernel_id, request)
        else:
            self._unanswered.append((kernel_id, request))

    async def pass_on(self, kernel_id: KernelId, channel: Channel, request: Request) -> None:
        await self.may_pass.wait()
        await self.send(kernel_id, channel, request)

    def answer_now(self) -> None:
        """Answer what waits for an answer, and from now on at once."""
        self.answers = True
        for kernel_id, request in self._unanswered:
            if kernel_id in self.alive:
                self._answer(kernel_id, request)
        self._unanswered.clear()

    def _answer(self, kernel_id: KernelId, request: Request) -> None:
        if request.msg_type == "kernel_info_request":
            self._status(kernel_id, request, "busy")
            self.say(kernel_id, request, Channel.SHELL, "kernel_info_reply", self._info())
            self._status(kernel_id, request, "idle")
        elif request.msg_type == "execute_request":
            self._execute(kernel_id, request)
        elif request.msg_type == "input_reply":
            self._hear_answer(kernel_id, json.loads(request.content)["value"])
        elif request.msg_type == "create_subshell_request" and self.subshells is not None:
            self.subshells.add(SUBSHELL_ID)
            made = {"status": "ok", "subshell_id": SUBSHELL_ID}
            self.say(kernel_id, request, Channel.CONTROL, "create_subshell_reply", made)
        else:
            self._answer_question(kernel_id, request)

    def _info(self) -> dict[str, object]:
        features = [] if self.subshells is None else ["kernel subshells"]
        info = {"implementation": self.implementation, "supported_features": features}
        return {"status": "ok", **info}

    def _answer_question(self, kernel_id: KernelId, request: Request) -> None:
        """Answer when nothing runs; in a subshell at once."""
        subshell_id = json.loads(request.header).get("subshell_id")
        if subshell_id is None and kernel_id in self._running:
            self._asked.append((kernel_id, request))
            return
        content = answer_to(request, self._history[kernel_id])
        if subshell_id is not None and subshell_id not in (self.subshells or ()):
            content = {"status": "error", "ename": "UnknownSubshellError"}
        if content is not None:
            msg_type = request.msg_type.replace("_request", "_reply")
            self._status(kernel_id, request, "busy")
            self.say(kernel_id, request, Channel.SHELL, msg_type, content)
            self._status(kernel_id, request, "idle")

    def _answer_asked(self) -> None:
        asked, self._asked = self._asked, []
        for kernel_id, request in asked:
            if kernel_id in self.alive:
                self._answer_question(kernel_id, request)

    def _execute(self, kernel_id: KernelId, request: Request) -> None:
        content = json.loads(request.content)
        word, _, rest = content["code"].partition(" ")
        self._counts[kernel_id] += 1
        self._history[kernel_id].append(content["code"])
        count = {"execution_count": self._counts[kernel_id]}
        self._status(kernel_id, request, "busy")
        self.say(kernel_id, request, Channel.IOPUB, "execute_input", count)
        if word == "die":
            self.die(kernel_id)
            return
        if word == "wait":
            self._running[kernel_id] = request
            return
        if word == "fail":
            self._fail(kernel_id, request, "ValueError", rest)
            return
        if word == "ask":
            self._running[kernel_id] = request
            question = {"prompt": rest, "password": False}
            self.say(kernel_id, request, Channel.STDIN, "input_request", question)
            return
        if word == "chatter":
            self._running[kernel_id] = request
            stream = {"name": "stdout", "text": "x" * 10_000}
            self.say(kernel_id, request, Channel.IOPUB, "stream", stream)
            return
        if word in ("say", "lines"):
            for text in [rest] if word == "say" else map(str, range(int(rest))):
                stream = {"name": "stdout", "text": text}
                self.say(kernel_id, request, Channel.IOPUB, "stream", stream)
        if word == "value":
            value = {"data": {"text/plain": rest}, "metadata": {}, **count}
            self.say(kernel_id, request, Channel.IOPUB, "execute_result", value)
        self._finish(kernel_id, request, {"status": "ok", **count})

    def _hear_answer(self, kernel_id: KernelId, value: str) -> None:
        asking = self._running.pop(kernel_id, None)
        if asking is not None:
            stream = {"name": "stdout", "text": value}
            self.say(kernel_id, asking, Channel.IOPUB, "stream", stream)
            self._finish(kernel_id, asking, {"status": "ok"})

    def _fail(self, kernel_id: KernelId, request: Request, ename: str, evalue: str) -> None:
        error = {"ename": ename, "evalue": evalue, "traceback": [f"{ename}: {evalue}"]}
        self.say(kernel_id, request, Channel.IOPUB, "error", error)
        self._finish(kernel_id, request, {"status": "error", **error})

    def _finish(self, kernel_id: KernelId, request: Request, reply: dict[str, object]) -> None:
        if self.replies:
            self.say(kernel_id, request, Channel.SHELL, "execute_reply", reply)
        self._status(kernel_id, request, "idle")
        self._answer_asked()

    def _status(self, kernel_id: KernelId, request: Request, state: str) -> None:
        self.say(kernel_id, request, Channel.IOPUB, "status", {"execution_state": state})

    def say(
        self,
        kernel_id: KernelId,
        parent: Request,
        channel: Channel,
        msg_type: str,
        content: dict[str, object],
    ) -> None:
        """Let the kernel send a message."""
        now = self._clock.now_ms()
        self._journals[kernel_id].append(
            lambda seq: Message(
                seq=seq,
                time_ms=now,
                channel=channel,
                msg_type=msg_type,
                msg_id=f"{kernel_id}-{seq}",
                parent_id=parent.msg_id,
                parent_type=parent.msg_type,
                header=json.dumps({"msg_id": f"{kernel_id}-{seq}", "msg_type": msg_type}).encode(),
                parent_header=parent.header,
                metadata=b"{}",
                content=json.dumps(content).encode(),
                buffers=(),
            )
        )

    def leave_gap(self, kernel_id: KernelId, reason: GapReason = GapReason.NOT_RECORDED) -> None:
        """Have a message missing from the journal."""
        now = self._clock.now_ms()
        self._journals[kernel_id].append(lambda seq: Gap(seq, now, 1, reason))

    def next_seq(self, kernel_id: KernelId) -> int:
        journal = self._journals.get(kernel_id)
        return 1 if journal is None else journal.next_seq

    async def read(
        self, kernel_id: KernelId, from_seq: int
    ) -> AsyncGenerator[Sequence[JournalRecord], None]:
        journal = self._journals.setdefault(kernel_id, MemoryJournal(self.journal_bytes))
        async with aclosing(journal.read(from_seq)) as batches:
            async for batch in batches:
                await self.may_read.wait()
                yield batch

    async def retire(self, kernel_id: KernelId) -> None:
        assert kernel_id not in self.alive, "a running kernel is retired"
        self._journals[kernel_id].close()

    async def forget(self, kernel_id: KernelId) -> None:
        assert kernel_id not in self.alive, "a running kernel is forgotten"
        journal = self._journals.pop(kernel_id, None)
        if journal is not None:
            journal.close()


class FakeContents:
    """A ContentsManager: names without a dot are directories."""

    def get_kernel_path(self, path: str) -> str:
        head, _, last = path.rpartition("/")
        return head if "." in last else path
