"""Signals that end a command: the first one cancels what it runs, a second one leaves at once."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from jupyter_sessions.cli.failures import report
from jupyter_sessions.errors import JupyterSessionsError

if TYPE_CHECKING:
    from jupyter_sessions.sync import Client, EventStream
    from jupyter_sessions.v1.executions_pb2 import ExecutionEvent

_ENDING = [signal.SIGINT, signal.SIGTERM]
_REPEATED = []  # a terminal that is gone and its shell may each send it
if sys.platform != "win32":
    _ENDING.append(signal.SIGHUP)
    _REPEATED.append(signal.SIGHUP)


class Signalled(KeyboardInterrupt):
    """A signal ends the command."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def exit_code_of(number: int) -> int:
    """What a shell makes of a program that a signal ended."""
    return 128 + number


class EndingSignals:
    """What Ctrl-C, SIGTERM and SIGHUP do: they raise Signalled, unless a block says otherwise.

    `number` is the one that came first, None if none has come.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._held = False
        self._execution: OwnExecution | None = None

    def receive(self, number: int, _frame: FrameType | None = None) -> None:
        """Take a signal."""
        if self.number is not None:
            if number not in _REPEATED:
                raise Signalled(number)
            return
        self.number = number
        if self._execution is not None:
            self._execution.cancel()
        elif not self._held:
            raise Signalled(number)

    @contextmanager
    def held(self) -> Iterator[None]:
        """A first signal waits for the end of the block, and raises there."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self.number is not None:
            raise Signalled(self.number)

    @contextmanager
    def cancelling(self, client: "Client") -> Iterator["OwnExecution"]:
        """A first signal cancels the execution that is followed in the block; it does not raise."""
        execution = self._execution = OwnExecution(client)
        try:
            yield execution
        finally:
            self._execution = None
            execution.left.set()


class OwnExecution:
    """The execution that a command waits for: it may be cancelled, what others run may not."""

    def __init__(self, client: "Client") -> None:
        self._client = client
        self._execution_id = ""
        self.cancelled = False
        """Whether it was asked to end, and so no other is to begin."""
        self.left = threading.Event()
        """Nobody waits for it any more."""

    def follow(self, stream: "EventStream") -> Iterator["ExecutionEvent"]:
        """Its events, the first of which tells its id."""
        for event in stream:
            if event.HasField("accepted"):
                self._execution_id = event.accepted.execution_id
                if self.cancelled:
                    self.cancel()
            elif event.HasField("finished"):
                self._execution_id = ""
            yield event

    def cancel(self) -> None:
        """Cancel it, as soon as it has an id, and do not wait; others in its kernel stay."""
        self.cancelled = True
        if self._execution_id:
            # In a thread: gRPC may hold locks of its own where a signal came.
            threading.Thread(target=self.cancel_now, args=[self._execution_id], daemon=True).start()

    def cancel_now(self, execution_id: str) -> None:
        """Cancel it and wait for its end."""
        try:
            self._client.cancel_execution(execution_id)
        except (JupyterSessionsError, ValueError) as error:  # the latter if the client was closed
            if not self.left.is_set():
                report(error)


@contextmanager
def ending_signals() -> Iterator[EndingSignals]:
    """Receive the signals that end the command; those that nohup has ignored stay so."""
    signals = EndingSignals()
    if threading.current_thread() is not threading.main_thread():
        yield signals  # only the main thread gets signals
        return
    before = {
        number: signal.signal(number, signals.receive)
        for number in _ENDING
        if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
