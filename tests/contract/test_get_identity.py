"""GetIdentity: a caller learns who it is, and so whether its token is good."""

import pytest

from jupyter_sessions.v1 import identity_pb2 as pb
from jupyter_sessions.v1.identity_pb2_grpc import IdentityServiceStub
from tests.conftest import TOKEN
from tests.refusals import refused

PATH = "/jupyter_sessions.v1.IdentityService/GetIdentity"


@pytest.fixture
def get_identity(channel):
    """Asks who the token belongs to."""
    call = IdentityServiceStub(channel).GetIdentity

    def get_identity(token=TOKEN):
        metadata = (("authorization", f"Bearer {token}"),)
        return call(pb.GetIdentityRequest(), metadata=metadata, timeout=10)

    return get_identity


async def test_a_caller_owns_what_it_creates(get_identity, kernel):
    """The owner that is told is the one that kernels and sessions show."""
    identity = (await get_identity()).identity

    assert identity.owner == kernel.owner != ""


@pytest.mark.covers("IdentityService.GetIdentity", "TOKEN_INVALID")
async def test_a_wrong_token_belongs_to_nobody(get_identity):
    """So a token can be checked without doing anything with it."""
    refusal = await refused(get_identity("another"))

    assert refusal.what == ("UNAUTHENTICATED", "TOKEN_INVALID")


@pytest.mark.covers("IdentityService.GetIdentity", "FIELD_INVALID")
async def test_what_cannot_be_decoded_is_told(channel):
    """An empty message has many encodings, and this is none."""
    metadata = (("authorization", f"Bearer {TOKEN}"),)
    refusal = await refused(channel.unary_unary(PATH)(b"\xff", metadata=metadata, timeout=10))

    assert refusal.what == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refusal.facts["field"] == "request"
