"""Page tokens: what was written is read again, and nothing else is."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_sessions_server.errors import InvalidPageToken
from jupyter_sessions_server.rpc import page_token

SEAL = page_token.fingerprint(b"owner", b"CREATED", b"")
PATHS = st.text(st.characters(exclude_categories=["Cs"]), max_size=1000)


@given(st.integers(0, 2**63 - 1))
def test_a_revision_comes_back(position):
    """A list in order of creation goes on after a revision."""
    assert page_token.read(page_token.write(position, SEAL), SEAL, int) == position


@given(PATHS)
def test_a_path_comes_back(position):
    """A list in order of paths goes on after a path of any characters."""
    assert page_token.read(page_token.write(position, SEAL), SEAL, str) == position


@pytest.mark.parametrize("path", ["\x01" * 4096, "\\" * 4096, "\U0001f600" * 1024])
def test_the_longest_path_comes_back(path):
    """What takes most room in JSON still fits."""
    assert page_token.read(page_token.write(path, SEAL), SEAL, str) == path


def test_no_token_is_the_first_page():
    """An empty field is one that is not set."""
    assert page_token.read("", SEAL, int) is None


@given(st.integers() | PATHS)
def test_a_token_can_be_put_into_a_url(position):
    """Gateways pass it on as a query parameter."""
    token = page_token.write(position, SEAL)

    assert token.isascii()
    assert set("+/ &?#").isdisjoint(token)


@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused(content):
    """Whatever comes instead of a token is told as that."""
    with pytest.raises(InvalidPageToken):
        page_token.read(base64.urlsafe_b64encode(content).decode() or "=", SEAL, int)


@given(st.text(min_size=1))
def test_any_other_text_is_refused(token):
    """Not only what looks like a token."""
    with pytest.raises(InvalidPageToken):
        page_token.read(token, SEAL, str)


@given(st.integers(max_value=-1) | st.integers(min_value=2**63))
def test_a_number_that_no_list_has_is_refused(position):
    """The seal is no secret, and the database would refuse it in its own words."""
    with pytest.raises(InvalidPageToken):
        page_token.read(page_token.write(position, SEAL), SEAL, int)


@pytest.mark.parametrize(("position", "kind"), [(1, str), ("a", int)])
def test_a_position_of_another_kind_is_refused(position, kind):
    """A path is no revision."""
    with pytest.raises(InvalidPageToken):
        page_token.read(page_token.write(position, SEAL), SEAL, kind)


def test_a_token_of_another_list_is_refused():
    """The seal tells lists from one another."""
    token = page_token.write(1, page_token.fingerprint(b"owner", b"PATH", b""))

    with pytest.raises(InvalidPageToken, match="another filter or order"):
        page_token.read(token, SEAL, int)


def test_parts_do_not_run_into_each_other():
    """Owner "ab" with filter "c" is not owner "a" with filter "bc"."""
    assert page_token.fingerprint(b"ab", b"c") != page_token.fingerprint(b"a", b"bc")


def test_a_token_is_the_same_text_for_the_same_place():
    """No other spelling of it is taken."""
    token = page_token.write(1, SEAL)
    spelled_otherwise = base64.urlsafe_b64encode(f'["{SEAL}", 1]'.encode()).decode()

    assert page_token.read(token, SEAL, int) == 1
    with pytest.raises(InvalidPageToken):
        page_token.read(spelled_otherwise, SEAL, int)
