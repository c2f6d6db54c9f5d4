"""Who may call: every RPC but health checks needs the token."""

import grpc
import pytest
from grpc_channelz.v1 import channelz_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

from jupyter_sessions.v1 import sessions_pb2
from tests.conftest import TOKEN
from tests.refusals import refused
from tests.rpcs import RPCS

TOOLS = {
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo": (True, True),
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": (True, True),
    **{
        f"/grpc.channelz.v1.Channelz/{method.name}": (False, False)
        for method in channelz_pb2.DESCRIPTOR.services_by_name["Channelz"].methods
    },
}
CONTRACT = {
    f"/{method.containing_service.full_name}/{method.name}": (
        method.client_streaming,
        method.server_streaming,
    )
    for method in RPCS.values()
}
EXISTS = "/jupyter_sessions.v1.SessionService/SessionExists"


@pytest.fixture
def call(channel):
    """Calls an RPC, by its path, with the metadata given and an empty request."""

    def call(path, *authorizations):
        requests, responses = {**TOOLS, **CONTRACT}[path]
        kind = f"{'stream' if requests else 'unary'}_{'stream' if responses else 'unary'}"
        metadata = tuple(("authorization", value) for value in authorizations)
        # A stream is refused without a request. One that is written when it has ended already
        # would hide from grpc.aio why it has: it then reports INTERNAL.
        request = iter([]) if requests else b""
        return getattr(channel, kind)(path)(request, metadata=metadata, timeout=10)

    return call


def test_all_rpcs_are_tried():
    """The lists come from the descriptors; none may be empty by mistake."""
    assert len(CONTRACT) == len(RPCS) > 20
    assert len(TOOLS) == 9


@pytest.mark.covers("SessionService", "TOKEN_INVALID")
@pytest.mark.covers("KernelService", "TOKEN_INVALID")
@pytest.mark.covers("ExecutionService", "TOKEN_INVALID")
@pytest.mark.parametrize("path", [*CONTRACT, *TOOLS])
async def test_no_rpc_is_answered_without_a_token(call, path):
    """Not even what the server offers is told to strangers."""
    refusal = await refused(call(path))

    assert refusal.what == ("UNAUTHENTICATED", "TOKEN_INVALID")
    assert refusal.facts == {}


@pytest.mark.parametrize("path", [*CONTRACT, *TOOLS])
async def test_no_rpc_is_answered_with_a_wrong_token(call, path):
    """Nearly right is wrong."""
    refusal = await refused(call(path, f"Bearer {TOKEN}x"))

    assert refusal.what == ("UNAUTHENTICATED", "TOKEN_INVALID")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Bearer ",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer{TOKEN}",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN.upper()}",
        f"Bearer {TOKEN} {TOKEN}",
        f"Bearer,{TOKEN}",
        "Bearer " + "x" * 5000,
    ],
)
async def test_anything_but_the_token_is_refused(call, value):
    """Another scheme, a part of it, another case, a very long one."""
    refusal = await refused(call(EXISTS, value))

    assert refusal.what == ("UNAUTHENTICATED", "TOKEN_INVALID")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "token", "Token"])
async def test_the_token_is_taken_under_both_schemes(call, scheme):
    """`Bearer` is the standard's, `token` Jupyter's; the case of a scheme does not matter."""
    code = await call(EXISTS, f"{scheme} {TOKEN}").code()

    assert code is grpc.StatusCode.INVALID_ARGUMENT  # let in, and told that the path is missing


async def test_one_of_several_values_is_enough(call):
    """A proxy may add one of its own."""
    code = await call(EXISTS, "Basic of-the-proxy", f"Bearer {TOKEN}").code()

    assert code is grpc.StatusCode.INVALID_ARGUMENT


async def test_an_unauthenticated_request_is_not_even_decoded(channel):
    """Who has no token learns nothing about requests."""
    exists = channel.unary_unary(EXISTS)

    refusal = await refused(exists(b"\xff\xff"))

    assert refusal.reason == "TOKEN_INVALID"


async def test_an_unauthenticated_create_creates_nothing(channel, session_stub, kernels):
    """The token is asked for first."""
    create = channel.unary_unary("/jupyter_sessions.v1.SessionService/CreateSession")
    request = sessions_pb2.CreateSessionRequest(path="a.ipynb")

    await refused(create(request.SerializeToString()))

    assert not kernels.launches
    assert not (await session_stub.ListSessions(sessions_pb2.ListSessionsRequest())).sessions


@pytest.mark.parametrize(
    "service", ["", "jupyter_sessions.v1.SessionService", "jupyter_sessions.v1.ChannelService"]
)
async def test_health_checks_need_no_token(channel, service):
    """A load balancer has none."""
    stub = health_pb2_grpc.HealthStub(channel)

    answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))

    assert answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_with_the_token_reflection_lists_the_services(channel, version):
    """grpcurl can explore the service, whichever version it asks for."""
    info = channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    request = reflection_pb2.ServerReflectionRequest(list_services="")

    call = info(iter([request]), metadata=(("authorization", f"Bearer {TOKEN}"),))

    (answer,) = [answer async for answer in call]
    names = {service.name for service in answer.list_services_response.service}
    assert names >= {method.containing_service.full_name for method in RPCS.values()}


async def test_with_the_token_channelz_tells_of_the_server(channel):
    """Whoever runs it can look at its connections."""
    servers = channel.unary_unary(
        "/grpc.channelz.v1.Channelz/GetServers",
        request_serializer=channelz_pb2.GetServersRequest.SerializeToString,
        response_deserializer=channelz_pb2.GetServersResponse.FromString,
    )

    answer = await servers(
        channelz_pb2.GetServersRequest(), metadata=(("authorization", f"Bearer {TOKEN}"),)
    )

    assert answer.server
