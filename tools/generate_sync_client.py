"""Writes the blocking client, sync.py, from the async one, client.py.

    python tools/generate_sync_client.py CLIENT SYNC

unasync removes `async` and `await` and renames `__aenter__` and its like. On top of that:

* `Async` inside a name goes: `AsyncClient` → `Client`, `AsyncIterator` → `Iterator`,
  `AbstractAsyncContextManager` → `AbstractContextManager`.
* `grpc.aio.…` → `grpc.…`, `asyncio.sleep` → `time.sleep`, see DOTTED.
* Comments and docstrings are rewritten too, where they show code.

What has no blocking twin is refused with its line number: keep it out of client.py, or add it
to the tables here.
"""

import ast
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import unasync
from tokenize_rt import Token, src_to_tokens, tokens_to_src

HEADER = "# Generated from client.py by tools/generate_sync_client.py; do not edit.\n"

# In addition to unasync's own table.
NAMES = {
    "AioRpcError": "RpcError",
    "aclose": "close",
    "aclosing": "closing",
    "aiter": "iter",
    "anext": "next",
}
DOTTED = {
    ("asyncio", "sleep"): "time.sleep",
    ("grpc", "aio"): "grpc",
    ("rpc_status", "aio"): "rpc_status",
}
MODULES = {"asyncio": "time"}  # `import asyncio` brings sleep alone, see DOTTED
ASYNC_IN_NAME = re.compile(r"\b\w*Async(?=[A-Z])\w*")
ASYNC_NODES = (ast.AsyncFor, ast.AsyncFunctionDef, ast.AsyncWith, ast.Await)


def unasync_source(source: str, names: dict[str, str]) -> str:
    """What unasync, which works on files, makes of the source."""
    with tempfile.TemporaryDirectory() as directory:
        before = Path(directory, "_async", "client.py")
        after = Path(directory, "_sync", "client.py")
        before.parent.mkdir()
        before.write_text(source, encoding="utf-8")
        rule = unasync.Rule("_async", "_sync", additional_replacements=names)
        unasync.unasync_files([str(before)], [rule])
        return after.read_text(encoding="utf-8")


def replace_dotted(tokens: list[Token]) -> list[Token]:
    """Apply DOTTED to each `a.b`, and MODULES to each `import a`."""
    replaced: list[Token] = []
    position = 0
    while position < len(tokens):
        window = [token.src for token in tokens[position : position + 3]]
        if len(window) == 3 and window[1] == "." and (window[0], window[2]) in DOTTED:
            new = DOTTED[window[0], window[2]]
            replaced.append(tokens[position]._replace(src=new))
            position += 3
        elif len(window) == 3 and window[0] == "import" and window[2] in MODULES:
            replaced += tokens[position : position + 2]
            replaced.append(tokens[position + 2]._replace(src=MODULES[window[2]]))
            position += 3
        else:
            replaced.append(tokens[position])
            position += 1
    return replaced


def replace_in_text(tokens: list[Token], names: dict[str, str]) -> list[Token]:
    """Rewrite what comments and strings show of the code, and leave prose alone."""

    def rewrite(text: str) -> str:
        text = re.sub(r"\basync (?=(def|for|with)\b)", "", text)
        text = re.sub(r"\bawait (?=[\w.]+\()", "", text)
        for old, new in names.items():
            text = re.sub(rf"\b{old}\b", new, text)
        for (module, name), new in DOTTED.items():
            text = re.sub(rf"\b{module}\.{name}\b", new, text)
        return text

    return [
        token._replace(src=rewrite(token.src)) if token.name in {"COMMENT", "STRING"} else token
        for token in tokens
    ]


def refuse_leftovers(source: str) -> None:
    """Stop if anything is left that only works in an event loop."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ASYNC_NODES):
            left = type(node).__name__
        elif isinstance(node, ast.Name) and node.id in {"aio", "asyncio"}:
            left = node.id
        elif isinstance(node, ast.ImportFrom) and node.module == "asyncio":
            left = "from asyncio import"
        elif isinstance(node, ast.alias) and node.name in {"aio", "asyncio"}:
            left = f"import {node.name}"
        else:
            continue
        sys.exit(
            f"sync.py: {left} has no blocking twin: {ast.get_source_segment(source, node)!r}, "
            f"line {node.lineno} or so of client.py; see tools/generate_sync_client.py"
        )


def tidy(source: str, path: Path) -> str:
    """Sort the imports, whose names have changed, and format as ruff formats the file at path."""
    ruff = str(Path(sys.executable).with_name("ruff"))
    filename = f"--stdin-filename={path}"
    for command in (
        [ruff, "check", "--select=I,F401", "--fix-only", "--quiet", filename, "-"],
        [ruff, "format", "--quiet", filename, "-"],
    ):
        source = subprocess.check_output(command, input=source, encoding="utf-8")
    return source


def sync_source(source: str) -> str:
    """The blocking twin of the async source, not yet formatted."""
    names = NAMES | {old: old.replace("Async", "") for old in ASYNC_IN_NAME.findall(source)}
    tokens = src_to_tokens(unasync_source(source, names))
    blocking: str = tokens_to_src(replace_in_text(replace_dotted(tokens), names))
    refuse_leftovers(blocking)
    return HEADER + blocking


def main() -> None:
    """Write SYNC from CLIENT."""
    if len(sys.argv) != 3:
        sys.exit("usage: generate_sync_client.py CLIENT SYNC")
    client, sync = Path(sys.argv[1]), Path(sys.argv[2])
    if not client.exists():
        print(f"{client} does not exist: no {sync.name} to write")
        return
    source = sync_source(client.read_text(encoding="utf-8"))
    sync.parent.mkdir(parents=True, exist_ok=True)
    sync.write_text(tidy(source, client.with_name(sync.name)), encoding="utf-8")


if __name__ == "__main__":
    main()
