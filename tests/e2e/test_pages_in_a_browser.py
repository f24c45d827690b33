"""The pages of people in Chromium, against the real service, as on a small phone and without JavaScript."""

from __future__ import annotations

import json

import pytest

from pushrank.wording import LANGUAGES
from tests.small_hand import PHONE, Hand
from tests.small_pages import Paths
from tests.small_service import RunningService


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


def test_turning_off_all_messages_takes_one_tap_and_undo_one_more(hand: Hand) -> None:
    hand.open()
    hand.tap("button[value='{\"push\":false}']")
    assert hand.taps == 1
    assert hand.found()["push"] is False
    hand.undo()
    assert hand.found()["push"] is True


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


@pytest.mark.parametrize("reason", ["too_often", "bad_time"])
def test_telling_that_it_is_too_much_or_at_a_bad_time_takes_two_taps(hand: Hand, reason: str) -> None:
    hand.open()
    hand.section("tell")
    hand.tap(f"button[value={reason}]")
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_erasing_asks_once_more_and_shows_a_receipt(hand: Hand, person: Paths, language: str) -> None:
    hand.open(language)
    hand.section("data")
    hand.tap("#data a.button")
    hand.tap("main a.button")
    assert hand.found()["timezone"] == "Asia/Shanghai"
    hand.section("data")
    hand.tap("#data a.button")
    hand.tap("button[name=erase]")
    shown = hand.page.locator("main").inner_text()
    assert ("Your receipt" if language == "en" else "你的凭据") in shown
    assert hand.page.locator("li").count() > 5
    assert hand.status() == 410
    for path in (person.preferences, person.opt_out):
        hand.open(language, path)
        assert ("Nothing is kept" if language == "en" else "没有保存") in hand.page.locator("h1").inner_text()


def test_the_history_tells_what_was_said_and_takes_the_last_word_back(hand: Hand) -> None:
    hand.open()
    hand.tap("button[value='{\"push\":false}']")
    hand.open()
    hand.section("history")
    assert "All messages turned off." in hand.page.locator("#history").inner_text()
    hand.tap("#history button[name=undo]")
    assert hand.found()["push"] is True


def test_no_link_and_no_person_is_in_the_log(hand: Hand, service: RunningService, person: Paths) -> None:
    hand.open()
    hand.tap("button[name=pause]")
    hand.open(path=person.opt_out)
    hand.tap("button[value=all]")
    for secret in (person.preferences, person.opt_out, person.user_id):
        assert secret.rpartition("/")[2] not in service.log
    assert "/opt-out/{token}" in service.log


def test_the_language_is_switched_on_the_page_and_stays(hand: Hand) -> None:
    hand.open("en")
    hand.tap("nav a[lang=zh-Hans]")
    assert "消息已开启" in hand.page.locator("h1").inner_text()
    hand.tap("button[name=pause]")
    assert "已暂停" in hand.page.locator(".toast").inner_text()
    assert hand.page.locator("html").get_attribute("lang") == "zh-Hans"
