"""The grpc.aio server: services, health, reflection, channelz, and an orderly end."""

import asyncio
import ssl
from typing import Any, Final, cast

import grpc
from grpc_channelz.v1 import channelz, channelz_pb2_grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2, reflection_pb2_grpc

from jupyter_sessions.v1 import (
    channels_pb2_grpc,
    executions_pb2_grpc,
    identity_pb2_grpc,
    kernels_pb2_grpc,
    sessions_pb2_grpc,
)
from jupyter_sessions_server.addresses import bracketed
from jupyter_sessions_server.config import RpcConfig
from jupyter_sessions_server.ports import Authenticator
from jupyter_sessions_server.rpc.channel_service import ChannelService
from jupyter_sessions_server.rpc.execution_service import ExecutionService
from jupyter_sessions_server.rpc.grpc_log import leave_out_hang_ups
from jupyter_sessions_server.rpc.guard import Guard
from jupyter_sessions_server.rpc.identity_service import IdentityService
from jupyter_sessions_server.rpc.in_process import InProcessChannel
from jupyter_sessions_server.rpc.kernel_service import KernelService
from jupyter_sessions_server.rpc.session_service import SessionService
from jupyter_sessions_server.sessions.connections import Connections
from jupyter_sessions_server.sessions.executions import Executions
from jupyter_sessions_server.sessions.manager import SessionManager
from jupyter_sessions_server.sessions.queries import KernelQueries

SERVICES: Final = (
    "jupyter_sessions.v1.ChannelService",
    "jupyter_sessions.v1.ExecutionService",
    "jupyter_sessions.v1.IdentityService",
    "jupyter_sessions.v1.KernelService",
    "jupyter_sessions.v1.SessionService",
)
REFLECTION_V1: Final = "grpc.reflection.v1.ServerReflection"

_SECONDS_TO_SAY_SO = 1.0
"""How long those whose call was ended may take to hear of it."""
_ROOM_FOR_A_BATCH = 64 * 1024
"""What a response has besides its one event."""


class RpcServer:
    """A server with all services; every RPC but health checks needs a token."""

    def __init__(
        self,
        config: RpcConfig,
        *,
        authenticator: Authenticator,
        sessions: SessionManager,
        executions: Executions,
        queries: KernelQueries,
        connections: Connections,
    ) -> None:
        leave_out_hang_ups()
        self._config = config
        self._server = grpc.aio.server(options=_options(config))
        self._guard = Guard(self._server, authenticator, stream_limit=config.stream_limit)
        self._health = health.aio.HealthServicer()
        self._add_services(sessions, executions, queries, connections)
        self._add_tools()
        self.port = 0
        """Where it listens, once started."""

    def _add_services(
        self,
        sessions: SessionManager,
        executions: Executions,
        queries: KernelQueries,
        connections: Connections,
    ) -> None:
        execution_service = ExecutionService(
            executions,
            sessions,
            queries,
            max_event_bytes=self._config.max_response_bytes - _ROOM_FOR_A_BATCH,
        )
        guarded = cast("grpc.aio.Server", self._guard)
        kernel_service = KernelService(sessions.kernel_manager)
        sessions_pb2_grpc.add_SessionServiceServicer_to_server(SessionService(sessions), guarded)
        kernels_pb2_grpc.add_KernelServiceServicer_to_server(kernel_service, guarded)
        executions_pb2_grpc.add_ExecutionServiceServicer_to_server(execution_service, guarded)
        channel_service = ChannelService(
            connections,
            sessions,
            max_message_bytes=self._config.max_response_bytes - _ROOM_FOR_A_BATCH,
            keepalive_seconds=self._config.keepalive_seconds,
        )
        channels_pb2_grpc.add_ChannelServiceServicer_to_server(channel_service, guarded)
        identity_pb2_grpc.add_IdentityServiceServicer_to_server(IdentityService(), guarded)

    def _add_tools(self) -> None:
        """Health for load balancers, reflection and channelz for people with grpcurl."""
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = (*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME, REFLECTION_V1)
        servicer = reflection.aio.ReflectionServicer(service_names=names)
        reflection_pb2_grpc.add_ServerReflectionServicer_to_server(  # type: ignore[no-untyped-call]
            servicer, self._guard
        )
        # v1 has the messages of v1alpha; grpcio-reflection has only the latter's name.
        handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            "ServerReflectionInfo": grpc.stream_stream_rpc_method_handler(
                servicer.ServerReflectionInfo,
                request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
            )
        }
        self._guard.add_registered_method_handlers(REFLECTION_V1, handlers)
        channelz_pb2_grpc.add_ChannelzServicer_to_server(
            channelz.aio.ChannelzServicer(), self._guard
        )

    def in_process(self, tasks: asyncio.TaskGroup) -> grpc.aio.Channel:
        """A channel to the same services for callers in this process."""
        channel = InProcessChannel(self._guard.handlers, tasks)
        return cast("grpc.aio.Channel", channel)  # as far as generated stubs know one

    async def start(self) -> None:
        """Listen; raises OSError if the address cannot be had."""
        address = f"{bracketed(self._config.host)}:{self._config.port}"
        try:
            if self._config.tls_cert is None or self._config.tls_key is None:
                self.port = self._server.add_insecure_port(address)
            else:
                self.port = self._server.add_secure_port(address, _credentials(self._config))
        except RuntimeError as error:
            message = f"cannot listen on {address}: is it in use?"
            raise OSError(message) from error
        await self._server.start()
        for service in SERVICES:
            await self._health.set(service, health_pb2.HealthCheckResponse.SERVING)

    async def stop(self) -> None:
        """Tell health watchers, end streams with a place to resume, give other calls some time."""
        await self._health.enter_graceful_shutdown()
        self._guard.end_streams()
        grace = self._config.stop_grace_seconds
        end = asyncio.get_running_loop().call_later(grace, self._guard.end_calls)
        try:
            await self._server.stop(grace + _SECONDS_TO_SAY_SO)
        finally:
            end.cancel()


def _options(config: RpcConfig) -> list[tuple[str, int]]:
    return [
        ("grpc.so_reuseport", 0),  # else a second server would share the port, unseen
        # By default calls are cancelled, at random, when 1,000 wait for the loop.
        ("grpc.server.max_pending_requests", config.pending_limit),
        ("grpc.server.max_pending_requests_hard_limit", config.pending_limit),
        ("grpc.max_receive_message_length", config.max_request_bytes),
        ("grpc.max_send_message_length", config.max_response_bytes),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ]


def _credentials(config: RpcConfig) -> grpc.ServerCredentials:
    if config.tls_cert is None or config.tls_key is None:
        raise ValueError("TLS needs a certificate and a key")
    try:  # gRPC does not say what is wrong with them
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(config.tls_cert, config.tls_key, password="")
    except ssl.SSLError as error:
        message = f"tls_cert and tls_key: not a certificate and its key in PEM: {error}"
        raise OSError(message) from error
    pair = (config.tls_key.read_bytes(), config.tls_cert.read_bytes())
    return grpc.ssl_server_credentials([pair])
