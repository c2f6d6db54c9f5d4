"""The kernelspecs that are installed where Jupyter looks for them."""

import json

import pytest

from jupyter_sessions_server.errors import KernelspecNotFound, KernelspecResourceNotFound
from jupyter_sessions_server.kernels.specs import JupyterKernelSpecs

GOOD = {"argv": ["good", "-f", "{connection_file}"], "display_name": "Good", "language": "g"}
NOT_SPECS = [
    b"", b"{", b"no json", b"[1]", b"null", b'"text"', b"\xff\xfe", b"[" * 100_000,
    b'{"argv": 5}', b'{"argv": [1]}', b'{"argv": {"a": 1}}', b'{"argv": [], "display_name": 5}',
    b'{"argv": [], "env": []}', b'{"argv": [], "interrupt_mode": "strange"}',
    b'{"argv": [], "metadata": []}',
]  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where a test installs kernelspecs."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "share" / "kernels"


@pytest.fixture
def install(folder):
    """Installs a kernelspec: its kernel.json, and other files."""

    def install(name, spec=GOOD, **files):
        (folder / name).mkdir(parents=True)
        content = spec if isinstance(spec, bytes) else json.dumps(spec).encode()
        (folder / name / "kernel.json").write_bytes(content)
        for file, data in files.items():
            (folder / name / file).write_bytes(data)
        return folder / name

    return install


@pytest.fixture
def specs(folder):
    """As the service finds them."""
    return JupyterKernelSpecs()


async def names(specs):
    return [spec.kernel_name for spec in await specs.list_all()]


async def test_a_kernelspec_is_what_its_file_says(specs, install):
    """Jupyter's kernel.json, typed."""
    install(
        "good",
        {**GOOD, "env": {"A": "1"}, "interrupt_mode": "message", "metadata": {"debugger": True}},
    )

    spec = await specs.find("good")

    assert (spec.kernel_name, spec.display_name, spec.language) == ("good", "Good", "g")
    assert (spec.argv, spec.env) == (GOOD["argv"], {"A": "1"})
    assert spec.interrupt_by_message
    assert json.loads(spec.metadata_json) == {"debugger": True}


async def test_a_kernel_is_interrupted_by_signal_unless_it_says_otherwise(specs, install):
    """As Jupyter has it."""
    install("good")

    assert not (await specs.find("good")).interrupt_by_message


async def test_python_is_another_name_for_the_servers_own(specs):
    """As in jupyter_server, where notebooks ask for "python" or "python3"."""
    own = await specs.find("python3")

    assert own.language == "python"
    assert await specs.find("python") == own
    assert specs.default_name == "python3"


async def test_names_are_found_in_any_case(specs, install):
    """As jupyter_client does it."""
    install("good")

    assert (await specs.find("GOOD")).kernel_name == "good"


@pytest.mark.parametrize("name", ["unknown", "", "../good", "good/../good", "good/", ".", "a b"])
async def test_a_name_that_nobody_has_is_none(specs, install, name):
    """Also one that would be a path."""
    install("good")

    assert await specs.find(name) is None


async def test_all_are_listed_in_the_order_of_their_names(specs, install):
    """The server's own among them."""
    for name in ("zeta", "alpha"):
        install(name)

    assert await names(specs) == ["alpha", "python3", "zeta"]


@pytest.mark.parametrize("content", NOT_SPECS)
async def test_a_kernelspec_that_cannot_be_read_is_left_out(specs, install, content):
    """One broken file does not hide the others, nor break a request."""
    install("good")
    install("broken", content)

    assert await names(specs) == ["good", "python3"]
    assert await specs.find("broken") is None


async def test_one_that_is_installed_later_is_found(specs, install):
    """Without a restart of the server."""
    before = await specs.find("good")

    install("good")

    assert before is None
    assert (await specs.find("good")).display_name == "Good"


async def test_resources_are_the_files_beside_kernel_json(specs, install):
    """Logos and the like; kernel.json itself is told otherwise."""
    folder = install("good", **{"logo-64x64.png": b"png", "a.js": b"js"})
    (folder / "folder").mkdir()
    (folder / "folder" / "inner.js").touch()

    assert (await specs.find("good")).resource_names == ["a.js", "logo-64x64.png"]


async def test_a_resource_is_read_as_it_is(specs, install):
    """Byte by byte."""
    install("good", **{"logo-64x64.png": b"\x89PNG\0\xff"})

    assert await specs.read_resource("good", "logo-64x64.png") == b"\x89PNG\0\xff"


@pytest.mark.parametrize(
    "name",
    [
        "kernel.json", "unknown", "", ".", "..", "../other/secret", "folder/inner", "folder",
        "/etc/passwd", "logo\0", "../good/logo",
    ],
)  # fmt: skip
async def test_what_is_not_listed_is_not_read(specs, install, name):
    """The list is all there is: no path leads out of it."""
    folder = install("good", logo=b"png")
    (folder / "folder").mkdir()
    (folder / "folder" / "inner").touch()
    install("other", secret=b"secret")

    with pytest.raises(KernelspecResourceNotFound):
        await specs.read_resource("good", name)


@pytest.mark.parametrize("name", ["unknown", "../share", ""])
async def test_resources_of_an_unknown_kernelspec_are_none(specs, install, name):
    """The error is about the kernelspec."""
    install("good", logo=b"png")

    with pytest.raises(KernelspecNotFound):
        await specs.read_resource(name, "logo")
