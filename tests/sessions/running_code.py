"""Runs a piece of code to its end."""

import json
from contextlib import aclosing

from jupyter_sessions_server.model import Code, Owner

ME = Owner("me")


async def events_of(executions, code, kernel_id="k1", **options):
    """All events of a piece of code."""
    batches = executions.execute(ME, kernel_id, Code(code, **options))
    async with aclosing(batches):
        return [event async for batch in batches for event in batch.events]


def requests_to(kernels, msg_type="execute_request"):
    """What kernels were asked."""
    return [request for _, _, request in kernels.requests if request.msg_type == msg_type]


def codes_sent(kernels):
    """What kernels were told to run, in that order."""
    return [json.loads(request.content)["code"] for request in requests_to(kernels)]
