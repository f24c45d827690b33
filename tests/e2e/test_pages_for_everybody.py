"""Whoever looks, with whatever eyes and hands: the pages of people pass axe, fit small screens and need no mouse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser

from pushrank.wording import LANGUAGES
from tests.small_hand import phone
from tests.small_pages import Paths
from tests.small_service import RunningService


def every_page(person: Paths, language: str) -> Iterator[str]:
    query = f"?language={language}"
    yield f"{person.preferences}{query}&done=undone&at=topics"
    yield f"{person.preferences}{query}&page=erase"
    yield person.opt_out + query
    yield f"/how-ranking-works{query}"
    yield f"/preferences/none{query}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_any_page(
    browser: Browser, service: RunningService, person: Paths, language: str, scheme: Literal["light", "dark"]
) -> None:
    off, paused = {"push": False}, {"push": True, "muted_until": "2999-01-01T08:00:00Z"}
    with phone(browser, scripts=True, scheme=scheme) as page:
        for said in ({}, off, paused):
            service.call("PATCH", f"/v1/users/{person.user_id}/preferences", said)
            for path in every_page(person, language):
                page.goto(service.url + path)
                page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
                found = Axe().run(page).response["violations"]
                assert [(one["id"], one["impact"], one["nodes"][0]["html"]) for one in found] == [], path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_the_receipt_of_an_erasure(
    browser: Browser, service: RunningService, person: Paths, language: str, scheme: Literal["light", "dark"]
) -> None:
    with phone(browser, scripts=True, scheme=scheme) as page:
        page.goto(f"{service.url}{person.preferences}?page=erase&language={language}")
        with page.expect_navigation():
            page.locator("button[name=erase]").tap()
        for _ in ("the receipt", "the page of somebody erased"):
            assert Axe().run(page).response["violations"] == []
            page.goto(f"{service.url}{person.preferences}?language={language}")


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_sticks_out_and_every_target_is_large_enough(
    browser: Browser, service: RunningService, person: Paths, width: int
) -> None:
    small = """() => [...document.querySelectorAll('button, summary, select, input:not([type=hidden]), textarea, a')]
        .map(one => one.closest('label') || one).filter(one => !one.matches('.skip') && one.checkVisibility())
        .filter(one => one.getBoundingClientRect().height < 44).map(one => one.outerHTML)"""
    with phone(browser, scripts=True, width=width) as page:
        for path in (*every_page(person, "en"), *every_page(person, "zh")):
            page.goto(service.url + path)
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert page.evaluate(small) == [], path


def test_a_page_asks_for_nothing_beside_itself(browser: Browser, service: RunningService, person: Paths) -> None:
    with phone(browser, scripts=True) as page:
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        for path in every_page(person, "en"):
            asked.clear()
            page.goto(service.url + path, wait_until="networkidle")
            assert [urlsplit(url).path for url in asked] == [urlsplit(path).path]
        assert [text for text in said if "404" not in text] == []


def test_a_keyboard_reaches_everything_and_shows_where_it_is(
    browser: Browser, service: RunningService, person: Paths
) -> None:
    with phone(browser, scripts=True) as page:
        page.goto(service.url + person.preferences)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.name") == "pause"
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("document.querySelector('#topics').open") is True
