"""What some tests need that is no Python package: Node with its packages, and a browser."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def require(found: object, reason: str) -> None:
    """Skip the test if something is not there; fail in CI, where all has to be."""
    if not found:
        assert "CI" not in os.environ, reason
        pytest.skip(reason)


def require_node_packages(folder: Path) -> None:
    """Need Node, and the packages that are pinned in the folder; install them if they are not."""
    require(shutil.which("node") and shutil.which("npm"), "node and npm are not installed")
    lock, stamp = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    if stamp.exists() and stamp.stat().st_mtime >= lock.stat().st_mtime:
        return
    npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    ran = subprocess.run(npm, cwd=folder, capture_output=True, text=True, timeout=300)
    require(ran.returncode == 0, f"npm ci failed in {folder}: {ran.stderr}")


@contextmanager
def new_browser() -> Iterator[Browser]:
    """The Chromium of this machine, without a window, until the block ends."""
    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    require(program, f"no browser is installed: none of {', '.join(_BROWSERS)} is in PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()
