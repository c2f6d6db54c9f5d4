"""/api/kernelspecs and /kernelspecs: what kinds of kernels there are, and their files."""

import posixpath

from grpc.aio import AioRpcError

from jupyter_sessions.v1 import kernels_pb2 as pb
from jupyter_sessions_server.gateway.http_errors import HttpError, reason_of
from jupyter_sessions_server.gateway.jupyter_json import encoded, kernel_spec_model
from jupyter_sessions_server.gateway.requests import Call, Reply, etag_of, found

_LOGO_HEADERS = ((b"cache-control", b"max-age=2592000"),)


async def list_kernel_specs(call: Call) -> Reply:
    """GET /api/kernelspecs."""
    request = pb.ListKernelSpecsRequest()
    answer = await call.rest.service.kernels.ListKernelSpecs(request, metadata=call.metadata)
    base_url = call.rest.config.base_url
    specs = {
        spec.kernel_name: kernel_spec_model(spec, spec.kernel_name, base_url)
        for spec in answer.kernel_specs
    }
    return found(encoded({"default": answer.default_kernel_name, "kernelspecs": specs}))


async def get_kernel_spec(call: Call) -> Reply:
    """GET /api/kernelspecs/NAME, in any case."""
    name = call.path_param("kernel_name")
    request = pb.GetKernelSpecRequest(kernel_name=name.lower())
    try:
        answer = await call.rest.service.kernels.GetKernelSpec(request, metadata=call.metadata)
    except AioRpcError as error:
        raise _as_not_found(error, name) from error
    return found(encoded(kernel_spec_model(answer.kernel_spec, name, call.rest.config.base_url)))


async def get_resource(call: Call) -> Reply:
    """GET /kernelspecs/NAME/FILE, such as a logo; a page's own, so errors are pages."""
    name, path = call.path_param("kernel_name"), call.path_param("file")
    request = pb.GetKernelSpecResourceRequest(kernel_name=name.lower(), resource_name=path)
    try:
        answer = await call.rest.service.kernels.GetKernelSpecResource(
            request, metadata=call.metadata
        )
    except AioRpcError as error:
        if _leads_out(path) and reason_of(error) in (
            "FIELD_INVALID",
            "KERNELSPEC_RESOURCE_NOT_FOUND",
        ):
            raise HttpError(403, f"{path} is not in the kernelspec's folder") from error
        raise _as_not_found(error, name) from error
    return Reply(
        200,
        answer.content,
        answer.content_type.encode("latin-1"),
        _LOGO_HEADERS if path.lower().endswith(".png") else (),
        etag_of(answer.content),
    )


def _leads_out(path: str) -> bool:
    return f"{posixpath.normpath(path)}/".startswith(("../", "/"))


def _as_not_found(error: AioRpcError, name: str) -> AioRpcError | HttpError:
    """Jupyter's words, if that is the error."""
    if reason_of(error) == "KERNELSPEC_NOT_FOUND":
        return HttpError(404, f"Kernel spec {name} not found")
    return error
