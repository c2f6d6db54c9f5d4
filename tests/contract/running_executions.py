"""Executions that a test begins, and looks at from elsewhere."""

from jupyter_sessions.v1 import executions_pb2 as pb


class Begun:
    """An execution that goes on, whoever reads its stream."""

    def __init__(self, stub, call, accepted):
        self._stub = stub
        self.call = call
        self.accepted = accepted
        self.execution_id = accepted.accepted.execution_id

    async def attached(self, from_seq=0):
        """Its events from a number on, until its end."""
        request = pb.AttachExecutionRequest(execution_id=self.execution_id, from_seq=from_seq)
        return [e async for batch in self._stub.AttachExecution(request) for e in batch.events]

    async def now(self):
        """The execution as it is."""
        request = pb.GetExecutionRequest(execution_id=self.execution_id)
        return (await self._stub.GetExecution(request)).execution

    async def state(self):
        """Its state's name, less the prefix."""
        return state_of(await self.now())

    async def rest(self):
        """The events that its own stream has yet to give."""
        return [event async for batch in self.call for event in batch.events]


async def begin(stub, **fields):
    """Run code; returns when it is accepted."""
    call = aiter(stub.Execute(pb.ExecuteRequest(**fields)))
    [accepted] = (await anext(call)).events
    return Begun(stub, call, accepted)


def state_of(execution):
    """An execution's state, by its name."""
    return pb.ExecutionState.Name(execution.state).removeprefix("EXECUTION_STATE_")


def texts(events):
    """What was printed."""
    return [event.stream.text for event in events if event.HasField("stream")]
