"""ChannelService: known to callers, and yet to come; its RPC answers UNIMPLEMENTED."""

from jupyter_sessions.v1 import channels_pb2_grpc
from jupyter_sessions_server.rpc.unserved import unserved


class ChannelService(channels_pb2_grpc.ChannelServiceServicer):
    """Raw Jupyter messages, both ways."""

    Connect = unserved("ChannelService.Connect")
