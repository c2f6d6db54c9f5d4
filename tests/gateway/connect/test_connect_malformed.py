"""Whatever bytes are sent, the answer is one of the protocol's, and the connection goes on."""

import pytest
from google.protobuf.json_format import SerializeToJsonError
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.contract.any_request import messages
from tests.gateway.connect.speaking import STREAMING, UNARY, UNARY_JSON, framed, said, written
from tests.rpcs import RPCS

UNARY_RPCS = sorted(
    name for name, method in RPCS.items() if not method.client_streaming | method.server_streaming
)
STREAMS = sorted(
    name for name, method in RPCS.items() if method.server_streaming > method.client_streaming
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "connect_timeout_ms": st.text("0123456789.-", max_size=12),
        "grpc_timeout": st.text("0123456789HMSmun", max_size=10),
        "connect_protocol_version": st.sampled_from(["1", "2", ""]),
        "content_encoding": st.sampled_from(["gzip", "identity", "br", ""]),
        "connect_content_encoding": st.sampled_from(["gzip", "identity", "br", ""]),
        "grpc_encoding": st.sampled_from(["gzip", "identity", "br", ""]),
    },
)


# What examples before have left behind in the service is no harm.
one_service = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)


@pytest.fixture
async def address(served, server, tasks):
    """Only in this process: many examples."""
    return await served(server.in_process(tasks))


def path_of(rpc):
    """Its path below the package."""
    return rpc.replace(".", "/")


@one_service
@given(body=st.binary(max_size=40), rpc=st.sampled_from(UNARY_RPCS), headers=HEADERS)
@pytest.mark.parametrize("content_type", UNARY)
async def test_any_bytes_are_answered(caller, content_type, body, rpc, headers):
    """A broken client hears that it is broken, and never that the service is."""
    response = await caller.post(path_of(rpc), body, content_type=content_type, **headers)

    assert said(response).code not in ("internal", "unknown")


@one_service
@given(body=st.binary(max_size=40), rpc=st.sampled_from(STREAMS), headers=HEADERS)
@pytest.mark.parametrize("content_type", STREAMING)
async def test_any_bytes_for_a_stream_are_answered(caller, content_type, body, rpc, headers):
    """The same for streams."""
    response = await caller.post(path_of(rpc), body, content_type=content_type, **headers)

    assert said(response).code not in ("internal", "unknown", None)


@one_service
@given(flags=st.integers(0, 255), message=st.binary(max_size=40), cut=st.integers(0, 50))
@pytest.mark.parametrize("content_type", sorted(set(UNARY) & set(STREAMING)))
async def test_any_envelope_is_answered(caller, content_type, flags, message, cut):
    """Flags of all kinds, whole ones and halves."""
    body = framed(content_type, message, flags)[: cut or None]

    response = await caller.post("SessionService/GetSession", body, content_type=content_type)

    assert said(response).code not in ("internal", "unknown", None)


@one_service
@given(data=st.data(), rpc=st.sampled_from(UNARY_RPCS))
async def test_any_request_in_json_reaches_the_service_as_it_was(
    fake_caller, fake_channel, data, rpc
):
    """Nothing is lost, whatever is in it."""
    request = data.draw(messages(RPCS[rpc].input_type))
    try:
        body = written(UNARY_JSON, request)
    except SerializeToJsonError:  # paths of field masks that JSON does not have
        assume(False)

    answer = said(await fake_caller.post(path_of(rpc), body, content_type=UNARY_JSON))

    assert answer.code is None
    assert type(request).FromString(fake_channel.calls[-1].request) == request
