"""Reads the examples of documentation pages, so that tests can run them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).parents[2]


class ShellExample(NamedTuple):
    """A command, and the lines that the page shows it to print."""

    command: str
    output: list[str]

    def check(self, printed: str) -> None:
        """Fail unless each line shown was printed; `...` in it stands for anything."""
        for line in self.output:
            pattern = ".*".join(map(re.escape, line.strip().split("...")))
            assert re.search(pattern, printed), f"{self.command}\nprints no {line!r} but\n{printed}"


def blocks(page: str, info: str) -> list[str]:
    """The contents of the page's fenced blocks with this info string."""
    text = (PROJECT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{info}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def shell_examples(page: str) -> Iterator[ShellExample]:
    """The commands of the page's `console` blocks.

    A command stands after `$ ` and goes on over lines that end with a backslash; lines below it
    are its output.
    """
    for block in blocks(page, "console"):
        for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *output = example.replace("\\\n", " ").splitlines()
            yield ShellExample(command, [line for line in output if line.strip()])
