"""MIME bundles as the contract has them: JSON as JSON, what is bytes as bytes, the rest as text."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_sessions_server.rpc.convert_executions import bundle_to_pb

PNG = b"\x89PNG\r\n\x1a\n\x00\xff"
TYPES_OF_BYTES = ["image/png", "image/jpeg", "application/pdf", "application/zip", "audio/wav"]


def part_of(mime_type, content):
    """One representation: what it is told as, and how."""
    (part,) = bundle_to_pb({mime_type: content}).parts
    kind = part.WhichOneof("content")
    return part.mime_type, kind, getattr(part, kind)


@pytest.mark.parametrize(
    ("mime_type", "content"),
    [
        ("text/plain", "aGVsbG8="),  # base64 by chance
        ("text/html", "<b>é</b>"),
        ("image/svg+xml", "<svg/>"),
        ("application/javascript", "alert(1)"),
        ("application/xhtml+xml", "<p/>"),
        ("application/x-note", "some text here"),
        ("application/sql", "drop"),
        ("text/plain", ""),
    ],
)
def test_text_is_text(mime_type, content):
    """Also where it might be something else."""
    assert part_of(mime_type, content) == (mime_type, "text", content)


@pytest.mark.parametrize("mime_type", TYPES_OF_BYTES)
@pytest.mark.parametrize("wrapped", [False, True])
def test_what_the_protocol_has_in_base64_is_bytes(mime_type, wrapped):
    """A client need not know the protocol; line ends within base64 mean nothing."""
    encoded = base64.encodebytes(PNG * 20) if wrapped else base64.b64encode(PNG * 20)

    assert part_of(mime_type, encoded.decode()) == (mime_type, "data", PNG * 20)


@given(st.binary())
def test_any_bytes_come_back(content):
    """None is lost on the way."""
    assert part_of("image/png", base64.b64encode(content).decode())[1:] == ("data", content)


@pytest.mark.parametrize("content", ["not base64!", "abc", "é", "ab=c"])
def test_what_only_looks_like_base64_is_text(content):
    """A kernel may make mistakes."""
    assert part_of("image/png", content) == ("image/png", "text", content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_json_is_json(content):
    """Widgets and charts come as the document that they are, strings too."""
    mime_type, kind, told = part_of("application/vnd.vega.v5+json", content)

    assert (mime_type, kind) == ("application/vnd.vega.v5+json", "json")
    assert json.loads(told) == content


@pytest.mark.parametrize("content", [{"a": 1}, ["<p>", "</p>"], 1, None])
def test_what_is_no_string_is_json_whatever_its_type_says(content):
    """A kernel that breaks the protocol does not break the stream."""
    assert part_of("text/html", content) == ("text/html", "json", json.dumps(content))


def test_representations_keep_their_order():
    """The kernel puts the plainest first."""
    bundle = {"text/plain": "a", "text/html": "b", "image/png": "", "application/json": {}}

    assert [part.mime_type for part in bundle_to_pb(bundle).parts] == list(bundle)
