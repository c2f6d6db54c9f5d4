"""The command `jupyter-sessions gateway`: the gateway as a process of its own, over a channel."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

import grpc

from jupyter_sessions.channel import Endpoint, channel_options, find_endpoint
from jupyter_sessions.errors import JupyterSessionsError
from jupyter_sessions_server import settings
from jupyter_sessions_server.descriptors import allow_many_descriptors
from jupyter_sessions_server.gateway.gateway import Gateway
from jupyter_sessions_server.loop import new_event_loop
from jupyter_sessions_server.memory import keep_freed_memory
from jupyter_sessions_server.work import tasks_of_block


def main(argv: Sequence[str]) -> int:
    """Serve browsers until told to stop; the exit code."""
    try:
        chosen = settings.read_gateway(argv, os.environ)
        settings.log_to_stderr(chosen.log_level)
        keep_freed_memory()
        allow_many_descriptors()
        endpoint = _endpoint(chosen)
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(_serve(chosen, endpoint))
    except (settings.SettingsError, JupyterSessionsError, OSError) as error:
        print(f"jupyter-sessions gateway: {error}", file=sys.stderr)
        return 2
    return 0


def _endpoint(chosen: settings.GatewaySettings) -> Endpoint:
    tls: bool | grpc.ChannelCredentials | None = chosen.target_tls
    if chosen.target_ca is not None:
        tls = grpc.ssl_channel_credentials(chosen.target_ca.read_bytes())
    return find_endpoint(chosen.target, token=None, tls=tls)


async def _serve(chosen: settings.GatewaySettings, endpoint: Endpoint) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    chosen.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    async with _channel(endpoint) as channel, tasks_of_block() as tasks:
        gateway = Gateway(chosen.config, channel, data_dir=chosen.data_dir, tasks=tasks)
        gateway.start()
        print(
            f"Jupyter Sessions serves browsers at {gateway.url} "
            f"for the server at {endpoint.target}",
            flush=True,
        )
        await stop.wait()
        await gateway.stop()


def _channel(endpoint: Endpoint) -> grpc.aio.Channel:
    options = channel_options(endpoint.target)
    if endpoint.credentials is None:
        return grpc.aio.insecure_channel(endpoint.target, options)
    return grpc.aio.secure_channel(endpoint.target, endpoint.credentials, options)
