"""ListSessions, page by page: complete and stable while sessions come and go."""

import pytest

from jupyter_sessions.v1 import sessions_pb2 as pb
from tests.refusals import refused

ORDERS = ["CREATED", "CREATED_DESC", "PATH", "PATH_DESC"]


@pytest.fixture
def create(session_stub, kernel):
    """Creates sessions that share a kernel, and answers with their ids by path."""

    async def create(*paths, **fields):
        made = {}
        for path in paths:
            wish = {"path": path, "kernel_id": kernel.kernel_id, **fields}
            answer = await session_stub.CreateSession(pb.CreateSessionRequest(**wish))
            made[path] = answer.session.session_id
        return made

    return create


@pytest.fixture
def pages(session_stub):
    """The pages of a list, as they are asked for."""

    async def pages(**fields):
        request = pb.ListSessionsRequest(**fields)
        while True:
            answer = await session_stub.ListSessions(request)
            yield answer
            request.page_token = answer.next_page_token
            if not request.page_token:
                return

    return pages


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
async def test_pages_hold_all_sessions_once_and_in_order(create, pages, session_stub, order, size):
    """Going through pages is the same as one long list."""
    await create(*"dagbfce")
    order_by = f"SESSION_ORDER_{order}"
    whole = await session_stub.ListSessions(pb.ListSessionsRequest(order_by=order_by))

    paged = [page async for page in pages(order_by=order_by, page_size=size)]

    assert [session for page in paged for session in page.sessions] == list(whole.sessions)
    assert len(paged) == -(-7 // size)


@pytest.mark.parametrize("order", ORDERS)
async def test_what_stays_is_listed_once_whatever_comes_and_goes(
    create, pages, session_stub, order
):
    """A clean-up job that deletes what it lists must not skip half of it."""
    ids = await create(*"bdfhjln")
    seen = []

    async for page in pages(order_by=f"SESSION_ORDER_{order}", page_size=2):
        seen += [session.path for session in page.sessions]
        if len(seen) <= 4:
            last = seen[-1]
            await session_stub.DeleteSession(pb.DeleteSessionRequest(session_id=ids[last]))
            await create(chr(ord(last) - 1), chr(ord(last) + 1))

    assert [path for path in seen if path in ids] == sorted(ids, reverse="DESC" in order)


async def test_a_filter_holds_for_all_pages(create, pages):
    """The filter chooses sessions, not pages."""
    await create(*"ab", type="notebook")
    await create(*"cd", type="console")
    await create(*"ef", type="notebook")

    paged = [page async for page in pages(filter={"type": "notebook"}, page_size=3)]

    assert [[s.path for s in page.sessions] for page in paged] == [["a", "b", "e"], ["f"]]


async def test_large_sessions_come_in_pages_that_clients_can_receive(create, pages):
    """A gRPC client takes 4 MiB unless told otherwise; a full page must not be refused."""
    labels = {f"{n:0128}": "x" * 1024 for n in range(64)}
    await create(*(f"{n}.ipynb" for n in range(60)), labels=labels)

    paged = [page async for page in pages()]

    assert sum(len(page.sessions) for page in paged) == 60
    assert len(paged) == 2
    assert all(page.ByteSize() < 4 * 1024 * 1024 for page in paged)


@pytest.mark.parametrize("path", ["\x01" * 4095, "\U0001f600" * 1023, "é" * 2047, '"' * 4095])
async def test_the_longest_paths_fit_into_a_token(create, pages, path):
    """A token holds a path where the order is by path."""
    await create(path, path + "b")

    paged = [page async for page in pages(order_by=pb.SESSION_ORDER_PATH, page_size=1)]

    assert [session.path for page in paged for session in page.sessions] == [path, path + "b"]


@pytest.mark.covers("SessionService.ListSessions", "PAGE_TOKEN_INVALID")
@pytest.mark.parametrize(
    "other",
    [
        {"order_by": pb.SESSION_ORDER_CREATED_DESC},
        {"order_by": pb.SESSION_ORDER_PATH},
        {"filter": {"path_prefix": "a"}},
        {"filter": {"type": "notebook"}},
        {"filter": {"labels": {"a": "b"}}},
        {"filter": {"owner": "default"}},
    ],
    ids=str,
)
async def test_a_token_of_another_list_is_refused(create, session_stub, other):
    """Going on in another order would leave sessions out, without anybody noticing."""
    await create(*"ab")
    page = await session_stub.ListSessions(pb.ListSessionsRequest(page_size=1))
    request = pb.ListSessionsRequest(page_token=page.next_page_token, **other)

    refusal = await refused(session_stub.ListSessions(request))

    assert refusal.what == ("INVALID_ARGUMENT", "PAGE_TOKEN_INVALID")
    assert refusal.facts == {"field": "page_token"}
    assert refusal.fields == ("page_token",)


async def test_the_size_may_change_from_page_to_page(create, session_stub):
    """The size is no part of what is listed."""
    await create(*"abcd")
    page = await session_stub.ListSessions(pb.ListSessionsRequest(page_size=1))

    request = pb.ListSessionsRequest(page_token=page.next_page_token, page_size=2)
    answer = await session_stub.ListSessions(request)

    assert [session.path for session in answer.sessions] == ["b", "c"]


async def test_each_page_has_the_revision_it_was_read_at(create, pages):
    """To miss nothing, a watcher goes on from the first page's revision."""
    await create(*"ab")
    revisions = []

    async for page in pages(page_size=1):
        revisions.append(page.revision)
        await create("z")

    assert revisions == [2, 3, 3]
