"""The limits of fields: what is at them passes, what is over them is told with the limit."""

import re

import pytest

from jupyter_sessions_server.errors import InvalidField
from jupyter_sessions_server.rpc import check, kernel_service, session_service
from tests.repo.proto_comments import PROTOS


@pytest.mark.parametrize("letter", ["x", "é", "数", "\U0001f600"])
def test_a_text_is_measured_in_bytes(letter):
    """Limits are about what is stored and sent."""
    size = len(letter.encode())
    most = 12 * size

    assert check.text("f", letter * 12, most) == letter * 12
    with pytest.raises(InvalidField) as caught:
        check.text("f", letter * 13, most)
    assert caught.value.facts == {"field": "f", "limit": str(most)}


def test_a_text_without_limit_problems_may_still_be_wrong():
    """A NUL ends a string for many programs; then there is no limit to tell."""
    with pytest.raises(InvalidField) as caught:
        check.text("f", "a\0", 10)
    assert caught.value.facts == {"field": "f"}


@pytest.mark.parametrize("value", ["a", "Z9_-", "x" * 64, "-"])
def test_an_id_that_a_caller_may_choose(value):
    """Letters, digits, '-' and '_' are safe in paths, URLs and logs."""
    assert check.chosen_id("f", value) == value


@pytest.mark.parametrize("value", [" ", "a b", "a/b", "a.b", "é", "a\n", "\0", "²", "x" * 65])
def test_an_id_that_a_caller_may_not_choose(value):
    """Anything else is refused, a line end after a good one included."""
    with pytest.raises(InvalidField):
        check.chosen_id("f", value)


def test_no_chosen_id_leaves_it_to_the_server():
    """An unset field is empty."""
    assert check.chosen_id("f", "") is None


@pytest.mark.parametrize(
    ("value", "size"), [(0, 500), (1, 1), (500, 500), (5000, 5000), (5001, 5000), (2**31 - 1, 5000)]
)
def test_a_page_size_is_capped_and_never_refused_for_being_large(value, size):
    """A caller who wants all says so with a large number, and gets pages."""
    assert check.page_size(value, default=500, most=5000) == size


def test_a_negative_page_size_is_refused():
    """It means nothing."""
    with pytest.raises(InvalidField):
        check.page_size(-1, default=500, most=5000)


@pytest.mark.parametrize("value", ["", "/", "/a/b c", "/" + "x" * 4095])
def test_a_working_directory_is_an_absolute_path_or_none(value):
    """A relative one would depend on where the server was started."""
    assert check.cwd("f", value) == (value or None)


@pytest.mark.parametrize("value", ["a", ".", "./a", "~", "../a", "C:\\a"])
def test_a_relative_working_directory_is_refused(value):
    """`~` too: it is a shell's business."""
    with pytest.raises(InvalidField):
        check.cwd("f", value)


def test_environment_is_measured_as_a_whole():
    """The limit is that of what a process can be started with."""
    half = check.MAX_ENV_BYTES // 2
    fits = {"A": "x" * (half - 1), "B": "é" * ((half - 1) // 2)}
    check.env("f", fits)

    with pytest.raises(InvalidField) as caught:
        check.env("f", {**fits, "C": "xx"})

    assert caught.value.facts == {"field": "f", "limit": str(check.MAX_ENV_BYTES)}


@pytest.mark.parametrize("name", ["A=B", "=", ""])
def test_a_variable_must_have_a_name_that_a_process_can_be_given(name):
    """What comes before the first '=' is the name."""
    with pytest.raises(InvalidField):
        check.env("f", {name: "x"})


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (check.MAX_PATH_BYTES, "The document: 1 to 4,096 bytes"),
        (check.MAX_NAME_BYTES, "A name for people, at most 4,096 bytes"),
        (check.MAX_TYPE_BYTES, "any text of 1 to 256 bytes"),
        (check.MAX_CHOSEN_ID_LETTERS, "1 to 64 letters"),
        (check.MAX_LABELS, "at most 64, keys"),
        (check.MAX_LABEL_KEY_BYTES, "keys of 1 to 128 bytes"),
        (check.MAX_LABEL_VALUE_BYTES, "values of at most 1,024 bytes"),
        (check.MAX_REQUEST_ID_BYTES, "at most 128 bytes, unique per caller"),
        (check.MAX_ENV_VARIABLES, "At most 1,000, of 128 KiB"),
        (check.MAX_ENV_BYTES // 1024, "of 128 KiB together"),
        (check.MAX_CODE_BYTES // 1024**2, "At most 4 MiB; may be empty"),
        (session_service.DEFAULT_PAGE_SIZE, "The most sessions to answer with. 0: 500."),
        (session_service.MAX_PAGE_SIZE, "0: 500. Over 5,000: 5,000."),
        (kernel_service.DEFAULT_PAGE_SIZE, "The most kernels to answer with. 0: 100."),
        (kernel_service.MAX_PAGE_SIZE, "0: 100. Over 1,000: 1,000."),
    ],
)
def test_each_limit_is_the_one_that_the_contract_tells(limit, text):
    """Callers read them there."""
    comments = " ".join(proto.read_text(encoding="utf-8") for proto in PROTOS)
    comments = re.sub(r"\s*\n\s*//\s*", " ", comments)

    assert f"{limit:,}" in text
    assert text in comments
