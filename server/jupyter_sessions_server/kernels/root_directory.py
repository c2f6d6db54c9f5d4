"""RootDirectory: where documents are, and which directory a kernel for one of them works in."""

import posixpath
from pathlib import Path


class RootDirectory:
    """A ContentsManager over the file system: paths are relative to one directory.

    Any text is a path; one that leads out of the root, or that no disk could hold, is not there.
    """

    def __init__(self, root_dir: Path) -> None:
        self._root = root_dir.resolve()

    def get_kernel_path(self, path: str) -> str:
        """The path itself if it is a directory, else its parent."""
        path = path.strip("/")
        _, is_all = self._nearest(path)
        return path if is_all else path.rpartition("/")[0]

    def cwd_for_path(self, path: str) -> str:
        """The nearest existing directory of the path, never above the root."""
        directory, _ = self._nearest(path.strip("/"))
        directory = directory.resolve()
        return str(directory if directory.is_relative_to(self._root) else self._root)

    def _nearest(self, path: str) -> tuple[Path, bool]:
        """The last directory on the way that exists, and whether it is all of the path."""
        directory = self._root
        parts = posixpath.normpath(path).split("/")
        if parts[0] == "..":
            return directory, False
        for part in parts:
            below = directory / part
            if not is_directory(below):
                return directory, False
            directory = below
        return directory, True


def is_directory(path: Path) -> bool:
    """Whether it is there and a directory, or a link to one."""
    try:
        return path.is_dir()
    except OSError:  # its name is too long
        return False
