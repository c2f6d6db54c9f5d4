"""run: parameters, as papermill knows them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebooks import code, read, sources, write

from jupyter_sessions.cli.notebook_parameters import parse_value, python_source
from jupyter_sessions.v1.kernels_pb2 import KernelSpec

pytestmark = pytest.mark.usefixtures("fake")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@pytest.fixture
def path(tmp_path):
    """A notebook with defaults for its parameters."""
    return write(tmp_path / "a.ipynb", code("import os"), code("n = 1", "parameters"), code("n"))


async def test_a_cell_after_the_defaults_sets_the_parameters(run, fake, path):
    """The notebook shows what it was run with."""
    await run("run", str(path), "-p", "n", "5", "-p", "who", "me")

    codes = [request.code for request in fake.requests["Execute"]]
    assert codes == ["import os", "n = 1", "# Parameters\nn = 5\nwho = 'me'", "n"]
    assert sources(path) == codes
    assert read(path).cells[2].metadata.tags == ["injected-parameters"]


async def test_another_run_replaces_that_cell(run, path):
    """Parameters of a run before it do not pile up."""
    await run("run", str(path), "-p", "n", "5", "-p", "m", "1")
    await run("run", str(path), "-p", "n", "6")

    assert sources(path) == ["import os", "n = 1", "# Parameters\nn = 6", "n"]


@pytest.mark.parametrize("minor", [4, 5])
async def test_a_notebook_without_defaults_begins_with_them(run, tmp_path, minor):
    """Also an older one, whose cells have no ids."""
    path = write(tmp_path / "a.ipynb", code("n"), minor=minor)

    assert (await run("run", str(path), "-p", "n", "5"))[0] == 0

    assert sources(path) == ["# Parameters\nn = 5", "n"]
    assert ("id" in read(path).cells[0]) == (minor == 5)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("True", True),
        ("False", False),
        ("None", None),
        ("-5", -5),
        ("1e3", 1_000.0),
        ("true", "true"),
        ("[1]", "[1]"),
        ("5 apples", "5 apples"),
        ("", ""),
    ],
)
def test_a_value_is_what_it_looks_like(text, value):
    """The same as for papermill's -p."""
    parsed = parse_value(text)

    assert (parsed, type(parsed)) == (value, type(value))


@pytest.mark.parametrize("text", ["-1e-5", "-x", "--path", "-p", "--", "="])
async def test_a_value_may_begin_as_options_do(run, path, text):
    """A number mostly does; the value is taken as it is."""
    exit_code, _out, err = await run("run", str(path), "-p", "n", text, "-p", "m", "=1", "--quiet")

    assert (exit_code, err) == (0, "")
    assert sources(path)[2].splitlines()[1:] == [f"n = {parse_value(text)!r}", "m = '=1'"]


@given(json_values)
def test_the_cell_sets_the_very_value(value):
    """Whatever JSON can hold; quotes and line ends included."""
    names = {}

    exec(python_source({"x": value}), names)  # noqa: S102 - it is what a kernel would run

    assert names["x"] == value


@pytest.mark.parametrize("text", ["nan", "inf", "-inf"])
def test_numbers_without_a_literal_can_be_given(text):
    """Python has them, but no way to write them down."""
    names = {}

    exec(python_source({"x": parse_value(text)}), names)  # noqa: S102 - as above

    assert str(names["x"]) == text


async def test_parameters_come_from_files_too(run, path, tmp_path):
    """Later files win over earlier ones, and the command line over all."""
    (tmp_path / "p.json").write_text('{"n": 1, "m": [1, {"k": null}], "q": 0}')
    (tmp_path / "p.yaml").write_text("n: 2\nday: 2026-01-31\n")

    files = ["-f", str(tmp_path / "p.json"), "-f", str(tmp_path / "p.yaml")]
    await run("run", str(path), *files, "-p", "q", "9")

    assert sources(path)[2].splitlines()[1:] == [
        "n = 2",
        "m = [1, {'k': None}]",
        "q = 9",
        "day = '2026-01-31'",
    ]


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("[1]", "p.json", "p.json holds no parameters"),
        ("{", "p.json", "p.json is not JSON"),
        ("a: [", "p.yaml", "p.yaml is not YAML"),
        ('{"a b": 1}', "p.json", "'a b' is not named as a variable could be"),
        ('{"class": 1}', "p.json", "'class' is not named as a variable could be"),
    ],
)
async def test_parameters_that_cannot_be_are_refused(
    run, fake, path, tmp_path, content, name, message
):
    """Before anything is run."""
    (tmp_path / name).write_text(content)

    exit_code, _out, err = await run("run", str(path), "-f", str(tmp_path / name))

    assert exit_code == 2
    assert message in err
    assert fake.requests["Execute"] == []


async def test_parameters_in_another_language_are_refused(run, fake, path):
    """The message names it; without parameters, any language can be run."""
    bash = KernelSpec(kernel_name="python3", language="bash")
    fake.specs = [bash]

    exit_code, _out, err = await run("run", str(path), "-p", "n", "5")

    assert exit_code == 2
    assert "parameters can be set in Python, but the kernel 'python3' runs bash" in err
    assert (await run("run", str(path)))[0] == 0
