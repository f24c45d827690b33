"""The pages of people in Chromium, against the real service, as on a small phone and without JavaScript."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Locator, Page

from tests.browsers import chromium
from tests.small_pages import Paths, paths_of, preferences_of
from tests.small_service import MESSAGES, RunningService, running_service

PHONE = {"width": 360, "height": 640}
LANGUAGES = ("en", "zh")
_people = count()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    with running_service(tmp_path_factory.mktemp("browsed")) as found:
        assert found.call.post("/v1/messages", {"messages": MESSAGES}).status_code == 200
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def person(service: RunningService) -> Paths:
    """A new user who reads about tennis, and was sent something a moment ago."""
    user_id = f"u-{next(_people)}"
    service.call("PATCH", f"/v1/users/{user_id}/preferences", {"timezone": "Asia/Shanghai"})
    asked = {"user_id": user_id, "candidates": ["m-match", "m-old"], "mode": "confirm"}
    answer = service.call.post("/v1/rank", asked)
    assert answer.status_code == 200, answer.text
    told = {"event_id": f"e-{user_id}", "type": "activity", "user_id": user_id, "kind": "view", "tags": ["tennis"]}
    at = (datetime.now(tz=UTC) - timedelta(hours=1)).isoformat()  # noqa: TID251 (the service's clock is the wall's)
    assert service.call.post("/v1/events", {"events": [{**told, "at": at}]}).json()["accepted"] == 1
    return paths_of(service.call, user_id)


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

    def known(self) -> list[dict[str, Any]]:
        """What the API says that is known of the person's interests."""
        interests: list[dict[str, Any]] = self._service.call("GET", f"/v1/users/{self._person.user_id}/profile").json()[
            "interests"
        ]
        return interests


@pytest.fixture
def hand(browser: Browser, service: RunningService, person: Paths) -> Iterator[Hand]:
    with phone(browser) as page:
        yield Hand(page, service, person)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_can_be_changed_and_is_in_the_api_at_once(hand: Hand, language: str) -> None:
    hand.open(language)
    page = hand.page
    for switch, values in (("push", (False, True)), ("objected", (True, False)), ("personalisation", (False, True))):
        for value in values:
            hand.section({"objected": "allow", "personalisation": "known"}.get(switch, "topics"))
            hand.tap(f"button[name=patch][value='{{\"{switch}\":{str(value).lower()}}}']")
            assert hand.found()[switch] is value
    for wish, (on, most) in {"fewer": (True, 1), "off": (False, 1), "on": (True, None)}.items():
        hand.section("topics")
        hand.tap(f'button[value="{wish}:sport"]')
        assert (hand.found()["categories"]["sport"], hand.found()["category_caps"].get("sport")) == (on, most)
    hand.tap('button[value="off:*"]')
    assert hand.found()["categories"]["*"] is False
    for granted in (True, False):
        hand.section("allow")
        hand.tap(f'button[value*="marketing"][value*="{str(granted).lower()}"]')
        consent = hand.found()["consents"]["marketing"]
        assert (consent["granted"], bool(consent["policy_version"])) == (granted, True)
    hand.section("many")
    page.select_option("#max_per_day", "2")
    page.select_option("#max_per_week", "5")
    hand.tap("#many .main")
    assert (hand.found()["max_per_day"], hand.found()["max_per_week"]) == (2, 5)


@pytest.mark.parametrize("language", LANGUAGES)
def test_quiet_hours_zone_and_language_can_be_changed(hand: Hand, language: str) -> None:
    hand.open(language)
    page = hand.page
    hand.section("quiet")
    page.check("input[name=quiet][value=own]")
    page.fill("#from1", "21:30")
    page.fill("#to1", "07:15")
    page.uncheck("input[name=days1][value=sat]")
    page.check("input[name=then][value=drop]")
    hand.tap("#quiet .main")
    page.fill("#from2", "12:00")
    page.fill("#to2", "13:00")
    hand.tap("#quiet .main")
    windows = hand.found()["quiet_hours"]
    assert [(window["from"], window["to"], len(window["days"])) for window in windows] == [
        ("21:30", "07:15", 6),
        ("12:00", "13:00", 7),
    ]
    assert hand.found()["in_quiet_hours"] == "drop"
    hand.section("place")
    page.select_option("#zone", "Europe/Berlin")
    page.select_option("#language", "zh" if language == "en" else "en")
    hand.tap("#place .main")
    found = hand.found()
    assert (found["timezone"], found["language"]) == ("Europe/Berlin", "zh" if language == "en" else "en")
    assert page.locator("html").get_attribute("lang") == ("zh-Hans" if language == "en" else "en")
    page.fill("#zone_name", "Pacific/Chatham")
    hand.tap("#place .main")
    assert hand.found()["timezone"] == "Pacific/Chatham"
    assert page.input_value("#zone") == "Pacific/Chatham"


def test_what_matters_most_is_there_without_scrolling(hand: Hand) -> None:
    for language in LANGUAGES:
        hand.open(language)
        for button in ("button[name=pause]", "button[value='{\"push\":false}']"):
            box = hand.page.locator(button).bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= PHONE["height"]
            assert box["height"] >= 44


def test_pausing_takes_one_tap_and_undo_one_more(hand: Hand) -> None:
    hand.open()
    hand.tap("button[name=pause]")
    assert hand.found()["muted_until"] is not None
    assert "Paused until 8:00" in hand.page.locator(".toast").inner_text()
    hand.undo()
    assert hand.found()["muted_until"] is None
    assert hand.taps == 2


def test_fewer_of_a_topic_takes_two_taps_and_undo_one_more(hand: Hand) -> None:
    hand.open()
    hand.section("topics")
    hand.tap('button[value="fewer:news"]')
    assert hand.found()["category_caps"] == {"news": 1}
    hand.undo()
    assert (hand.found()["category_caps"], hand.found()["categories"]) == ({}, {})
    assert hand.taps == 3


def test_the_reasons_are_one_tap_away_and_what_to_do_about_them_two(hand: Hand) -> None:
    hand.open()
    hand.section("why")
    assert hand.taps == 1
    shown = hand.page.locator("#why").inner_text()
    assert "Goal in the last minute" in shown
    before = hand.found()["version"]
    hand.tap("#why button[name=patch]")
    assert hand.found()["version"] == before + 1
    hand.undo()
    assert hand.taps == 3


def test_leaving_by_the_link_and_coming_back(hand: Hand, person: Paths) -> None:
    hand.open(path=person.opt_out)
    hand.tap("button[value=all]")
    assert hand.taps == 1
    assert hand.found()["push"] is False
    assert "All messages are off" in hand.page.locator("h1").inner_text()
    assert hand.page.locator("button").count() == 0
    hand.open()
    assert "All messages are off" in hand.page.locator("h1").inner_text()
    hand.tap("button[value='{\"push\":true}']")
    assert hand.found()["push"] is True


def test_telling_that_it_is_too_much_takes_two_taps(hand: Hand) -> None:
    hand.open()
    hand.section("tell")
    hand.tap("button[value=too_often]")
    assert hand.taps == 2
    assert "Thank you" in hand.page.locator(".toast").inner_text()


def test_an_interest_can_be_kept_from_use_and_forgotten(hand: Hand) -> None:
    hand.open()
    hand.section("known")
    hand.tap('button[value="never:tennis"]')
    assert hand.found()["tags"] == {"tennis": False}
    hand.tap('button[value="again:tennis"]')
    assert hand.found()["tags"] == {}
    assert any(one["name"] == "tennis" and one["used"] for one in hand.known())
    hand.tap('button[value="forget:tennis"]')
    assert "Forgotten" in hand.page.locator(".toast").inner_text()
    assert not any(one["name"] == "tennis" and one["used"] for one in hand.known())


def test_everything_can_be_taken_away_as_a_file(hand: Hand, person: Paths) -> None:
    hand.open()
    hand.section("data")
    with hand.page.expect_download() as waiting:
        hand.page.locator("button[name=download]").tap()
    file = json.loads(waiting.value.path().read_text(encoding="utf-8"))
    assert file["user"]["user_id"] == person.user_id
    assert file["preferences"]["timezone"] == "Asia/Shanghai"


def test_the_history_tells_what_was_said_and_takes_the_last_word_back(hand: Hand) -> None:
    hand.open()
    hand.tap("button[value='{\"push\":false}']")
    hand.open()
    hand.section("history")
    assert "All messages turned off." in hand.page.locator("#history").inner_text()
    hand.tap("#history button[name=undo]")
    assert hand.found()["push"] is True


def test_the_language_is_switched_on_the_page_and_stays(hand: Hand) -> None:
    hand.open("en")
    hand.tap("nav a[lang=zh-Hans]")
    assert "消息已开启" in hand.page.locator("h1").inner_text()
    hand.tap("button[name=pause]")
    assert "已暂停" in hand.page.locator(".toast").inner_text()
    assert hand.page.locator("html").get_attribute("lang") == "zh-Hans"


def every_page(person: Paths, language: str) -> Iterator[str]:
    query = f"?language={language}"
    yield f"{person.preferences}{query}&done=undone&at=topics"
    yield f"{person.preferences}{query}&page=erase"
    yield person.opt_out + query
    yield f"/how-ranking-works{query}"
    yield f"/preferences/none{query}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_serious_on_any_page(
    browser: Browser, service: RunningService, person: Paths, language: str, scheme: Literal["light", "dark"]
) -> None:
    with phone(browser, scripts=True, scheme=scheme) as page:
        for path in every_page(person, language):
            page.goto(service.url + path)
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            found = Axe().run(page).response["violations"]
            bad = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
            assert bad == [], path


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
