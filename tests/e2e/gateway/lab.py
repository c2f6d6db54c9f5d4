"""A stock JupyterLab that runs its kernels on a gateway, and a notebook in its page."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import nbformat.v4
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from tests.e2e.gateway.peers import Gateway, JupyterProcess, new_jupyter

SECONDS = 20
"""How long the page may take for a step."""
NUMBERED = re.compile(r"\[\d+\]:")
"""What stands beside a cell that has run."""


@contextmanager
def new_lab(gateway: Gateway) -> Iterator[JupyterProcess]:
    """A JupyterLab that serves, until the block ends."""
    with new_jupyter(
        "jupyterlab",
        f"--gateway-url={gateway.http_url}",
        f"--GatewayClient.auth_token={gateway.token}",
        "--LabApp.extension_manager=readonly",
    ) as lab:
        _answer_first_questions(lab.config_dir)
        yield lab


def _answer_first_questions(config_dir: Path) -> None:
    """Settings of a user who wants no news."""
    folder = config_dir / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    folder.mkdir(parents=True)
    settings = {"fetchNews": "false", "checkForUpdates": False}
    (folder / "notification.jupyterlab-settings").write_text(json.dumps(settings))


class NotebookPage:
    """A notebook in JupyterLab, as its user sees it."""

    def __init__(self, page: Page, lab: JupyterProcess, name: str, *cells: str) -> None:
        """Make a notebook with these cells of code; `name` ends with `.ipynb`."""
        self.page = page
        self.errors: list[str] = []
        self._lab = lab
        self._name = name
        made = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        nbformat.write(made, lab.root_dir / name)
        page.set_default_timeout(SECONDS * 1000)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} {message.location.get('url')}")

    def open(self) -> Self:
        """Open it, and wait until its kernel is there."""
        self.page.goto(f"{self._lab.http_url}lab/tree/{self._name}?token={self._lab.token}&reset")
        self.wait_until("Idle")
        return self

    def reload(self) -> None:
        """Load the page again, as with F5, and wait until the notebook is there."""
        self.page.reload()
        self.cell(0).wait_for()

    @property
    def panel(self) -> Locator:
        """The notebook with its toolbar."""
        return self.page.locator(".jp-NotebookPanel")

    @property
    def dialog(self) -> Locator:
        """What JupyterLab asks or tells."""
        return self.page.locator(".jp-Dialog")

    def answer(self, button: str) -> None:
        """Press a button of the dialog."""
        self.dialog.get_by_role("button", name=button, exact=True).click()
        self.dialog.wait_for(state="detached")

    def wait_until(self, status: str) -> None:
        """Wait until the bar below the page shows this status of the kernel."""
        # The circle in the toolbar is idle before there is a kernel.
        bar = self.page.locator(".jp-StatusBar-TextItem", has_text=f"| {status}")
        bar.wait_for()

    def cell(self, number: int) -> Locator:
        """A cell; the first is 0."""
        return self.panel.locator(".jp-CodeCell").nth(number)

    def output(self, number: int) -> Locator:
        """All that a cell shows below its code."""
        return self.cell(number).locator(".jp-OutputArea")

    def start(self, number: int) -> None:
        """Begin to run a cell, as with the keyboard."""
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def run(self, number: int) -> Locator:
        """Run a cell; what it shows in the end."""
        self.start(number)
        self.wait_until_ran(number)
        return self.output(number)

    def wait_until_ran(self, number: int, seconds: float = SECONDS) -> None:
        """Wait until the cell has a number, and the kernel nothing to do."""
        prompt = self.cell(number).locator(".jp-InputPrompt")
        expect(prompt).to_have_text(NUMBERED, timeout=seconds * 1000)
        self.wait_until("Idle")

    def press(self, command: str) -> None:
        """Press a button of the toolbar."""
        self.panel.locator(f'[data-command="{command}"]').first.click()

    def screenshot(self, name: str) -> None:
        """Write a picture for a person to look at, if E2E_SCREENSHOTS names a folder for it."""
        if folder := os.environ.get("E2E_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"{name}.png")
