"""SessionKernels: starts the kernels that sessions are given, in an environment that knows them."""

from collections.abc import Mapping

from jupyter_sessions_server.model import KernelId, Owner
from jupyter_sessions_server.ports import ContentsManager
from jupyter_sessions_server.sessions.kernel_manager import KernelManager


class SessionKernels:
    """Starts kernels for documents."""

    def __init__(self, kernel_manager: KernelManager, contents_manager: ContentsManager) -> None:
        self._kernel_manager = kernel_manager
        self._contents_manager = contents_manager

    async def start(
        self,
        owner: Owner,
        path: str,
        name: str | None,
        *,
        kernel_name: str,
        kernel_id: KernelId | None = None,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> KernelId:
        """A kernel that runs, in the document's directory; it knows the session by its name."""
        if kernel_id in self._kernel_manager:  # then there is no process to prepare
            started, _ = await self._kernel_manager.start_kernel(
                owner, kernel_name=kernel_name, kernel_id=kernel_id
            )
            return started
        started, _ = await self._kernel_manager.start_kernel(
            owner,
            kernel_name=kernel_name,
            kernel_id=kernel_id,
            path=self._contents_manager.get_kernel_path(path=path),
            cwd=cwd,
            env={**(env or {}), **await self.env(path, name)},
        )
        return started

    async def env(self, path: str, name: str | None) -> dict[str, str]:
        """JPY_SESSION_NAME: the path, or `<the path's directory>/<name>` if there is a name."""
        if not name:
            return {"JPY_SESSION_NAME": path}
        kernel_path = self._contents_manager.get_kernel_path(path=path)
        directory = await self._kernel_manager.cwd_for_path(kernel_path)
        return {"JPY_SESSION_NAME": f"{directory}/{name}"}
