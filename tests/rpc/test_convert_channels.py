"""What the kernel says, in as few batches as its size allows."""

import pytest

from jupyter_sessions_server.model import Channel, Message
from jupyter_sessions_server.rpc.convert_channels import MAX_BATCH_BYTES, responses
from jupyter_sessions_server.sessions.channel_events import Heard

MOST_BYTES = 4 * MAX_BATCH_BYTES


def message(seq, size):
    """A message whose parts are this many bytes."""
    content = b"x" * (size - 8)
    parts = {"header": b"{}", "parent_header": b"{}", "metadata": b"{}", "content": content}
    return Message(seq, 0, Channel.IOPUB, "t", "m", "p", "r", **parts, buffers=(b"", b"yy"))


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ([], [([], 10)]),
        ([0.1, 0.1], [([1, 2], 10)]),
        ([0.6, 0.6, 0.3], [([1], 2), ([2, 3], 10)]),
        ([3, 0.1], [([1], 2), ([2], 10)]),
        ([0.1, 3], [([1], 2), ([2], 10)]),
        ([0.1, 5, 0.1], [([1], 2), ("gap", 3), ([3], 10)]),
        ([5, 5], [("gap", 2), ("gap", 3), ([], 10)]),
    ],
    ids=str,
)
def test_each_response_has_the_place_to_resume_after_it(sizes, told):
    """A stream may break between any two; sizes are in MiB, 4 of them fit in a response."""
    messages = [message(n, int(size * 1024 * 1024)) for n, size in enumerate(sizes, start=1)]

    made = list(responses(Heard(messages, 10), MOST_BYTES))

    assert told == [
        (
            "gap" if part.HasField("gap") else [each.seq for each in part.messages.messages],
            part.next_seq,
        )
        for part in made
    ]
    batches = [part for part in made if part.HasField("messages")]
    assert all(part.messages.next_seq == part.next_seq for part in batches)


@pytest.mark.parametrize("buffers", [0, 1, 10_000])
def test_a_message_that_is_thought_to_fit_does(buffers):
    """gRPC would end the stream at a response that is over the limit."""
    big = Message(
        seq=2**62,
        time_ms=2**45,
        channel=Channel.IOPUB,
        msg_type="t",
        msg_id="m",
        parent_id="p",
        parent_type="r",
        header=b"h" * 300,
        parent_header=b"p" * 300,
        metadata=b"{}",
        content=b"c" * (MOST_BYTES - 100 - 602 - 6 * buffers - 200 * buffers),
        buffers=(b"b" * 200,) * buffers,
    )

    response, *_ = responses(Heard([big], 2**62 + 1), MOST_BYTES)

    assert response.HasField("messages")
    assert response.ByteSize() <= MOST_BYTES + 64  # a batch's own bytes, which have room besides
