"""Where documents are, and which directory a kernel for one of them works in."""

import pytest

from jupyter_sessions_server.kernels.root_directory import RootDirectory


@pytest.fixture
def folder(tmp_path):
    """A root with a/b/, a document in it, and a secret beside the root."""
    root = tmp_path / "root"
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "c.ipynb").touch()
    (root / "plain").touch()
    (tmp_path / "secret").mkdir()
    (root / "link-out").symlink_to(tmp_path / "secret", target_is_directory=True)
    (root / "link-in").symlink_to(root / "a", target_is_directory=True)
    (root / "loop").symlink_to(root / "loop")
    return root


@pytest.fixture
def root(folder):
    """The same, as the service sees it."""
    return RootDirectory(folder)


@pytest.mark.parametrize(
    ("path", "kernel_path"),
    [
        ("a/b/c.ipynb", "a/b"),
        ("a/b", "a/b"),
        ("a/new.ipynb", "a"),
        ("new/new.ipynb", "new"),
        ("c.ipynb", ""),
        ("plain", ""),
        ("", ""),
        ("/a/b/c.ipynb", "a/b"),
        ("a/b/", "a/b"),
    ],
)
def test_a_kernel_works_in_its_document_or_beside_it(root, path, kernel_path):
    """The path itself if it is a directory, else its parent, as in jupyter_server."""
    assert root.get_kernel_path(path=path) == kernel_path


@pytest.mark.parametrize(
    ("path", "cwd"),
    [
        ("a/b", "a/b"),
        ("a/b/c.ipynb", "a/b"),
        ("a/new/newer/x.ipynb", "a"),
        ("new", "."),
        ("plain/x", "."),
        ("", "."),
        ("/", "."),
        ("a//b", "a/b"),
        ("./a/./b", "a/b"),
        ("a/b/../b", "a/b"),
        ("link-in/b", "a/b"),
    ],
)
def test_a_process_starts_in_the_nearest_directory_there_is(root, folder, path, cwd):
    """A document that is yet to be saved has a kernel too."""
    assert root.cwd_for_path(path) == str((folder / cwd).resolve())


@pytest.mark.parametrize(
    "path",
    [
        "..", "../", "../secret", "a/../../secret", "../../../../etc", "/../secret",
        "/etc", "//etc", "/usr/bin", "link-out", "link-out/x.ipynb", "link-in/../../secret",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_root(root, folder, path):
    """Neither dots, nor a leading slash, nor a link."""
    cwd = root.cwd_for_path(root.get_kernel_path(path=path))

    assert cwd == str(folder)
    assert root.cwd_for_path(path) == str(folder)


@pytest.mark.parametrize(
    "path", ["x" * 300, "x" * 300 + "/y.ipynb", "a/" + "x" * 300, "x/" * 2_000, "loop", "loop/x"]
)
def test_a_path_that_no_disk_can_hold_is_below_what_there_is(root, folder, path):
    """Any text names a document; that it could not be saved is no reason to refuse a kernel."""
    cwd = root.cwd_for_path(root.get_kernel_path(path=path))

    assert cwd in (str(folder), str(folder / "a"))


def test_a_root_that_is_a_link_is_what_it_leads_to(tmp_path, folder):
    """Homes often are links."""
    (tmp_path / "home").symlink_to(folder, target_is_directory=True)

    assert RootDirectory(tmp_path / "home").cwd_for_path("a/b") == str(folder / "a" / "b")
