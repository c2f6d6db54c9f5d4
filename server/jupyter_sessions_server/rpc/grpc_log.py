"""What gRPC logs itself, less what is no failure."""

import logging

_LOGGER = "grpc._cython.cygrpc"
_HANG_UP = "ExecuteBatchError"
"""What grpc.aio raises in itself, and logs with a traceback, where a caller hangs up on a write."""


def leave_out_hang_ups() -> None:
    """Log nothing of a caller who leaves while something is written to it; calls are logged."""
    logging.getLogger(_LOGGER).addFilter(_is_no_hang_up)


def _is_no_hang_up(record: logging.LogRecord) -> bool:
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or kind.__name__ != _HANG_UP
