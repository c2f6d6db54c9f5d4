"""Code whose output is random, and known: the same function runs in the kernel and in the test."""

import inspect
from base64 import b64encode

RUN = """
import sys, time
for kind, said, pause in pieces({seed}):
    if kind == "image":
        display({{"image/png": said}}, raw=True)
    else:
        getattr(sys, kind).write(said)
    if pause:
        sys.stdout.flush(); sys.stderr.flush(); time.sleep(pause)
"""


def pieces(seed):
    """What the code of a seed says, piece by piece: where to, what, and the rest it then takes."""
    import base64  # kernels get this function alone
    import random

    r = random.Random(seed)  # noqa: S311 - not for secrets
    for _ in range(r.randrange(1, 80)):
        kind = r.choices(["stdout", "stderr", "image"], [6, 3, 1])[0]
        pause = r.random() / 15 if r.random() < 0.3 else 0
        if kind == "image":
            yield kind, base64.b64encode(r.randbytes(r.randrange(1, 5000))).decode(), pause
        else:
            text = f"{r.getrandbits(4 * r.randrange(1, 400)):x}"
            yield kind, text + r.choice(["\n", "", " å€\U0001f600\n"]), pause


def code_of(seed):
    """The code of a seed."""
    return inspect.getsource(pieces) + RUN.format(seed=seed)


def printed_by(seed):
    """What the code of a seed prints on each stream, and the images it shows."""
    printed = {"stdout": "", "stderr": "", "images": []}
    for kind, said, _ in pieces(seed):
        if kind == "image":
            printed["images"].append(said)
        else:
            printed[kind] += said
    return printed


def collected_from(events):
    """The same, as the events of an execution tell it."""
    collected = {"stdout": "", "stderr": "", "images": []}
    for event in events:
        if event.HasField("stream"):
            collected[event.stream.name] += event.stream.text
        elif event.HasField("display_data"):
            (part,) = event.display_data.data.parts
            collected["images"].append(b64encode(part.data).decode())
    return collected
