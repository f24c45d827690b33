"""The pages of people over HTTP: what they show, what they change, and what they refuse."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from pushrank.domain.codes import Purpose
from pushrank.wording import LANGUAGES
from pushrank.wording.outside import AFTER_ERASURE, OUTSIDE, REMAINS
from pushrank.wording.pages import page_text
from tests.small_pages import Paths, dump, get, post, preferences_of, press
from tests.small_service import NOW, SmallService, lay_champion, service_in_process

WEIGHT = 50_000


def test_following_links_changes_nothing_at_all(pages: SmallService, person: Paths) -> None:
    before = dump(pages)
    queries = ("", "?language=zh", "?page=erase", "?done=1&at=topics", "?utm_source=scan", "?done=undone", "?out=all")
    for path in (person.preferences, person.opt_out, "/how-ranking-works"):
        for query in queries:
            assert get(pages.call, path + query).status_code == 200
            assert pages.call("HEAD", path + query, key="").status_code == 200
    assert dump(pages) == before


def test_a_page_comes_whole_in_one_answer_is_light_and_may_load_nothing(pages: SmallService, person: Paths) -> None:
    for path in (person.preferences, f"{person.preferences}?page=erase", person.opt_out, "/how-ranking-works"):
        for language in ("en", "zh"):
            answer = get(pages.call, path, Accept_Language=language)
            assert len(answer.content) < WEIGHT
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["cache-control"] == "no-store"
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; style-src 'sha256-")
            assert "form-action 'self'; base-uri 'none'; frame-ancestors 'none'" in policy
            assert not re.search(
                r"<script|<link(?! rel=\"icon\" href=\"data:,\")|\ssrc=|\sstyle=|\son\w+=", answer.text
            )
            targets = re.findall(r'(?:href|action)="([^"]*)"', answer.text)
            assert all(target.startswith(("?", "#", "/how-ranking-works?", "data:,")) for target in targets)


def test_the_page_of_somebody_of_whom_much_is_known_is_light_all_the_same(pages: SmallService, person: Paths) -> None:
    path = f"/v1/users/{person.user_id}/preferences"
    windows = [{"from": f"{hour:02}:{minute}", "to": f"{hour:02}:59"} for hour in range(23) for minute in (10, 30)]
    pages.call("PATCH", path, {"quiet_hours": windows, "tags": {f"a tag of {place}": False for place in range(40)}})
    pages.call("PATCH", path, {"categories": {f"sport.{place}": False for place in range(100)}})
    for place in range(40):
        pages.call("PATCH", path, {"category_caps": {f"news.{place}": 2}, "max_per_day": place % 5})
    seen = {"type": "activity", "user_id": person.user_id, "kind": "view", "at": "2026-11-23T09:00:00Z"}
    events = [{**seen, "event_id": f"{person.user_id}-{place}", "tags": [f"tag {place}"]} for place in range(60)]
    assert pages.call.post("/v1/events", {"events": events}).json()["accepted"] == 60
    for place in range(8):
        pages.call.post("/v1/rank", {"user_id": person.user_id, "at": f"2026-11-23T09:{place:02}:00Z"})
    for language in ("en", "zh"):
        assert len(get(pages.call, f"{person.preferences}?language={language}&at=quiet").content) < WEIGHT
    page = get(pages.call, person.preferences).text
    kept = re.search(r'name="kept" value="([^"]*)"', page)
    assert kept is not None
    fields = [("save", "quiet"), ("quiet", "own"), ("then", "defer"), ("kept", unescape(kept[1]))]
    shown = [("from1", "05:00"), ("to1", "06:00"), ("days1", "mon"), ("from2", ""), ("to2", "")]
    assert press(pages.call, person.preferences, *fields, *shown).status_code == 303
    assert len(preferences_of(pages.call, person.user_id)["quiet_hours"]) == len(windows) - 4 + 1


def test_turning_everything_off_takes_one_form_and_undo_another(pages: SmallService, person: Paths) -> None:
    answer = press(pages.call, person.preferences, ("patch", '{"push":false}'))
    assert answer.status_code == 303
    assert preferences_of(pages.call, person.user_id)["push"] is False
    page = get(pages.call, person.preferences + answer.headers["location"].partition("#")[0])
    assert "All messages turned off." in page.text
    version = re.search(r'name="undo" value="(\d+)"', page.text)
    assert version is not None
    undone = press(pages.call, person.preferences, ("undo", version[1]))
    assert undone.status_code == 303
    assert "done=undone" in undone.headers["location"]
    assert preferences_of(pages.call, person.user_id)["push"] is True


def test_what_a_page_changes_is_in_the_ledger_with_its_source(pages: SmallService, person: Paths) -> None:
    press(pages.call, person.preferences, ("topic", "fewer:sport"))
    press(pages.call, person.opt_out, ("out", "all"))
    key = pages.deployment.identities.of(person.user_id)
    told = [(entry.what, entry.source) for _, entry in pages.deployment.store.words(key)]
    assert [source for _, source in told if source != "api"] == ["page", "page", "link"]
    assert told[-1] == ("push", "link")


def test_one_click_of_a_mail_program_needs_no_proof_and_no_second_step(pages: SmallService, person: Paths) -> None:
    answer = post(pages.call, person.opt_out, [("List-Unsubscribe", "One-Click")])
    assert answer.status_code == 200
    assert "All messages are off" in answer.text
    assert preferences_of(pages.call, person.user_id)["push"] is False
    again = post(pages.call, person.opt_out, [("List-Unsubscribe", "One-Click")])
    assert again.status_code == 200


def test_one_click_may_come_as_multipart(pages: SmallService, person: Paths) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert pages.call("POST", person.opt_out, body, key="", headers=headers).status_code == 200
    assert preferences_of(pages.call, person.user_id)["push"] is False


def test_only_advertising_can_be_stopped_and_the_rest_goes_on(pages: SmallService, person: Paths) -> None:
    answer = press(pages.call, person.opt_out, ("out", "offers"))
    assert "Advertising is off" in get(pages.call, person.opt_out + answer.headers["location"]).text
    found = preferences_of(pages.call, person.user_id)
    assert (found["objected"], found["push"]) == (True, True)


def test_a_download_is_the_file_that_the_api_gives_out(pages: SmallService, person: Paths) -> None:
    answer = press(pages.call, person.preferences, ("download", "yes"))
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.json() == pages.call("GET", f"/v1/users/{person.user_id}/export?language=en").json()


def test_the_language_is_the_one_asked_for_else_the_one_chosen_else_the_browsers(
    pages: SmallService, person: Paths
) -> None:
    def language(query: str = "") -> str:
        found = re.search(
            r'<html lang="([^"]+)"', get(pages.call, person.preferences + query, Accept_Language="zh").text
        )
        assert found is not None
        return found[1]

    assert language() == "zh-Hans"
    assert language("?language=en") == "en"
    pages.call("PATCH", f"/v1/users/{person.user_id}/preferences", {"language": "en-GB"})
    assert language() == "en"
    assert language("?language=zh") == "zh-Hans"
    assert language("?language=tlh") == "en"


def test_feedback_on_the_page_becomes_an_event(pages: SmallService, person: Paths) -> None:
    answer = press(pages.call, person.preferences, ("feedback", "too_often"), ("comment", " far too many "))
    assert "done=thanks" in answer.headers["location"]
    key = pages.deployment.identities.of(person.user_id)
    found = [one.event for one in pages.deployment.store.events_since(NOW) if one.event.user_id == key]
    assert [(event.type, event.reason, event.comment) for event in found] == [("feedback", "too_often", "far too many")]


def test_the_public_page_tells_the_rules_that_are_at_work(pages: SmallService) -> None:
    config, purposes = pages.deployment.policy.config, pages.deployment.purposes
    for language in ("en", "zh"):
        text = get(pages.call, f"/how-ranking-works?language={language}").text
        assert config.version in text
        for spec in purposes.values():
            assert spec.title[language] in text
            assert spec.version in text
        for figure in (config.max_per_week, config.user_ceiling.max_per_day, pages.deployment.privacy.events_days):
            assert str(figure) in text
        assert "22:00" in text
        assert "5\N{NO-BREAK SPACE}%" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_model_the_public_page_tells_the_fixed_caps_and_no_others(pages: SmallService, language: str) -> None:
    config = pages.deployment.policy.config
    assert (pages.deployment.ranker.served.degraded, config.max_per_day, config.max_per_week) == (True, 3, 12)
    text = unescape(get(pages.call, f"/how-ranking-works?language={language}").text)
    assert page_text("works_cap_day", language, limit=3) in text
    assert page_text("works_cap_week", language, limit=12) in text
    assert adaptive_words(pages, language) not in text
    assert page_text("works_data_rules", language) in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_with_a_model_the_public_page_tells_the_caps_of_both_who_is_known_and_who_is_not(
    tmp_path: Path, language: str
) -> None:
    lay_champion(tmp_path)
    with service_in_process(tmp_path, PUSHRANK_POLICY="default") as service:
        text = unescape(get(service.call, f"/how-ranking-works?language={language}").text)
        assert adaptive_words(service, language) in text
        assert page_text("works_fixed_both", language, day=3, week=12) in text
        days = service.deployment.privacy.events_days
        assert page_text("works_kept_pushes_until", language, count=days) in text
        assert page_text("works_data_rules", language) in text


def adaptive_words(service: SmallService, language: str) -> str:
    found = service.deployment.policy.config.adaptive
    assert found is not None
    bounds = {"least": found.least_per_week, "most": found.most_per_week, "day": found.most_per_day}
    return page_text("works_adaptive", language, **bounds)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_receipt_on_the_page_names_nothing_that_the_erasure_dealt_with(
    pages: SmallService, person: Paths, language: str
) -> None:
    answer = press(pages.call, person.preferences, ("erase", "yes"), query=f"?page=erase&language={language}")
    assert answer.status_code == 200
    text = unescape(answer.text)
    for code, texts in OUTSIDE.items():
        assert (texts[language] in text) == (code in AFTER_ERASURE), code
    assert REMAINS["mark"][language] in text
    assert REMAINS["model_marks"][language] not in text
    assert page_text("erased_mark", language) in text


def test_no_button_looks_as_if_marketing_had_been_agreed_to(pages: SmallService, person: Paths) -> None:
    def chosen(value: str) -> bool:
        page = unescape(get(pages.call, person.preferences).text)
        found = re.search(rf"value=['\"]{re.escape(value)}['\"] aria-pressed=\"(true|false)\"", page)
        assert found is not None
        return found[1] == "true"

    version = pages.deployment.purposes[Purpose.MARKETING].version
    yes = f'{{"consents":{{"marketing":{{"granted":true,"policy_version":"{version}"}}}}}}'
    assert not any(map(chosen, (yes, yes.replace("true", "false"), "on:promo", "fewer:promo")))
    press(pages.call, person.preferences, ("patch", yes))
    assert chosen(yes)
    assert chosen("on:promo")
    press(pages.call, person.preferences, ("patch", '{"objected":true}'))
    assert not chosen("on:promo")
    path = f"/v1/users/{person.user_id}/preferences"
    pages.call(
        "PATCH", path, {"objected": False, "consents": {"marketing": {"granted": True, "policy_version": "old"}}}
    )
    assert not any(map(chosen, (yes, "on:promo")))
    assert "This text has changed since you said yes" in get(pages.call, person.preferences).text
