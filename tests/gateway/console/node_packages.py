"""The Node packages of the TypeScript client, installed as `make generate` does."""

import shutil
import subprocess
from pathlib import Path

from tests.gateway.console.browsers import require

CLIENT = Path(__file__).parents[3] / "clients" / "typescript"
NODE_MODULES = CLIENT / "node_modules"


def install() -> None:
    """Install the packages that are pinned, if they are not there."""
    require(shutil.which("node") and shutil.which("npm"), "node and npm are not installed")
    lock, stamp = CLIENT / "package-lock.json", NODE_MODULES / ".package-lock.json"
    if stamp.exists() and stamp.stat().st_mtime >= lock.stat().st_mtime:
        return
    npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    ran = subprocess.run(npm, cwd=CLIENT, capture_output=True, text=True, timeout=300)
    require(ran.returncode == 0, f"npm ci failed: {ran.stderr}")
