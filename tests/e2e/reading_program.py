"""A program that reads an execution, and prints each event on a line; see killed_readers."""

import sys
from base64 import b64encode
from contextlib import suppress

from jupyter_sessions import sync
from jupyter_sessions.errors import Unavailable
from tests.e2e.random_output import code_of


def main(target, session_id, request_id, seed, execution_id, from_seq):
    """Attach to the execution; run its code if the execution is not known yet."""
    with sync.connect(target) as client:
        while True:
            if execution_id:
                stream = client.attach(execution_id, int(from_seq))
            else:
                stream = client.execute(code_of(seed), session_id=session_id, request_id=request_id)
            with suppress(Unavailable):  # at first clients are not as patient as the killers
                for event in stream:
                    print(b64encode(event.SerializeToString()).decode(), flush=True)  # noqa: T201
                return


if __name__ == "__main__":
    main(*sys.argv[1:])
