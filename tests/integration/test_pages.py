"""The pages of people over HTTP: what they show, what they change, and what they refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from itertools import count
from pathlib import Path
from time import perf_counter

import pytest

from pushrank.domain.codes import Purpose
from pushrank.domain.instants import DAY
from pushrank.domain.record import Change, Erasure, Reading
from pushrank.rights.links import Use
from tests.small_pages import Paths, dump, get, paths_of, post, preferences_of, press, proof_in
from tests.small_service import MESSAGES, NOW, SmallService, service_in_process

WEIGHT = 50_000
_people = count()
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallService]:
    with service_in_process(tmp_path_factory.mktemp("pages"), PUSHRANK_POLICY="default") as found:
        assert found.call.post("/v1/messages", {"messages": MESSAGES}).status_code == 200
        yield found


@pytest.fixture
def person(service: SmallService) -> Paths:
    """A user of one test alone, who lives in Shanghai."""
    user_id = f"u-{next(_people)}"
    answer = service.call("PATCH", f"/v1/users/{user_id}/preferences", {"timezone": "Asia/Shanghai"})
    assert answer.status_code == 200, answer.text
    return paths_of(service.call, user_id)


def home_of(service: SmallService) -> Path:
    return Path(service.environment["PUSHRANK_HOME"])


def test_following_links_changes_nothing_at_all(service: SmallService, person: Paths) -> None:
    before = dump(home_of(service))
    queries = ("", "?language=zh", "?page=erase", "?done=1&at=topics", "?utm_source=scan", "?done=undone", "?out=all")
    for path in (person.preferences, person.opt_out, "/how-ranking-works"):
        for query in queries:
            assert get(service.call, path + query).status_code == 200
            assert service.call("HEAD", path + query, key="").status_code == 200
    assert dump(home_of(service)) == before


def test_a_page_comes_whole_in_one_answer_light_and_fast_and_may_load_nothing(
    service: SmallService, person: Paths
) -> None:
    for path in (person.preferences, f"{person.preferences}?page=erase", person.opt_out, "/how-ranking-works"):
        for language in ("en", "zh"):
            get(service.call, path)
            started = perf_counter()
            answer = get(service.call, path, Accept_Language=language)
            assert perf_counter() - started < 0.1
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


def test_the_page_of_somebody_of_whom_much_is_known_is_light_all_the_same(service: SmallService, person: Paths) -> None:
    path = f"/v1/users/{person.user_id}/preferences"
    windows = [{"from": f"{hour:02}:{minute}", "to": f"{hour:02}:59"} for hour in range(23) for minute in (10, 30)]
    service.call("PATCH", path, {"quiet_hours": windows, "tags": {f"a tag of {place}": False for place in range(40)}})
    service.call("PATCH", path, {"categories": {f"sport.{place}": False for place in range(100)}})
    for place in range(40):
        service.call("PATCH", path, {"category_caps": {f"news.{place}": 2}, "max_per_day": place % 5})
    seen = {"type": "activity", "user_id": person.user_id, "kind": "view", "at": "2026-11-23T09:00:00Z"}
    events = [{**seen, "event_id": f"{person.user_id}-{place}", "tags": [f"tag {place}"]} for place in range(60)]
    assert service.call.post("/v1/events", {"events": events}).json()["accepted"] == 60
    for place in range(8):
        service.call.post("/v1/rank", {"user_id": person.user_id, "at": f"2026-11-23T09:{place:02}:00Z"})
    for language in ("en", "zh"):
        assert len(get(service.call, f"{person.preferences}?language={language}&at=quiet").content) < WEIGHT
    page = get(service.call, person.preferences).text
    kept = re.search(r'name="kept" value="([^"]*)"', page)
    assert kept is not None
    fields = [("save", "quiet"), ("quiet", "own"), ("then", "defer"), ("kept", unescape(kept[1]))]
    shown = [("from1", "05:00"), ("to1", "06:00"), ("days1", "mon"), ("from2", ""), ("to2", "")]
    assert press(service.call, person.preferences, *fields, *shown).status_code == 303
    assert len(preferences_of(service.call, person.user_id)["quiet_hours"]) == len(windows) - 4 + 1


def test_turning_everything_off_takes_one_form_and_undo_another(service: SmallService, person: Paths) -> None:
    answer = press(service.call, person.preferences, ("patch", '{"push":false}'))
    assert answer.status_code == 303
    assert preferences_of(service.call, person.user_id)["push"] is False
    page = get(service.call, person.preferences + answer.headers["location"].partition("#")[0])
    assert "All messages turned off." in page.text
    version = re.search(r'name="undo" value="(\d+)"', page.text)
    assert version is not None
    undone = press(service.call, person.preferences, ("undo", version[1]))
    assert undone.status_code == 303
    assert "done=undone" in undone.headers["location"]
    assert preferences_of(service.call, person.user_id)["push"] is True


def test_an_undo_of_a_page_that_is_out_of_date_takes_nothing_back(service: SmallService, person: Paths) -> None:
    press(service.call, person.preferences, ("patch", '{"push":false}'))
    service.call("PATCH", f"/v1/users/{person.user_id}/preferences", {"max_per_day": 1})
    answer = press(service.call, person.preferences, ("undo", "2"))
    assert "done=stale" in answer.headers["location"]
    found = preferences_of(service.call, person.user_id)
    assert (found["push"], found["max_per_day"]) == (False, 1)


def test_what_a_page_changes_is_in_the_ledger_with_its_source(service: SmallService, person: Paths) -> None:
    press(service.call, person.preferences, ("topic", "fewer:sport"))
    press(service.call, person.opt_out, ("out", "all"))
    key = service.deployment.identities.of(person.user_id)
    told = [(entry.what, entry.source) for _, entry in service.deployment.store.words(key)]
    assert [source for _, source in told if source != "api"] == ["page", "page", "link"]
    assert told[-1] == ("push", "link")


@pytest.mark.parametrize(
    "proof", ["", "x", "A" * 43, "another"], ids=["none", "short", "made up", "of another person's page"]
)
def test_a_form_without_the_proof_of_its_page_changes_nothing(service: SmallService, person: Paths, proof: str) -> None:
    if proof == "another":
        proof = proof_in(get(service.call, paths_of(service.call, "somebody-else").preferences).text)
    before = dump(home_of(service))
    fields = [("csrf", proof), ("patch", '{"push":false}'), ("out", "all")]
    for path in (person.preferences, person.opt_out):
        assert post(service.call, path, fields).status_code == 403
    assert dump(home_of(service)) == before


def test_a_form_that_another_site_sends_changes_nothing(service: SmallService, person: Paths) -> None:
    proof = proof_in(get(service.call, person.preferences).text)
    before = dump(home_of(service))
    fields = [("csrf", proof), ("patch", '{"push":false}')]
    for headers in ({"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        answer = post(service.call, person.preferences, fields, **headers)
        assert answer.status_code == 403
        assert answer.headers["content-type"].startswith("text/html")
    assert dump(home_of(service)) == before
    own = post(service.call, person.preferences, fields, Sec_Fetch_Site="same-origin", Origin="null")
    assert own.status_code == 303


def test_one_click_of_a_mail_program_needs_no_proof_and_no_second_step(service: SmallService, person: Paths) -> None:
    answer = post(service.call, person.opt_out, [("List-Unsubscribe", "One-Click")])
    assert answer.status_code == 200
    assert "All messages are off" in answer.text
    assert preferences_of(service.call, person.user_id)["push"] is False
    again = post(service.call, person.opt_out, [("List-Unsubscribe", "One-Click")])
    assert again.status_code == 200


def test_one_click_may_come_as_multipart(service: SmallService, person: Paths) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert service.call("POST", person.opt_out, body, key="", headers=headers).status_code == 200
    assert preferences_of(service.call, person.user_id)["push"] is False


def test_the_opt_out_link_can_do_nothing_else(service: SmallService, person: Paths) -> None:
    press(service.call, person.opt_out, ("out", "all"))
    before = dump(home_of(service))
    token = person.opt_out.rpartition("/")[2]
    assert get(service.call, f"/preferences/{token}").status_code == 404
    proof = proof_in(get(service.call, f"{person.opt_out}?done=offers").text + 'name="csrf" value="none"')
    for fields in ([("patch", '{"push":true}')], [("undo", "2")], [("out", "none")], [("erase", "yes")]):
        assert post(service.call, person.opt_out, [("csrf", proof), *fields]).status_code == 403
    assert dump(home_of(service)) == before


def test_only_advertising_can_be_stopped_and_the_rest_goes_on(service: SmallService, person: Paths) -> None:
    answer = press(service.call, person.opt_out, ("out", "offers"))
    assert "Advertising is off" in get(service.call, person.opt_out + answer.headers["location"]).text
    found = preferences_of(service.call, person.user_id)
    assert (found["objected"], found["push"]) == (True, True)


def test_links_that_are_forged_cut_or_foreign_open_a_friendly_page_that_tells_nothing(
    service: SmallService, person: Paths
) -> None:
    token = person.preferences.rpartition("/")[2]
    nobody = paths_of(service.call, "nobody-yet").preferences.rpartition("/")[2]
    opt_out = person.opt_out.rpartition("/")[2]
    bad = [
        token[:-1],
        token[:20],
        token[:30] + chr(ord(token[30]) ^ 1) + token[31:],
        nobody[:-3],
        "x",
        "p_" + "0" * 32,
        opt_out,
        "a.b",
        "%00",
        "%2e%2e",
    ]
    before = dump(home_of(service))
    pages = set()
    for one in bad:
        answer = get(service.call, f"/preferences/{one}")
        sent = post(service.call, f"/preferences/{one}", [("patch", '{"push":false}')])
        assert (answer.status_code, sent.status_code) == (404, 404), one
        pages |= {answer.text, sent.text}
    assert len(pages) == 1
    assert "This link doesn&#39;t work" in pages.pop()
    assert dump(home_of(service)) == before


def test_a_link_that_has_run_out_says_how_to_get_another_whoever_it_was_for(
    service: SmallService, person: Paths
) -> None:
    links = service.deployment.links
    pages = set()
    for user_id in (person.user_id, "nobody-yet"):
        path = f"/preferences/{links.seal(Use.PREFERENCES, user_id, NOW)}"
        answer = get(service.call, path)
        assert answer.status_code == 410
        assert post(service.call, path, [("patch", '{"push":false}')]).status_code == 410
        pages.add(answer.text)
    assert len(pages) == 1
    assert "This link has run out" in pages.pop()


def test_the_page_of_somebody_erased_says_that_nothing_is_kept(service: SmallService, person: Paths) -> None:
    key = service.deployment.identities.of(person.user_id)

    def rule(_: Reading) -> Change[None]:
        return Change(None, erase=Erasure(NOW))

    service.deployment.store.transact(key, rule, NOW - DAY)
    for path in (person.preferences, person.opt_out):
        answer = get(service.call, path)
        assert answer.status_code == 410
        assert "Nothing is kept about you" in answer.text
    assert post(service.call, person.opt_out, [("List-Unsubscribe", "One-Click")]).status_code == 410


def test_what_people_write_stays_text(service: SmallService, person: Paths) -> None:
    service.call("PATCH", f"/v1/users/{person.user_id}/preferences", {"tags": {HOSTILE: False}})
    body = {"messages": [{"message_id": "m-hostile", "category": "news", "title": HOSTILE}]}
    assert service.call.post("/v1/messages", body).status_code == 200
    asked = {"user_id": person.user_id, "candidates": ["m-hostile"], "at": "2026-11-23T10:00:00Z"}
    assert service.call.post("/v1/rank", asked).status_code == 200
    shown = get(service.call, person.preferences).text
    refused = press(service.call, person.preferences, ("feedback", "no such reason"), ("comment", HOSTILE))
    assert refused.status_code == 422
    for page in (shown, refused.text):
        assert "<script" not in page
        assert "<img" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_a_download_is_the_file_that_the_api_gives_out(service: SmallService, person: Paths) -> None:
    answer = press(service.call, person.preferences, ("download", "yes"))
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.json() == service.call("GET", f"/v1/users/{person.user_id}/export?language=en").json()


@pytest.mark.parametrize(
    "fields",
    [
        [("save", "place"), ("zone_name", "Mars/Olympus")],
        [("save", "quiet"), ("quiet", "own"), ("then", "defer")],
        [("save", "quiet"), ("quiet", "own"), ("then", "defer"), ("from1", "22:00"), ("to1", "07:00")],
        [("save", "quiet"), ("quiet", "own"), ("then", "defer"), ("from1", "9"), ("to1", "8"), ("days1", "mon")],
        [("save", "quiet"), ("quiet", "x"), ("then", "y")],
        [("save", "many"), ("max_per_day", "-1")],
        [("save", "many"), ("max_per_day", "99999999")],
        [("save", "nothing")],
        [("patch", "[]")],
        [("patch", "{")],
        [("patch", '{"version": 9}')],
        [("patch", '{"push": "no"}')],
        [("topic", "less:sport")],
        [("topic", "on:no/such")],
        [("interest", "never:")],
        [("feedback", "not_relevant")],
        [("undo", "x")],
        [],
    ],
    ids=str,
)
def test_a_form_that_makes_no_sense_is_refused_on_the_page_and_changes_nothing(
    service: SmallService, person: Paths, fields: list[tuple[str, str]]
) -> None:
    before = dump(home_of(service))
    answer = press(service.call, person.preferences, *fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert dump(home_of(service)) == before


def test_the_language_is_the_one_asked_for_else_the_one_chosen_else_the_browsers(
    service: SmallService, person: Paths
) -> None:
    def language(query: str = "") -> str:
        found = re.search(
            r'<html lang="([^"]+)"', get(service.call, person.preferences + query, Accept_Language="zh").text
        )
        assert found is not None
        return found[1]

    assert language() == "zh-Hans"
    assert language("?language=en") == "en"
    service.call("PATCH", f"/v1/users/{person.user_id}/preferences", {"language": "en-GB"})
    assert language() == "en"
    assert language("?language=zh") == "zh-Hans"
    assert language("?language=tlh") == "en"


def test_feedback_on_the_page_becomes_an_event(service: SmallService, person: Paths) -> None:
    answer = press(service.call, person.preferences, ("feedback", "too_often"), ("comment", " far too many "))
    assert "done=thanks" in answer.headers["location"]
    key = service.deployment.identities.of(person.user_id)
    found = [one.event for one in service.deployment.store.events_since(NOW) if one.event.user_id == key]
    assert [(event.type, event.reason, event.comment) for event in found] == [("feedback", "too_often", "far too many")]


def test_the_public_page_tells_the_rules_that_are_at_work(service: SmallService) -> None:
    config, purposes = service.deployment.policy.config, service.deployment.purposes
    for language in ("en", "zh"):
        text = get(service.call, f"/how-ranking-works?language={language}").text
        assert config.version in text
        for spec in purposes.values():
            assert spec.title[language] in text
            assert spec.version in text
        assert config.adaptive is not None
        for figure in (
            config.adaptive.most_per_week,
            config.user_ceiling.max_per_day,
            service.deployment.privacy.events_days,
        ):
            assert str(figure) in text
        assert "22:00" in text
        assert "5\N{NO-BREAK SPACE}%" in text


def test_no_button_looks_as_if_marketing_had_been_agreed_to(service: SmallService, person: Paths) -> None:
    def chosen(value: str) -> bool:
        page = unescape(get(service.call, person.preferences).text)
        found = re.search(rf"value=['\"]{re.escape(value)}['\"] aria-pressed=\"(true|false)\"", page)
        assert found is not None
        return found[1] == "true"

    version = service.deployment.purposes[Purpose.MARKETING].version
    yes = f'{{"consents":{{"marketing":{{"granted":true,"policy_version":"{version}"}}}}}}'
    assert not any(map(chosen, (yes, yes.replace("true", "false"), "on:promo", "fewer:promo")))
    press(service.call, person.preferences, ("patch", yes))
    assert chosen(yes)
    assert chosen("on:promo")
    press(service.call, person.preferences, ("patch", '{"objected":true}'))
    assert not chosen("on:promo")
    path = f"/v1/users/{person.user_id}/preferences"
    service.call(
        "PATCH", path, {"objected": False, "consents": {"marketing": {"granted": True, "policy_version": "old"}}}
    )
    assert not any(map(chosen, (yes, "on:promo")))
    assert "This text has changed since you said yes" in get(service.call, person.preferences).text
