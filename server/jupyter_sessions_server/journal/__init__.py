"""What kernels said, in files: appended by one process, read by others while it grows.

Imports nothing of ours and runs in a kernel's own interpreter (Python 3.9 or newer), where
this folder is loaded by its path, whatever the name. What needs an event loop is in
`watch` alone, which writers do without.
"""

from .format import Gap, Kind, Limits, Record
from .reader import JournalReader, end_of
from .segments import remove
from .writer import JournalWriter

__all__ = [
    "Gap",
    "JournalReader",
    "JournalWriter",
    "Kind",
    "Limits",
    "Record",
    "end_of",
    "remove",
]
