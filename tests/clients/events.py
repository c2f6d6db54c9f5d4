"""Events as a kernel causes them, for tests of what becomes of them."""

from jupyter_sessions.results import ResultCollector
from jupyter_sessions.v1 import executions_pb2 as pb
from jupyter_sessions.v1.executions_pb2 import ExecutionEvent, ExecutionState

PNG = b"\x89PNG\r\n"
TRACEBACK = ["\x1b[31mZeroDivisionError\x1b[0m", "division by zero"]


def stream(text, name="stdout"):
    """Text is written."""
    return ExecutionEvent(stream=pb.StreamOutput(name=name, text=text))


def bundle(text="", png=None, html=None, json=None):
    """One thing in several representations."""
    parts = [pb.MimePart(mime_type="text/plain", text=text)] if text else []
    if png is not None:
        parts.append(pb.MimePart(mime_type="image/png", data=png))
    if html is not None:
        parts.append(pb.MimePart(mime_type="text/html", text=html))
    if json is not None:
        parts.append(pb.MimePart(mime_type="application/json", json=json))
    return pb.MimeBundle(parts=parts)


def display(text="", *, display_id="", **representations):
    """Something is displayed."""
    data = pb.DisplayData(data=bundle(text, **representations), display_id=display_id)
    return ExecutionEvent(display_data=data)


def update(text, display_id):
    """What was displayed under the id changes."""
    data = pb.DisplayData(data=bundle(text), display_id=display_id)
    return ExecutionEvent(update_display_data=data)


def value(text="", **representations):
    """The last expression has a value."""
    data = bundle(text, **representations)
    return ExecutionEvent(execute_result=pb.ExecuteResult(data=data, execution_count=3))


def error(**fields):
    """The code raises."""
    return ExecutionEvent(error=error_output(**fields))


def error_output(ename="ZeroDivisionError", evalue="division by zero", traceback=TRACEBACK):
    """A division by zero, or another error."""
    return pb.ErrorOutput(ename=ename, evalue=evalue, traceback=traceback)


def clear(*, wait=False):
    """Outputs so far are to go."""
    return ExecutionEvent(clear_output=pb.ClearOutput(wait=wait))


def gap(missing_count, reason="TRIMMED"):
    """Messages are missing."""
    number = pb.GapReason.Value(f"GAP_REASON_{reason}")
    return ExecutionEvent(gap=pb.OutputGap(missing_count=missing_count, reason=number))


def ended(state="SUCCEEDED", **fields):
    """The execution as it ended."""
    number = ExecutionState.Value(f"EXECUTION_STATE_{state}")
    return pb.Execution(execution_id="e1", state=number, execution_count=3, **fields)


def result_of(*events, execution=None):
    """The result of an execution with these events."""
    collector = ResultCollector()
    finished = pb.ExecutionFinished(execution=execution or ended())
    for event in (*events, ExecutionEvent(finished=finished)):
        collector.add(event)
    return collector.result()
