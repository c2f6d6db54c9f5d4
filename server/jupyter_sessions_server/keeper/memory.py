"""Whether the system has killed processes because memory ran out."""

from pathlib import Path

_VMSTAT = Path("/proc/vmstat")


def oom_kills() -> int:
    """How many since the boot, of anybody's; always 0 on systems that do not tell."""
    try:
        text = _VMSTAT.read_text()
    except FileNotFoundError:
        return 0
    counts = (line.partition(" ")[2] for line in text.splitlines() if line.startswith("oom_kill "))
    return int(next(counts, "0"))
