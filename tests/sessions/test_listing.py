"""Which sessions a list shows, in which order, and where its pages end."""

import pytest

from jupyter_sessions_server.model import KernelState, SessionFilter, SessionOrder
from jupyter_sessions_server.sessions.listing import position_of

ALL = ["b.ipynb", "a/x.ipynb", "ä.py", "a/y.ipynb", "B.ipynb"]
BY_PATH = ["B.ipynb", "a/x.ipynb", "a/y.ipynb", "b.ipynb", "ä.py"]


@pytest.fixture
async def five(sessions):
    """Sessions of five paths, created in the order of `ALL`."""
    created = [
        await sessions.create_session(
            path,
            type="file" if path.endswith(".py") else "notebook",
            kernel_name="ir" if path == "b.ipynb" else "",
            labels={"team": "red", "number": str(number)},
        )
        for number, path in enumerate(ALL)
    ]
    return {session.path: session for session, _ in created}


async def paths(sessions, **options):
    page = await sessions.list_sessions(**options)
    return [session.path for session in page.sessions]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (SessionOrder.CREATED, ALL),
        (SessionOrder.CREATED_DESC, ALL[::-1]),
        (SessionOrder.PATH, BY_PATH),
        (SessionOrder.PATH_DESC, BY_PATH[::-1]),
    ],
)
async def test_lists_are_in_the_order_asked_for(sessions, five, order, expected):
    """By creation, as jupyter_server does it; or by path, the same on every machine."""
    assert await paths(sessions, order=order) == expected


@pytest.mark.parametrize("order", SessionOrder)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 6])
async def test_pages_together_are_the_list(sessions, five, order, size):
    """Who reads page by page sees each session once."""
    seen, after, more = [], None, True
    while more:
        page = await sessions.list_sessions(order=order, after=after, limit=size)
        seen += [session.path for session in page.sessions]
        after, more = position_of(page.sessions[-1], order), page.more

    assert seen == await paths(sessions, order=order)


@pytest.mark.parametrize("order", SessionOrder)
async def test_pages_are_stable_when_the_last_session_of_one_is_deleted(sessions, five, order):
    """A page goes on where the last one ended, also if what was there is gone."""
    everything = await paths(sessions, order=order)
    first = await sessions.list_sessions(order=order, limit=2)
    await sessions.delete_session(five[everything[1]].session_id)

    rest = await paths(sessions, order=order, after=position_of(first.sessions[-1], order))

    assert rest == everything[2:]


async def test_a_session_created_between_two_pages_shifts_none(sessions, five):
    """New sessions come at the end of a list by creation."""
    first = await sessions.list_sessions(limit=3)
    await sessions.create_session("0.ipynb")

    rest = await paths(sessions, after=position_of(first.sessions[-1], SessionOrder.CREATED))

    assert rest == [*ALL[3:], "0.ipynb"]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (SessionFilter(), ALL),
        (SessionFilter(path_prefix="a/"), ["a/x.ipynb", "a/y.ipynb"]),
        (SessionFilter(path_prefix="a/x.ipynb"), ["a/x.ipynb"]),
        (SessionFilter(path_prefix="x"), []),
        (SessionFilter(type="file"), ["ä.py"]),
        (SessionFilter(labels={"team": "red"}), ALL),
        (SessionFilter(labels={"team": "red", "number": "3"}), ["a/y.ipynb"]),
        (SessionFilter(labels={"team": "blue"}), []),
        (SessionFilter(labels={"colour": "red"}), []),
        (SessionFilter(path_prefix="a/", labels={"number": "0"}), []),
    ],
)
async def test_a_filter_lets_through_what_matches_all_of_it(sessions, five, chosen, expected):
    """A list of ten thousand sessions is narrowed down by the server."""
    assert await paths(sessions, filter=chosen) == expected


async def test_a_filter_by_kernel_finds_those_who_share_it(sessions, five):
    """Before a kernel is ended one can ask whom that concerns."""
    kernel_id = five["b.ipynb"].kernel_id
    await sessions.create_session("console", type="console", kernel_id=kernel_id)

    found = await paths(sessions, filter=SessionFilter(kernel_id=kernel_id))

    assert found == ["b.ipynb", "console"]


async def test_a_filter_by_kernel_state_looks_at_the_present_one(sessions, five, kernel_manager):
    """Sessions with dead kernels are found, to restart or delete them."""
    dead = five["b.ipynb"]
    await kernel_manager.shutdown_kernel(dead.owner, dead.kernel_id)

    found = await paths(sessions, filter=SessionFilter(kernel_states=frozenset({KernelState.DEAD})))

    assert found == ["b.ipynb"]


async def test_a_page_says_whether_more_follow(sessions, five):
    """The last page is known as such, without asking for an empty one."""
    pages = [await sessions.list_sessions(limit=limit) for limit in (4, 5, None)]

    assert [page.more for page in pages] == [True, False, False]


async def test_a_list_tells_the_revision_it_was_read_at(sessions, five):
    """A watch from there misses nothing and repeats nothing."""
    page = await sessions.list_sessions(limit=1)

    assert page.revision == max(session.revision for session in five.values())


async def test_an_empty_list_is_no_error(sessions):
    """Before the first session there is nothing to list."""
    page = await sessions.list_sessions()

    assert (list(page.sessions), page.more, page.revision) == ([], False, 0)
