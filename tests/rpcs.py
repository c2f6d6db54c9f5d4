"""The contract's RPCs, by their descriptors, and which of them the server does not serve yet."""

from google.protobuf.descriptor import FileDescriptor, MethodDescriptor

from jupyter_sessions.v1 import (
    channels_pb2,
    executions_pb2,
    identity_pb2,
    kernels_pb2,
    sessions_pb2,
)

_FILES: tuple[FileDescriptor, ...] = (
    channels_pb2.DESCRIPTOR,
    executions_pb2.DESCRIPTOR,
    identity_pb2.DESCRIPTOR,
    kernels_pb2.DESCRIPTOR,
    sessions_pb2.DESCRIPTOR,
)

RPCS: dict[str, MethodDescriptor] = {
    f"{service.name}.{method.name}": method
    for file in _FILES
    for service in file.services_by_name.values()
    for method in service.methods
}
"""All RPCs, by "Service.Method"."""

UNSERVED = frozenset(
    {
        "KernelService.WatchKernels",
        "SessionService.WatchSessions",
    }
)
"""Those that answer UNIMPLEMENTED."""

SERVED = sorted(RPCS.keys() - UNSERVED)
