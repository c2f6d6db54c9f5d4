"""KernelManager: the kernels of all owners: which there are, who may use them, how many may run."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial

from jupyter_sessions_server.config import KernelConfig
from jupyter_sessions_server.errors import (
    InvalidField,
    KernelAlreadyExists,
    KernelLimitReached,
    KernelNotFound,
    KernelspecNotFound,
)
from jupyter_sessions_server.model import (
    ExitCause,
    Kernel,
    KernelDisposition,
    KernelExit,
    KernelId,
    KernelRecord,
    KernelSpec,
    KernelState,
    Owner,
    ProcessExited,
    Session,
    SessionId,
    StartMode,
)
from jupyter_sessions_server.ports import Clock, KernelHost, KernelSpecs, SessionStore
from jupyter_sessions_server.requests import new_id
from jupyter_sessions_server.sessions.journal_listener import JournalListener, NobodyListens
from jupyter_sessions_server.sessions.progress import ProgressNotes
from jupyter_sessions_server.sessions.supervisor import KernelSupervisor
from jupyter_sessions_server.work import SharedWork, run_to_end, settle


class KernelManager:
    """Starts, finds and ends kernels. A kernel of another owner does not exist for a caller."""

    def __init__(
        self,
        *,
        tasks: asyncio.TaskGroup,
        host: KernelHost,
        specs: KernelSpecs,
        store: SessionStore,
        clock: Clock,
        config: KernelConfig | None = None,
    ) -> None:
        self.specs = specs
        self._tasks = tasks
        self._host = host
        self._store = store
        self._clock = clock
        self._config = config or KernelConfig()
        self._supervisors: dict[KernelId, KernelSupervisor] = {}
        self._starting: SharedWork[None] = SharedWork(tasks)
        self._leftovers: dict[KernelId, Owner] = {}
        """Ids of forgotten kernels that the store and the host are yet to forget."""
        self._launching = 0
        self.listener: JournalListener = NobodyListens()
        """Is told what kernels say; to be set before they are opened or started."""
        self.version = 0
        """Rises whenever a kernel has changed in any way."""
        self._claims: Counter[KernelId] = Counter()
        self.progress = ProgressNotes(self._supervisors, store, self._save_heard)
        self._streams: Counter[KernelId] = Counter()

    async def open(self) -> None:
        """Take on the kernels of an earlier server: adopt those that run, show those that are dead.

        Those that nobody uses are ended and forgotten.
        """
        records = await self._store.list_kernels()
        seqs = {record.kernel_id: self._host.next_seq(record.kernel_id) for record in records}
        running = set(await self._host.running())
        unused = []
        for record in records:
            used = bool(await self._store.find_by_kernel(record.kernel_id))
            if record.kernel_id in running and (used or record.kept):
                running.remove(record.kernel_id)
                self._add(self._supervisor(record)).adopt(seqs[record.kernel_id])
            elif used:
                await self._add_dead(record)
            else:
                unused.append(record)
        for kernel_id in running:
            await self._host.stop(kernel_id, ExitCause.LOST, grace_seconds=0)
        for record in unused:
            await self._forget_unadopted(record)
        for kernel_id in running.difference(record.kernel_id for record in unused):
            await self._host.forget(kernel_id)

    async def _forget_unadopted(self, record: KernelRecord) -> None:
        """An earlier server was about to: what its journal tells of executions is kept first."""
        if record.exit is None:
            await self._exit_in_journal(record)
        self._leftovers[record.kernel_id] = record.owner
        await self._clear(record.kernel_id)

    async def close(self) -> None:
        """Save what the journals told, and wait until the ends of kernels are stored."""
        for kernel_id, supervisor in list(self._supervisors.items()):
            if kernel_id not in await self._host.running():
                await supervisor.end_stored()
        await self.progress.save()

    async def _add_dead(self, record: KernelRecord) -> None:
        if record.exit is None:  # it ended while no server watched
            record = replace(record, exit=await self._exit_in_journal(record))
            await self._save(record)
        self._add(self._supervisor(record))

    async def _exit_in_journal(self, record: KernelRecord) -> KernelExit:
        """The last end that the kernel's journal tells, of those that are not applied yet."""
        found = KernelExit(ExitCause.LOST, self._clock.now_ms())
        end, seq = self._host.next_seq(record.kernel_id), max(record.next_seq, 1)
        async with aclosing(self._host.read(record.kernel_id, seq)) as journal:
            while seq < end:
                for told in await anext(journal):
                    seq = told.seq + 1
                    self.listener.apply(record.kernel_id, record.owner, told)
                    if isinstance(told, ProcessExited):
                        found = told.exit
        return found

    async def followed_to_end(self) -> None:
        """After the host has closed: wait until the last of what it said is applied and stored."""
        for supervisor in list(self._supervisors.values()):
            await supervisor.followed_to_end()

    def _supervisor(self, record: KernelRecord) -> KernelSupervisor:
        return KernelSupervisor(
            record,
            tasks=self._tasks,
            host=self._host,
            clock=self._clock,
            config=self._config,
            save=self._save,
            changed=self._count_change,
            heard=partial(self.listener.apply, record.kernel_id, record.owner),
        )

    async def _save(self, record: KernelRecord) -> None:
        """What the journal has told of executions first: where the kernel is, they are too."""
        await self.listener.save()
        await self._store.save_kernel(record)

    async def _save_heard(self) -> None:
        await self.listener.save()

    def _count_change(self) -> None:
        self.version += 1

    def _add(self, supervisor: KernelSupervisor) -> KernelSupervisor:
        self._supervisors[supervisor.record.kernel_id] = supervisor
        return supervisor

    def __contains__(self, kernel_id: object) -> bool:
        """Whether there is a kernel of this id that is not dead."""
        supervisor = self._supervisors.get(kernel_id)  # type: ignore[call-overload] # any object
        return supervisor is not None and supervisor.kernel.alive

    def kernel(self, kernel_id: KernelId) -> Kernel:
        """The kernel of a stored session: it always exists, dead or alive."""
        supervisor = self._supervisors.get(kernel_id)
        if supervisor is None:
            raise KernelNotFound(kernel_id)
        return supervisor.kernel

    def find(self, kernel_id: KernelId) -> Kernel | None:
        """The kernel, dead or alive, whoever owns it."""
        supervisor = self._supervisors.get(kernel_id)
        return None if supervisor is None else supervisor.kernel

    async def applied(self, kernel_id: KernelId, seq: int) -> None:
        """Wait until the record of this number of its journal is applied; not if it is gone."""
        supervisor = self._supervisors.get(kernel_id)
        if supervisor is not None:
            await supervisor.applied(seq)

    async def caught_up(self, kernel_id: KernelId) -> bool:
        """Wait until what an earlier server may have told of it is applied; not if it is gone.

        Whether that was yet to be waited for, so that all may have changed meanwhile.
        """
        supervisor = self._supervisors.get(kernel_id)
        return supervisor is not None and await supervisor.caught_up()

    def get_kernel(self, owner: Owner, kernel_id: KernelId) -> Kernel:
        """The kernel, dead or alive; raises KernelNotFound."""
        return self._get(owner, kernel_id).kernel

    def require_alive(self, owner: Owner, kernel_id: KernelId) -> None:
        """Raise KernelNotFound or KernelDead unless the kernel can be used."""
        self._get(owner, kernel_id).require_alive()

    def list_kernels(self, owner: Owner) -> Sequence[Kernel]:
        """The owner's kernels, dead or alive, in order of creation."""
        kernels = (supervisor.kernel for supervisor in self._supervisors.values())
        return [kernel for kernel in kernels if kernel.owner == owner]

    def supervisors(self) -> Sequence[KernelSupervisor]:
        """Those of all kernels, dead or alive, whoever owns them."""
        return list(self._supervisors.values())

    def users(self, kernel_id: KernelId) -> int:
        """How many are connected to the kernel, run code in it, or are about to get it."""
        supervisor = self._supervisors.get(kernel_id)
        connections = 0 if supervisor is None else supervisor.kernel.connections
        return connections + self._streams[kernel_id] + self._claims[kernel_id]

    @contextmanager
    def connected(self, owner: Owner, kernel_id: KernelId) -> Iterator[KernelSupervisor]:
        """Count as one of the kernel's connections; raises KernelNotFound."""
        supervisor = self._get(owner, kernel_id)
        with supervisor.connected():
            yield supervisor

    @contextmanager
    def used(self, kernel_id: KernelId) -> Iterator[None]:
        """Count as a user of the kernel, so that it is not idle for lack of one."""
        self._streams[kernel_id] += 1
        try:
            yield
        finally:
            self._streams[kernel_id] -= 1
            if not self._streams[kernel_id]:
                del self._streams[kernel_id]

    def _get(self, owner: Owner, kernel_id: KernelId) -> KernelSupervisor:
        supervisor = self._supervisors.get(kernel_id)
        if supervisor is None or supervisor.record.owner != owner:
            raise KernelNotFound(kernel_id)
        return supervisor

    def new_kernel_id(self) -> KernelId:
        """An id no kernel has."""
        return KernelId(new_id())

    async def get_spec(self, kernel_name: str) -> KernelSpec:
        """The kernelspec of this name, or the default one for ''; raises KernelspecNotFound."""
        name = kernel_name or self.specs.default_name
        spec = await self.specs.find(name)
        if spec is None:
            raise KernelspecNotFound(name)
        return spec

    async def start_kernel(
        self,
        owner: Owner,
        *,
        kernel_name: str = "",
        kernel_id: KernelId | None = None,
        path: str = "",
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        kept: bool = False,
    ) -> tuple[KernelId, bool]:
        """A kernel that runs, and whether this call started it.

        With an id that runs already it is that one, and any number of concurrent calls start one
        process. With `kept` it lives on when no session uses it. Raises KernelspecNotFound,
        KernelAlreadyExists, KernelDead, KernelStartFailed and KernelLimitReached; then, and when it
        is cancelled, it leaves nothing behind.
        """
        chosen = kernel_id or self.new_kernel_id()
        started = False

        async def launch() -> None:
            nonlocal started
            if chosen in self._supervisors:
                return
            started = True
            await self._clear(chosen)
            if await self.listener.make_way(chosen):
                await self._host.forget(chosen)
            spec = await self.get_spec(kernel_name)
            if cwd is not None and not await self._host.is_directory(cwd):
                raise InvalidField("cwd", f"{cwd!r} is no directory")
            directory = cwd or await self._host.cwd_for_path(path)
            await self._launch(self._new_record(chosen, owner, spec, directory, env or {}, kept))

        while not started and not await self._is_there(owner, chosen, kernel_name):
            await self._starting.run(chosen, (owner, kernel_name), launch)
        supervisor = self._supervisors.get(chosen)
        if kept and supervisor is not None:
            await supervisor.keep()
        return chosen, started

    async def _is_there(self, owner: Owner, kernel_id: KernelId, kernel_name: str) -> bool:
        """Whether a kernel has the id; raises if it is not the one that is wanted."""
        if kernel_id in self._supervisors and kernel_name:  # it may be another name for the same
            kernel_name = (await self.get_spec(kernel_name)).kernel_name
        supervisor = self._supervisors.get(kernel_id)
        if supervisor is None:
            return False
        if supervisor.record.owner != owner:
            raise InvalidField("kernel_id", f"{kernel_id!r} is taken")
        supervisor.require_alive()
        if kernel_name not in ("", supervisor.record.kernel_name):
            raise KernelAlreadyExists(supervisor.kernel)
        return True

    def _new_record(
        self,
        kernel_id: KernelId,
        owner: Owner,
        spec: KernelSpec,
        cwd: str,
        env: Mapping[str, str],
        kept: bool,
    ) -> KernelRecord:
        now = self._clock.now_ms()
        return KernelRecord(
            kernel_id=kernel_id,
            kernel_name=spec.kernel_name,
            owner=owner,
            cwd=cwd,
            env=dict(env),
            created_ms=now,
            start_ms=now,
            last_activity_ms=now,
            restarts=0,
            kept=kept,
            exit=None,
        )

    async def _launch(self, record: KernelRecord) -> None:
        with self._room_for_one_more():
            supervisor = self._supervisor(record)
            await supervisor.start()
            try:
                await settle(self._tasks, self._store.save_kernel(supervisor.record))
            except BaseException:
                await supervisor.shut_down(ExitCause.SHUT_DOWN)
                await self._host.forget(record.kernel_id)
                await self._store.forget_kernel(record.kernel_id)
                raise
            self._add(supervisor)

    @contextmanager
    def _room_for_one_more(self) -> Iterator[None]:
        """Count a kernel that is being started; raises KernelLimitReached if it is too many."""
        self._require_room()
        self._launching += 1
        try:
            yield
        finally:
            self._launching -= 1

    def _require_room(self) -> None:
        alive = sum(supervisor.kernel.alive for supervisor in self._supervisors.values())
        if alive + self._launching >= self._config.kernel_limit:
            raise KernelLimitReached(self._config.kernel_limit)

    @asynccontextmanager
    async def claim(self, kernel_id: KernelId) -> AsyncIterator[None]:
        """Count as a user of the kernel, one that may be yet to start, as a stored session does.

        If the block fails or is cancelled, a kernel that was started for it ends, unless others use
        it.
        """
        self._claims[kernel_id] += 1
        try:
            yield
        except BaseException:
            self._unclaim(kernel_id)
            await self._end_unused(kernel_id)
            raise
        self._unclaim(kernel_id)

    def _unclaim(self, kernel_id: KernelId) -> None:
        self._claims[kernel_id] -= 1
        if not self._claims[kernel_id]:
            del self._claims[kernel_id]

    async def _end_unused(self, kernel_id: KernelId) -> None:
        supervisor = self._supervisors.get(kernel_id)
        if supervisor is None or supervisor.record.kept or await self._is_used(kernel_id):
            return
        await self._end(supervisor, ExitCause.SHUT_DOWN)

    async def shutdown_kernel(
        self, owner: Owner, kernel_id: KernelId, cause: ExitCause = ExitCause.SHUT_DOWN
    ) -> Kernel:
        """End the kernel, and forget it if no session uses it; the kernel as it was last."""
        supervisor = self._get(owner, kernel_id)
        await run_to_end(self._tasks, self._end(supervisor, cause))
        return supervisor.kernel

    async def end_if(
        self, supervisor: KernelSupervisor, cause: ExitCause, still_due: Callable[[], bool]
    ) -> bool:
        """The same for a kernel of anybody, if it is still due when its turn comes; whether so."""

        async def end() -> bool:
            ended = await supervisor.shut_down(cause, still_due)
            if ended:
                await self.forget_unused(supervisor.record.kernel_id)
            return ended

        return await run_to_end(self._tasks, end())

    async def _end(self, supervisor: KernelSupervisor, cause: ExitCause) -> None:
        await supervisor.shut_down(cause)
        await self.forget_unused(supervisor.record.kernel_id)

    async def let_go(self, session: Session, disposition: KernelDisposition) -> None:
        """Do with the session's kernel as told, now that the session does not need it any more."""
        supervisor = self._supervisors.get(session.kernel_id)
        if supervisor is None:
            return  # it has been ended and forgotten meanwhile
        if disposition is KernelDisposition.KEEP:
            await supervisor.keep()
        elif disposition is KernelDisposition.SHUT_DOWN or not await self._is_used(
            session.kernel_id, besides=session.session_id
        ):
            await supervisor.shut_down(ExitCause.SHUT_DOWN)

    async def _is_used(self, kernel_id: KernelId, besides: SessionId | None = None) -> bool:
        if kernel_id in self._claims:
            return True
        return await self._store.is_kernel_used(kernel_id, besides)

    async def forget_unused(self, kernel_id: KernelId) -> None:
        """Forget the kernel if no session uses it; one that runs and is not kept is ended first."""
        supervisor = self._supervisors.get(kernel_id)
        if supervisor is None:
            return
        while not await self._is_used(kernel_id):
            if not supervisor.kernel.alive:
                await self._forget(supervisor)
                return
            if supervisor.record.kept:
                return
            await supervisor.shut_down(ExitCause.SHUT_DOWN)

    async def _forget(self, supervisor: KernelSupervisor) -> None:
        kernel_id = supervisor.record.kernel_id
        if self._supervisors.get(kernel_id) is not supervisor:
            return

        supervisor.forgotten = True
        del self._supervisors[kernel_id]
        self._leftovers[kernel_id] = supervisor.record.owner
        # As work for this id: a kernel that gets the same id is started before or after it.
        await self._starting.run(kernel_id, "forget", lambda: self._clear(kernel_id))

    async def _clear(self, kernel_id: KernelId) -> None:
        """Remove what is left of a forgotten kernel, unless that was done before a new start."""
        owner = self._leftovers.get(kernel_id)
        if owner is None:
            return
        if await self.listener.forget(kernel_id, owner):
            await self._host.retire(kernel_id)
        else:
            await self._host.forget(kernel_id)
        await self._store.forget_kernel(kernel_id)  # last: by it another server finds the rest
        del self._leftovers[kernel_id]

    async def purge(self, kernel_id: KernelId) -> None:
        """Remove what is kept of a forgotten kernel; nothing if it is there, or nothing is kept."""

        async def remove() -> None:
            if kernel_id not in self._supervisors and await self.listener.make_way(kernel_id):
                await self._host.forget(kernel_id)

        await self._starting.run(kernel_id, "purge", remove)

    async def restart_kernel(
        self,
        owner: Owner,
        kernel_id: KernelId,
        *,
        only_if_dead: bool = False,
        by_force: bool = False,
        still_wanted: Callable[[], Awaitable[bool]] | None = None,
    ) -> Kernel:
        """Replace the kernel's process by a new one, under the same id.

        Nothing is done if that is not `still_wanted` when its turn has come.

        Raises KernelLimitReached if it is dead, and as many as may run do.
        """
        supervisor = self._get(owner, kernel_id)
        await self.get_spec(supervisor.record.kernel_name)
        work = supervisor.restart(
            only_if_dead=only_if_dead,
            by_force=by_force,
            require_room=self._require_room,
            still_wanted=still_wanted,
        )
        await run_to_end(self._tasks, work)
        return supervisor.kernel

    async def interrupt_kernel(self, owner: Owner, kernel_id: KernelId) -> Kernel:
        """Interrupt what the kernel runs."""
        supervisor = self._get(owner, kernel_id)
        supervisor.require_alive()
        if not supervisor.settling:  # nothing runs yet, and a signal could end the process
            await self._host.interrupt(kernel_id)
        return supervisor.kernel

    def env_with(self, kernel_id: KernelId, changes: Mapping[str, str]) -> dict[str, str]:
        """The variables the kernel would be started with, these ones set."""
        return {**self._supervisors[kernel_id].record.env, **changes}

    def update_env(self, kernel_id: KernelId, env: Mapping[str, str]) -> None:
        """Set the variables for the kernel's next start, which are stored already."""
        self._supervisors[kernel_id].set_env(env)

    async def ready_for_code(self, owner: Owner, kernel_id: KernelId) -> Kernel:
        """The kernel, once code can be sent to it: when it is settled, or was started warm.

        A warm one has its sockets, and writes its own journal: what is sent to it waits for its
        turn, and nobody need listen first.
        """
        kernel = self._get(owner, kernel_id).kernel
        if kernel.state is KernelState.STARTING and kernel.start.mode is StartMode.WARM:
            return kernel
        return await self.settled(owner, kernel_id)

    async def settled(self, owner: Owner, kernel_id: KernelId) -> Kernel:
        """The kernel, once it is neither STARTING nor RESTARTING."""
        supervisor = self._get(owner, kernel_id)
        await supervisor.settled()
        return supervisor.kernel

    def next_seq(self, kernel_id: KernelId) -> int:
        """The number after the last record of the kernel's journal that its state shows.

        The journal of a kernel that was dead when this server began is not read: that is its end.
        """
        return self._supervisors[kernel_id].next_seq or self._host.next_seq(kernel_id)

    async def cwd_for_path(self, path: str) -> str:
        """The absolute directory a kernel for this path works in."""
        return await self._host.cwd_for_path(path)
