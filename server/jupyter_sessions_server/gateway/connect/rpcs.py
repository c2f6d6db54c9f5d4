"""The contract's RPCs by their paths: what kind each is, its messages, and how it is called."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor import FileDescriptor, MethodDescriptor
from google.protobuf.message import Message

from jupyter_sessions.v1 import (
    channels_pb2,
    executions_pb2,
    identity_pb2,
    kernels_pb2,
    sessions_pb2,
)

PACKAGE: Final = "jupyter_sessions.v1"

FILES: Final[tuple[FileDescriptor, ...]] = (
    channels_pb2.DESCRIPTOR,
    executions_pb2.DESCRIPTOR,
    identity_pb2.DESCRIPTOR,
    kernels_pb2.DESCRIPTOR,
    sessions_pb2.DESCRIPTOR,
)
"""Where the services are."""


@dataclass(frozen=True, slots=True)
class Rpc:
    """An RPC; `call` takes and gives bytes, and is None where the caller would have to stream."""

    name: str
    request: type[Message]
    response: type[Message]
    streams: bool
    """Whether the service streams."""
    call: Any | None
    """A multi-callable of grpc.aio, of the kind that `streams` tells."""


def rpcs_of(channel: grpc.aio.Channel) -> dict[tuple[str, str], Rpc]:
    """All RPCs, by service (without its package) and method."""
    return {
        (method.containing_service.name, method.name): _rpc(channel, method)
        for method in _methods()
    }


def _methods() -> Iterator[MethodDescriptor]:
    for file in FILES:
        for service in file.services_by_name.values():
            yield from service.methods


def _rpc(channel: grpc.aio.Channel, method: MethodDescriptor) -> Rpc:
    service = method.containing_service
    return Rpc(
        name=f"{service.name}.{method.name}",
        request=message_factory.GetMessageClass(method.input_type),
        response=message_factory.GetMessageClass(method.output_type),
        streams=method.server_streaming,
        call=_callable(channel, method, f"/{service.full_name}/{method.name}"),
    )


def _callable(channel: grpc.aio.Channel, method: MethodDescriptor, path: str) -> Any | None:
    if method.client_streaming:
        return None
    if method.server_streaming:
        return channel.unary_stream(path, request_serializer=None, response_deserializer=None)
    return channel.unary_unary(path, request_serializer=None, response_deserializer=None)
