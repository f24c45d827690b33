"""Somebody who taps on the pages of a small phone, and counts the taps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from playwright.sync_api import Browser, Locator, Page

from tests.small_pages import Paths, preferences_of
from tests.small_service import RunningService

PHONE = {"width": 360, "height": 640}


@contextmanager
def phone(
    browser: Browser, *, scripts: bool = False, scheme: Literal["light", "dark"] = "light", width: int = 360
) -> Iterator[Page]:
    """A page of its own on a small screen."""
    context = browser.new_context(
        viewport={"width": width, "height": PHONE["height"]},
        java_script_enabled=scripts,
        color_scheme=scheme,
        has_touch=True,
    )
    try:
        yield context.new_page()
    finally:
        context.close()


class Hand:
    """Taps on a page, and counts."""

    def __init__(self, page: Page, service: RunningService, person: Paths) -> None:
        self.page = page
        self.taps = 0
        self._service = service
        self._person = person

    def open(self, language: str = "en", path: str | None = None) -> None:
        """Open the preference centre, or another page."""
        self.page.goto(f"{self._service.url}{path or self._person.preferences}?language={language}")
        self.taps = 0

    def tap(self, what: str | Locator) -> None:
        """Tap on what a selector names; it has to be there to be seen."""
        target = self.page.locator(what).first if isinstance(what, str) else what
        target.scroll_into_view_if_needed()
        assert target.is_visible()
        with self.page.expect_navigation():
            target.tap()
        self.taps += 1

    def section(self, name: str) -> None:
        """Open a section by its row."""
        if self.page.locator(f"#{name}[open]").count() == 0:
            self.page.locator(f"#{name} > summary").tap()
            self.taps += 1

    def undo(self) -> None:
        """Take back what was just done."""
        self.tap(".toast button[name=undo]")

    def found(self) -> dict[str, Any]:
        """What the API says now."""
        return preferences_of(self._service.call, self._person.user_id)

    def status(self) -> int:
        """What the API answers to whoever asks for the person's preferences."""
        return self._service.call("GET", f"/v1/users/{self._person.user_id}/preferences").status_code

    def known(self) -> list[dict[str, Any]]:
        """What the API says that is known of the person's interests."""
        interests: list[dict[str, Any]] = self._service.call("GET", f"/v1/users/{self._person.user_id}/profile").json()[
            "interests"
        ]
        return interests
