"""How addresses are written, and where on this machine a server is found."""


def bracketed(host: str) -> str:
    """The host as it stands before a port: an IPv6 address has brackets."""
    return f"[{host}]" if ":" in host else host


def reachable(host: str) -> str:
    """An address at which a server is found from this machine that listens at `host`."""
    return bracketed({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host))  # noqa: S104 - no bind
