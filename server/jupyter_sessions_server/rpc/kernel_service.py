"""KernelService: check, call the kernel manager, convert; nothing else."""

import mimetypes
from operator import itemgetter
from typing import Any

from jupyter_sessions.v1 import kernels_pb2 as pb
from jupyter_sessions.v1 import kernels_pb2_grpc
from jupyter_sessions_server.model import Kernel, KernelId
from jupyter_sessions_server.rpc import check, page_token
from jupyter_sessions_server.rpc.authentication import caller
from jupyter_sessions_server.rpc.convert import (
    kernel_spec_to_pb,
    kernel_states_from_pb,
    kernel_to_pb,
)
from jupyter_sessions_server.rpc.unserved import unserved
from jupyter_sessions_server.sessions.kernel_manager import KernelManager

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000


class KernelService(kernels_pb2_grpc.KernelServiceServicer):
    """Kernelspecs, and kernels with or without a session."""

    def __init__(self, kernels: KernelManager) -> None:
        self._kernels = kernels

    async def ListKernelSpecs(
        self, request: pb.ListKernelSpecsRequest, context: Any
    ) -> pb.ListKernelSpecsResponse:
        """List the kernelspecs."""
        specs = await self._kernels.specs.list_all()
        return pb.ListKernelSpecsResponse(
            kernel_specs=map(kernel_spec_to_pb, specs),
            default_kernel_name=self._kernels.specs.default_name,
        )

    async def GetKernelSpec(
        self, request: pb.GetKernelSpecRequest, context: Any
    ) -> pb.GetKernelSpecResponse:
        """Return one kernelspec."""
        name = check.kernel_name("kernel_name", request.kernel_name, required=True)
        spec = await self._kernels.get_spec(name)
        return pb.GetKernelSpecResponse(kernel_spec=kernel_spec_to_pb(spec))

    async def GetKernelSpecResource(
        self, request: pb.GetKernelSpecResourceRequest, context: Any
    ) -> pb.GetKernelSpecResourceResponse:
        """Return a file of a kernelspec."""
        name = check.kernel_name("kernel_name", request.kernel_name, required=True)
        resource = check.path("resource_name", request.resource_name)
        content = await self._kernels.specs.read_resource(name, resource)
        content_type = mimetypes.guess_type(resource)[0] or "application/octet-stream"
        return pb.GetKernelSpecResourceResponse(content=content, content_type=content_type)

    async def StartKernel(
        self, request: pb.StartKernelRequest, context: Any
    ) -> pb.StartKernelResponse:
        """Start a kernel that belongs to no session yet."""
        owner = caller()
        chosen = check.chosen_id("kernel_id", request.kernel_id)
        kernel_id, created = await self._kernels.start_kernel(
            owner,
            kernel_name=check.kernel_name("kernel_name", request.kernel_name),
            kernel_id=KernelId(chosen) if chosen else None,
            path=check.path("path", request.path, required=False),
            cwd=check.cwd("cwd", request.cwd),
            env=check.env("env", request.env),
            kept=True,
        )
        kernel = self._kernels.get_kernel(owner, kernel_id)
        if request.wait_ready:
            kernel = await self._kernels.settled(owner, kernel_id)
        return pb.StartKernelResponse(kernel=kernel_to_pb(kernel), created=created)

    async def GetKernel(self, request: pb.GetKernelRequest, context: Any) -> pb.GetKernelResponse:
        """Return one kernel."""
        owner, kernel_id = caller(), _kernel_id(request.kernel_id)
        self._kernels.get_kernel(owner, kernel_id)  # only who owns it may wait for it
        await self._kernels.caught_up(kernel_id)
        return pb.GetKernelResponse(kernel=kernel_to_pb(self._kernels.get_kernel(owner, kernel_id)))

    async def ListKernels(
        self, request: pb.ListKernelsRequest, context: Any
    ) -> pb.ListKernelsResponse:
        """List kernels, page by page, in the order of their creation."""
        states = kernel_states_from_pb("states", request.states)
        size = check.page_size(request.page_size, default=DEFAULT_PAGE_SIZE, most=MAX_PAGE_SIZE)
        owner = caller()
        seal = page_token.fingerprint(owner.encode(), repr(sorted(request.states)).encode())
        after = page_token.read(request.page_token, seal, str) or ""
        chosen = [
            (position, kernel)
            for position, kernel in sorted(
                map(_positioned, self._kernels.list_kernels(owner)), key=itemgetter(0)
            )
            if position > str(after) and (not states or kernel.state in states)
        ]
        page = chosen[:size]
        return pb.ListKernelsResponse(
            kernels=[kernel_to_pb(kernel) for _, kernel in page],
            next_page_token=page_token.write(page[-1][0], seal) if len(page) < len(chosen) else "",
        )

    async def RestartKernel(
        self, request: pb.RestartKernelRequest, context: Any
    ) -> pb.RestartKernelResponse:
        """Replace the kernel's process by a new one, under the same id."""
        owner, kernel_id = caller(), _kernel_id(request.kernel_id)
        kernel = await self._kernels.restart_kernel(
            owner, kernel_id, only_if_dead=request.only_if_dead
        )
        if request.wait_ready:
            kernel = await self._kernels.settled(owner, kernel_id)
        return pb.RestartKernelResponse(kernel=kernel_to_pb(kernel))

    async def InterruptKernel(
        self, request: pb.InterruptKernelRequest, context: Any
    ) -> pb.InterruptKernelResponse:
        """Stop the code that runs."""
        kernel_id = _kernel_id(request.kernel_id)
        kernel = await self._kernels.interrupt_kernel(caller(), kernel_id)
        return pb.InterruptKernelResponse(kernel=kernel_to_pb(kernel))

    async def ShutDownKernel(
        self, request: pb.ShutDownKernelRequest, context: Any
    ) -> pb.ShutDownKernelResponse:
        """End the kernel's process."""
        kernel_id = _kernel_id(request.kernel_id)
        kernel = await self._kernels.shutdown_kernel(caller(), kernel_id)
        return pb.ShutDownKernelResponse(kernel=kernel_to_pb(kernel))

    WatchKernels = unserved("KernelService.WatchKernels")


def _kernel_id(value: str) -> KernelId:
    return KernelId(check.any_id("kernel_id", value))


def _positioned(kernel: Kernel) -> tuple[str, Kernel]:
    """The kernel and its place in the order of creation, as a text that sorts."""
    return f"{kernel.created_ms:015d} {kernel.kernel_id}", kernel
