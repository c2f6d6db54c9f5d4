"""OutputArea: what a front end shows of several executions; see test_client_results for one."""

from events import clear, display, stream, update

from jupyter_sessions.output_area import OutputArea, display_update
from jupyter_sessions.outputs import StreamOutput


def area_of(*events):
    """What is shown after these events."""
    area = OutputArea()
    for event in events:
        area.add(event)
    return area


def test_an_update_changes_what_an_execution_before_it_displayed():
    """Two cells: one shows a progress bar, the other moves it."""
    area = area_of(display("0 %", display_id="bar"), display("x", display_id="other"))

    area.update_display(display_update(update("50 %", "bar")))

    assert [output.data["text/plain"] for output in area.outputs] == ["50 %", "x"]


def test_each_display_with_the_id_is_updated():
    """As front ends do where a thing is shown twice."""
    shown = [display("0 %", display_id="bar"), display("0 %", display_id="bar")]

    area = area_of(*shown, update("50 %", "bar"))

    assert [output.data["text/plain"] for output in area.outputs] == ["50 %", "50 %"]


def test_an_update_is_not_what_a_clearing_waits_for():
    """It shows nothing new; the next output does."""
    area = area_of(display("0 %", display_id="bar"), clear(wait=True), update("50 %", "bar"))

    assert [output.data["text/plain"] for output in area.outputs] == ["50 %"]


def test_what_was_cleared_is_not_updated():
    """It does not come back."""
    area = area_of(display("0 %", display_id="bar"), clear(), stream("x"), update("50 %", "bar"))

    assert area.outputs == (StreamOutput("stdout", "x"),)


def test_an_event_that_is_no_update_has_none():
    """So that a caller need not look at the kinds of events."""
    assert display_update(stream("x")) is None
