"""How a result looks: in a terminal, in a notebook, and as image files."""

import base64

import pytest
from events import PNG, display, ended, error, error_output, gap, result_of, stream, value

from jupyter_sessions.outputs import Image


def test_a_terminal_gets_text_and_the_traceback_without_colours():
    """A log file is a terminal, too."""
    execution = ended("FAILED", error=error_output())

    result = result_of(stream("a\n"), error(), execution=execution)

    assert str(result) == "a\nZeroDivisionError\ndivision by zero"


def test_the_repr_is_short():
    """Outputs may be megabytes."""
    assert repr(result_of(value("2"))) == "<Result [3] SUCCEEDED, 1 outputs>"


def test_a_notebook_shows_a_single_output_as_it_is():
    """Front ends choose among its representations, as for their own cells."""
    data, metadata = result_of(value("<Figure>", png=PNG, json="[1]"))._repr_mimebundle_()

    assert data == {
        "text/plain": "<Figure>",
        "image/png": base64.b64encode(PNG).decode(),
        "application/json": [1],
    }
    assert metadata == {}


def test_a_notebook_shows_several_outputs_one_below_the_other():
    """Text is escaped, HTML is not, images are embedded."""
    result = result_of(stream("1 < 2\n"), display("x", html="<b>x</b>"), display("y", png=PNG))

    data, _metadata = result._repr_mimebundle_()

    encoded = base64.b64encode(PNG).decode()
    assert data["text/html"].splitlines() == [
        "<pre>1 &lt; 2",
        "</pre>",
        "<div><b>x</b></div>",
        f'<img src="data:image/png;base64,{encoded}">',
    ]
    assert data["text/plain"] == str(result)


@pytest.mark.parametrize("state", ["LOST", "CANCELLED", "TIMED_OUT", "ABORTED", "FAILED"])
def test_a_notebook_shows_that_the_code_did_not_succeed(state):
    """A picture alone looks like success."""
    result = result_of(display("<Figure>", png=PNG), execution=ended(state))

    data, _metadata = result._repr_mimebundle_()

    assert f"<pre>the execution ended as {state}" in data["text/html"]
    assert "<img " in data["text/html"]
    assert set(data) == {"text/plain", "text/html"}  # none that a front end would like better


def test_a_notebook_shows_an_error_once():
    """Where it came; below all if it is known from the execution alone."""
    execution = ended("FAILED", error=error_output())

    came, _ = result_of(error(), display("after"), execution=execution)._repr_mimebundle_()
    known, _ = result_of(display("before"), execution=execution)._repr_mimebundle_()

    markup = "<pre>ZeroDivisionError\ndivision by zero</pre>"
    assert came["text/html"] == f"{markup}\n<pre>after</pre>"
    assert known["text/html"] == f"<pre>before</pre>\n{markup}"


def test_a_notebook_shows_that_outputs_are_missing():
    """As a terminal does."""
    result = result_of(display("x", html="<table></table>"), gap(12))

    data, _metadata = result._repr_mimebundle_()

    assert "(12 messages of the kernel are missing here (TRIMMED))" in data["text/html"]


def test_images_are_saved_to_new_files(tmp_path):
    """One for each output that is one; nothing is overwritten."""
    result = result_of(display("a", png=PNG), stream("text"), value("b", png=PNG + b"2"))

    first = result.save_images(tmp_path / "plots")
    second = result.save_images(str(tmp_path / "plots"))

    assert [path.name for path in first + second] == [f"image-{n}.png" for n in (1, 2, 3, 4)]
    assert first[1].read_bytes() == PNG + b"2"


@pytest.mark.parametrize(
    ("mime_type", "extension"),
    [("image/svg+xml", "svg"), ("image/jpeg", "jpeg"), ("image/../../etc/x", "")],
)
def test_an_image_file_is_named_after_its_type(tmp_path, mime_type, extension):
    """The type comes from the kernel, and must not lead out of the directory."""
    path = Image(mime_type, b"<svg/>").save(tmp_path)

    assert path == tmp_path / f"image-1.{extension}"
