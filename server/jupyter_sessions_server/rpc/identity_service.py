"""IdentityService: tells a caller who it is."""

from typing import Any

from jupyter_sessions.v1 import identity_pb2 as pb
from jupyter_sessions.v1 import identity_pb2_grpc
from jupyter_sessions_server.rpc.authentication import caller


class IdentityService(identity_pb2_grpc.IdentityServiceServicer):
    """Knows what the token has told already."""

    async def GetIdentity(
        self, request: pb.GetIdentityRequest, context: Any
    ) -> pb.GetIdentityResponse:
        """Tell whom the caller's token belongs to."""
        return pb.GetIdentityResponse(identity=pb.Identity(owner=caller()))
