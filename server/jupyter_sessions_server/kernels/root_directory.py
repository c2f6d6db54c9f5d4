"""RootDirectory: where documents are, and which directory a kernel for one of them works in."""

from pathlib import Path


class RootDirectory:
    """A ContentsManager over the file system: paths are relative to one directory."""

    def __init__(self, root_dir: Path) -> None:
        self._root = root_dir.resolve()

    def get_kernel_path(self, path: str) -> str:
        """The path itself if it is a directory, else its parent."""
        path = path.strip("/")
        if self._below_root(path).is_dir():
            return path
        return path.rpartition("/")[0]

    def cwd_for_path(self, path: str) -> str:
        """The nearest existing directory of the path, never above the root."""
        directory = self._below_root(path.strip("/"))
        while not directory.is_dir() and directory != self._root:
            directory = directory.parent
        return str(directory)

    def _below_root(self, path: str) -> Path:
        """The absolute path; the root itself for one that leads out of it."""
        absolute = (self._root / path).resolve()
        return absolute if absolute.is_relative_to(self._root) else self._root
