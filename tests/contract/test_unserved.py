"""What is in the contract and not served yet says so, in a way that a program can act on."""

import pytest

from tests.conftest import TOKEN
from tests.refusals import refused
from tests.rpcs import RPCS, SERVED, UNSERVED


@pytest.fixture
def call(channel):
    """Calls an RPC, whatever its kind, with the token and an empty request."""

    def call(rpc):
        method = RPCS[rpc]
        kind = "stream" if method.client_streaming else "unary"
        kind += "_stream" if method.server_streaming else "_unary"
        request = b"" if kind.startswith("unary") else iter([b""])
        path = f"/{method.containing_service.full_name}/{method.name}"
        metadata = (("authorization", f"Bearer {TOKEN}"),)
        return getattr(channel, kind)(path)(request, metadata=metadata, timeout=10)

    return call


@pytest.mark.parametrize("rpc", sorted(UNSERVED))
async def test_an_unserved_rpc_answers_unimplemented(call, rpc):
    """A client finds out, and does without it."""
    refusal = await refused(call(rpc))

    assert refusal.what == ("UNIMPLEMENTED", "NOT_IMPLEMENTED")
    assert refusal.facts == {"feature": rpc}


@pytest.mark.parametrize("rpc", SERVED)
async def test_all_others_are_served(call, rpc):
    """The list of what is not served is complete, and holds nothing that is."""
    done = call(rpc)

    if hasattr(done, "__aiter__"):
        assert (await refused(done)).reason == "FIELD_INVALID"
    else:
        assert (await done.code()).name in ("OK", "INVALID_ARGUMENT")
