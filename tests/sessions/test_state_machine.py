"""Whatever is done in whatever order: sessions and kernels are as a simple model says."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from jupyter_sessions_server.errors import (
    InvalidField,
    KernelDead,
    KernelNotFound,
    SessionAlreadyExists,
    SessionKernelMismatch,
)
from jupyter_sessions_server.model import KernelDisposition
from tests.sessions.loop_turns import all_done, turns
from tests.sessions.session_machine import Model, ModelKernel, Server
from tests.waiting import until

OWNERS = st.sampled_from(["ann", "bob"])
PATHS = st.sampled_from(["a", "b", "c"])
KERNEL_IDS = st.sampled_from(["k1", "k2"])
DISPOSITIONS = st.sampled_from(KernelDisposition)
ANY = st.integers(min_value=0)


class Sessions(RuleBasedStateMachine):
    """Two owners, three paths, and kernels that die."""

    def __init__(self):
        super().__init__()
        self.model = Model()
        self.server = Server()

    def teardown(self):
        self.server.end()

    @property
    def manager(self):
        return self.server.sessions

    def refused(self, call, error):
        with pytest.raises(error):
            self.server.run(call)

    def some_session(self, number):
        return list(self.model.sessions.values())[number % len(self.model.sessions)]

    def some_kernel(self, number):
        return list(self.model.kernels.items())[number % len(self.model.kernels)]

    @rule(owner=OWNERS, path=PATHS, kernel_id=st.none() | KERNEL_IDS)
    def create(self, owner, path, kernel_id):
        there, kernel = self.model.at(owner, path), self.model.kernels.get(kernel_id)
        call = self.manager.create_session(path, kernel_id=kernel_id, owner=owner)
        if there is not None and kernel_id in (None, there.kernel_id):
            assert self.server.run(call) == (there, False)
        elif there is not None:
            self.refused(call, SessionKernelMismatch)
        elif kernel is not None and kernel.owner != owner:
            self.refused(call, InvalidField)
        elif kernel is not None and not kernel.alive:
            self.refused(call, KernelDead)
        else:
            session, created = self.server.run(call)
            assert created
            self.model.put(session)
            self.model.kernels.setdefault(session.kernel_id, ModelKernel(owner))

    @rule(owner=OWNERS, path=PATHS, moment=st.integers(0, 30))
    def create_and_leave(self, owner, path, moment):
        there = self.model.at(owner, path)

        async def leave():
            caller = asyncio.create_task(self.manager.create_session(path, owner=owner))
            await turns(moment)
            caller.cancel()
            await asyncio.wait([caller])
            await all_done()
            return (await self.manager.list_sessions(owner=owner)).sessions

        made = [s for s in self.server.run(leave()) if s.path == path]
        if there is None and made:
            self.model.put(made[0])
            self.model.kernels[made[0].kernel_id] = ModelKernel(owner)

    @precondition(lambda self: self.model.sessions)
    @rule(number=ANY, path=PATHS)
    def rename(self, number, path):
        session = self.some_session(number)
        rival = self.model.at(session.owner, path)
        call = self.manager.update_session(session.session_id, path=path, owner=session.owner)
        if rival not in (None, session):
            self.refused(call, SessionAlreadyExists)
        else:
            new = self.server.run(call)
            assert new == replace(session, path=path, revision=new.revision)
            if rival is None:
                self.model.put(new)

    @precondition(lambda self: self.model.sessions)
    @rule(number=ANY, disposition=DISPOSITIONS)
    def switch_to_a_new_kernel(self, number, disposition):
        session = self.some_session(number)
        new = self.server.run(
            self.manager.update_session(
                session.session_id,
                kernel_name="ir",
                previous_kernel=disposition,
                owner=session.owner,
            )
        )
        self.model.put(new)
        self.model.kernels[new.kernel_id] = ModelKernel(session.owner)
        self.model.let_go(session.kernel_id, disposition)

    @precondition(lambda self: self.model.sessions)
    @rule(number=ANY, other=ANY, disposition=DISPOSITIONS)
    def switch_to_a_kernel_that_is_there(self, number, other, disposition):
        session = self.some_session(number)
        kernel_id, kernel = self.some_kernel(other)
        call = self.manager.update_session(
            session.session_id,
            kernel_id=kernel_id,
            previous_kernel=disposition,
            owner=session.owner,
        )
        if kernel.owner != session.owner:
            self.refused(call, KernelNotFound)
        elif not kernel.alive:
            self.refused(call, KernelDead)
        else:
            new = self.server.run(call)
            if kernel_id != session.kernel_id:
                self.model.put(new)
                self.model.let_go(session.kernel_id, disposition)

    @precondition(lambda self: self.model.sessions)
    @rule(number=ANY, disposition=DISPOSITIONS)
    def delete(self, number, disposition):
        session = self.some_session(number)
        self.server.run(
            self.manager.delete_session(session.session_id, kernel=disposition, owner=session.owner)
        )
        self.model.delete(session, disposition)

    @rule(owner=OWNERS)
    def start_a_kernel(self, owner):
        call = self.manager.kernel_manager.start_kernel(owner, kept=True)
        kernel_id, _ = self.server.run(call)
        self.model.kernels[kernel_id] = ModelKernel(owner, kept=True)

    @precondition(lambda self: self.model.kernels)
    @rule(number=ANY)
    def shut_a_kernel_down(self, number):
        kernel_id, kernel = self.some_kernel(number)
        self.server.run(self.manager.kernel_manager.shutdown_kernel(kernel.owner, kernel_id))
        kernel.alive = False
        self.model.forget_unused(kernel_id)

    @precondition(lambda self: self.model.kernels)
    @rule(number=ANY)
    def restart_a_kernel(self, number):
        kernel_id, kernel = self.some_kernel(number)
        self.server.run(self.manager.kernel_manager.restart_kernel(kernel.owner, kernel_id))
        kernel.alive = True

    @precondition(lambda self: any(kernel.alive for kernel in self.model.kernels.values()))
    @rule(number=ANY)
    def kill_a_kernel(self, number):
        alive = [id_ for id_, kernel in self.model.kernels.items() if kernel.alive]
        kernel_id = alive[number % len(alive)]
        self.server.kernels.die(kernel_id)
        self.server.run(until(lambda: kernel_id not in self.manager.kernel_manager))
        self.model.kernels[kernel_id].alive = False

    @rule()
    def restart_the_server(self):
        self.server.begin_anew()
        for kernel_id in list(self.model.kernels):
            self.model.forget_unused(kernel_id)

    @invariant()
    def sessions_are_as_they_should_be(self):
        for owner in ("ann", "bob"):
            page = self.server.run(self.manager.list_sessions(owner=owner))
            wanted = [s for s in self.model.sessions.values() if s.owner == owner]
            assert list(page.sessions) == wanted
            assert page.revision == self.model.revision
            assert len({session.path for session in wanted}) == len(wanted)

    @invariant()
    def kernels_are_as_they_should_be(self):
        manager = self.manager.kernel_manager
        shown = [*manager.list_kernels("ann"), *manager.list_kernels("bob")]
        assert {kernel.kernel_id: kernel.alive for kernel in shown} == {
            kernel_id: kernel.alive for kernel_id, kernel in self.model.kernels.items()
        }
        alive = {id_ for id_, kernel in self.model.kernels.items() if kernel.alive}
        assert set(self.server.kernels.alive) == alive
        assert all(self.model.is_used(id_) or self.model.kernels[id_].kept for id_ in alive)

    @invariant()
    def nothing_is_pending(self):
        assert len(self.manager.pending) == 0


TestSessions = Sessions.TestCase
TestSessions.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, derandomize=True, database=None
)


@pytest.mark.slow
class TestSessionsForLong(Sessions.TestCase):
    """The same, other each time, and more of it."""

    settings = settings(max_examples=200, stateful_step_count=50, deadline=None, database=None)
