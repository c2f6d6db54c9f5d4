"""Media types: which of them Jupyter's messages and notebooks have in base64, see MimePart."""

_BYTES_TYPES = ("image/", "audio/", "video/", "font/")
_BYTES_OF_APPLICATIONS = frozenset(
    f"application/{subtype}" for subtype in ("octet-stream", "pdf", "zip", "gzip")
)


def is_of_bytes(mime_type: str) -> bool:
    """Whether it is bytes; text of other types may look like base64 by chance."""
    if mime_type in _BYTES_OF_APPLICATIONS:
        return True
    return mime_type.startswith(_BYTES_TYPES) and not mime_type.endswith("+xml")
