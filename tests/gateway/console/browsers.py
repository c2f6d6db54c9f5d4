"""A real browser for the console, and what a person does with it."""

import re
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

_PATIENCE_MS = 30_000
"""Only so that a test that fails does not hang: far more than a busy machine needs."""
_PAINTED = """() => new Promise(resolve => {
    const look = () =>
        performance.getEntriesByType("paint").length ? resolve() : requestAnimationFrame(look);
    look();
})"""
"""Waits for the first frame: before that the browser itself drops the keys that are pressed."""
_SESSION_ADDRESS = re.compile(r"#/sessions/([\w-]+)$")

expect.set_options(timeout=_PATIENCE_MS)


class Console:
    """The console in a window of its own, with a login of its own."""

    def __init__(self, browser: Browser, http_url: str, token: str, **options: Any) -> None:
        """`options` are those of a browser's context, such as `viewport` and `color_scheme`."""
        self._context = browser.new_context(**options)
        self._context.set_default_timeout(_PATIENCE_MS)
        self.http_url = http_url
        self.token = token
        self.page: Page = self._context.new_page()
        self.complaints: list[str] = []
        """What the browser complained of: errors of the page's, and breaches of its policy."""
        self.is_attacked = False
        """Whether the test does what the browser has to complain of."""
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self._note(message.type, message.text))

    def _note(self, kind: str, text: str) -> None:
        if kind == "error" and "Failed to load resource" not in text:
            self.complaints.append(text)

    def open(self) -> "Console":
        """Log in by the address that the server prints; the list is there then."""
        self.page.goto(f"{self.http_url}?token={self.token}")
        expect(self.page.locator(".connection")).to_have_text("Live")
        self.page.evaluate(_PAINTED)
        return self

    def open_session(self, session_id: str) -> "Console":
        """The same, and go to a session."""
        self.open()
        self.page.goto(f"{self.http_url}#/sessions/{session_id}")
        expect(self.code).to_be_visible()
        return self

    def close(self) -> None:
        """Close the window; its login is forgotten."""
        self._context.close()

    @property
    def session_id(self) -> str:
        """The session that is shown."""
        shown = _SESSION_ADDRESS.search(self.page.url)
        assert shown, self.page.url
        return shown[1]

    @property
    def code(self) -> Locator:
        """Where code is written."""
        return self.page.get_by_label("Code", exact=True)

    @property
    def cells(self) -> Locator:
        """What was run."""
        return self.page.locator("article.cell")

    def row(self, path: str) -> Locator:
        """A session in the list."""
        link = self.page.get_by_role("link", name=path, exact=True)
        return self.page.get_by_role("row").filter(has=link)

    def run(self, code: str) -> Locator:
        """Run code; its cell, which may not have ended."""
        before = self.cells.count()
        self.code.fill(code)
        self.code.press("Shift+Enter")
        expect(self.cells).to_have_count(before + 1)
        execution_id = self.cells.last.get_attribute("data-execution")
        return self.page.locator(f"[data-execution='{execution_id}']")

    def run_to_end(self, code: str) -> Locator:
        """Run code; its cell, which has ended."""
        cell = self.run(code)
        expect(cell.locator(".ending")).to_contain_text(re.compile(r"done|failed"))
        return cell
