"""Which of a kernel's front ends hears a reply."""

import json

import pytest

from jupyter_sessions_server.model import Channel, Message
from jupyter_sessions_server.requests import request
from jupyter_sessions_server.sessions.channel_clients import (
    MOST_GONE,
    MOST_SESSIONS,
    ChannelClients,
)


def said_to(session, channel=Channel.SHELL):
    """What a kernel says to who has asked as this session; or has a parent as these bytes are."""
    parent = session if isinstance(session, bytes) else json.dumps({"session": session}).encode()
    return Message(1, 0, channel, "reply", "m", "p", "request", b"{}", parent, b"{}", b"{}", ())


def nothing():
    """A connection that need not be told to hang up."""


@pytest.fixture
def clients():
    """The front ends of a kernel."""
    return ChannelClients()


def hang_up_one_by_one(clients, count):
    """That many front ends come, and leave."""
    for number in range(count):
        with clients.connected(f"c{number}", nothing) as ear:
            ear.expect(f"s{number}")


def test_who_asked_hears_the_reply_and_others_do_not(clients):
    """By the session of its message, or by its own name."""
    with clients.connected("ann", nothing) as ann, clients.connected("bob", nothing) as bob:
        ann.expect("s")

        assert [ear.hears(said_to("s")) for ear in (ann, bob)] == [True, False]
        assert [ear.hears(said_to("bob")) for ear in (ann, bob)] == [False, True]


def test_all_hear_iopub(clients):
    """Output is for everybody who looks."""
    with clients.connected("ann", nothing) as ann, clients.connected("bob", nothing) as bob:
        ann.expect("s")

        assert bob.hears(said_to("s", Channel.IOPUB))


@pytest.mark.parametrize(
    "parent", ["unknown", b"{}", b"[]", b'{"session": 1}', b'{"session": "\\ud8']
)
def test_what_nobody_asked_is_heard_by_all(clients, parent):
    """A reply is rather heard by too many than by nobody."""
    with clients.connected("ann", nothing) as ann, clients.connected("bob", nothing) as bob:
        assert ann.hears(said_to(parent))
        assert bob.hears(said_to(parent))


def test_replies_to_the_service_itself_are_heard_by_nobody(clients):
    """Nor those to an earlier process of it, which are in the journal still."""
    own = request("kernel_info_request", {}).header
    earlier = {"session": json.loads(own)["session"][:-1] + "x"}
    with clients.connected("ann", nothing) as ann:
        assert not ann.hears(said_to(own))
        assert not ann.hears(said_to(json.dumps(earlier).encode()))


def test_what_a_front_end_asked_that_has_left_is_heard_by_all_until_it_is_back(clients):
    """Somebody can answer its question; and it finds its replies when it comes again."""
    with clients.connected("bob", nothing) as bob:
        with clients.connected("ann", nothing) as ann:
            ann.expect("s")
        heard_meanwhile = bob.hears(said_to("s"))

        with clients.connected("ann", nothing) as ann:
            assert ann.hears(said_to("s"))
            assert not bob.hears(said_to("s"))
    assert heard_meanwhile


def test_a_second_connection_of_a_name_ends_the_first_and_knows_what_it_asked(clients):
    """The first may be broken, and nobody knows yet."""
    ended = []
    first = clients.connected("ann", lambda: ended.append("first"))
    first.__enter__().expect("s")

    with clients.connected("ann", nothing) as again, clients.connected("bob", nothing) as bob:
        first.__exit__(None, None, None)

        assert ended == ["first"]
        assert again.hears(said_to("s"))
        assert not bob.hears(said_to("s"))


def test_those_who_left_long_ago_are_forgotten(clients):
    """Front ends come and go for months; those that are there are never forgotten."""
    with clients.connected("ann", nothing) as ann:
        ann.expect("s")

        hang_up_one_by_one(clients, MOST_GONE + 1)

        with clients.connected("c1", nothing), clients.connected("c0", nothing) as c0:
            assert not c0.hears(said_to("s1"))
            assert not c0.hears(said_to("s"))
            with clients.connected("bob", nothing) as bob:
                assert bob.hears(said_to("s0"))


def test_a_front_end_is_known_by_the_sessions_it_used_last(clients):
    """However many it makes up, they take no memory."""
    with clients.connected("ann", nothing) as ann, clients.connected("bob", nothing) as bob:
        for number in range(MOST_SESSIONS + 1):
            ann.expect("first" if number == 1 else f"s{number}")

        assert bob.hears(said_to("s0"))
        assert not bob.hears(said_to("first"))
