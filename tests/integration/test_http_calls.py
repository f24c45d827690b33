"""What each call answers, over HTTP in this process, with a real store and a small model."""

# Chinese punctuation is meant.
# ruff: noqa: RUF001

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pushrank.domain.record import Slot
from pushrank.ranking import deciding
from pushrank.service.wire.preferences import PreferencesAnswer
from pushrank.service.wire.rank import ConfirmAnswer, DecisionAnswer, ReleaseAnswer
from tests.small_service import MESSAGES, SmallService, service_in_process


def as_json(value: object) -> object:
    return msgspec.json.decode(msgspec.json.encode(value))


def test_every_candidate_is_in_exactly_one_list(served: SmallService) -> None:
    answer = served.call.rank(candidates=["m-news", "m-match", "m-old", "m-none"], mode="look")
    lists = [{entry["message_id"] for entry in answer[name]} for name in ("slate", "passed_over", "excluded")]
    assert sorted(name for found in lists for name in found) == ["m-match", "m-news", "m-none", "m-old"]
    codes = {entry["message_id"]: entry["code"] for entry in answer["excluded"]}
    assert codes == {"m-old": "expired", "m-none": "unknown_message"}


def test_an_answer_has_the_declared_type(served: SmallService) -> None:
    answer = served.call.rank(user_id="u-typed", candidates=["m-news", "m-match"], slots=2)
    read = msgspec.convert(answer, DecisionAnswer)
    assert as_json(read) == answer
    assert read.versions.model is not None
    assert not read.degraded


def test_without_candidates_every_live_message_is_considered(served: SmallService) -> None:
    answer = served.call.rank(user_id="u-all", mode="look", slots=20)
    names = {entry["message_id"] for name in ("slate", "passed_over", "excluded") for entry in answer[name]}
    assert names == {"m-news", "m-match", "m-offer"}


def test_a_look_has_no_consequences_and_cannot_be_confirmed(served: SmallService) -> None:
    first = served.call.rank(user_id="u-look", mode="look", slots=2, candidates=["m-news", "m-match"])
    second = served.call.rank(user_id="u-look", mode="look", slots=2, candidates=["m-news", "m-match"])
    assert [entry["message_id"] for entry in first["slate"]] == [entry["message_id"] for entry in second["slate"]]
    assert first["slate"][0]["hold_expires_at"] is None
    refused = served.call.post(f"/v1/decisions/{first['decision_id']}/confirm", {})
    assert refused.status_code == 409


def test_a_held_message_is_confirmed_and_then_not_sent_again(served: SmallService) -> None:
    held = served.call.rank(user_id="u-held", candidates=["m-match"])
    path = f"/v1/decisions/{held['decision_id']}"
    moment = {"at": "2026-11-23T10:00:30Z"}
    confirmed = served.call.post(f"{path}/confirm", moment)
    assert msgspec.convert(confirmed.json(), ConfirmAnswer) == ConfirmAnswer(("m-match",), ())
    assert served.call.post(f"{path}/confirm", moment).json() == confirmed.json()
    again = served.call.rank(user_id="u-held", candidates=["m-match"], at="2026-11-23T11:00:00Z")
    assert [entry["code"] for entry in again["excluded"]] == ["already_sent"]


def test_a_released_message_may_be_ranked_again(served: SmallService) -> None:
    held = served.call.rank(user_id="u-free", candidates=["m-match"])
    path = f"/v1/decisions/{held['decision_id']}/release"
    freed = served.call.post(path, {"message_ids": ["m-match"], "at": "2026-11-23T10:00:30Z"})
    assert msgspec.convert(freed.json(), ReleaseAnswer) == ReleaseAnswer(("m-match",))
    assert served.call.rank(user_id="u-free", candidates=["m-match"])["slate"]


def test_a_message_outside_the_slate_cannot_be_confirmed(served: SmallService) -> None:
    held = served.call.rank(user_id="u-foreign", candidates=["m-match"])
    refused = served.call.post(f"/v1/decisions/{held['decision_id']}/confirm", {"message_ids": ["m-match", "m-x"]})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/message_ids/1"


def test_a_stop_is_told_and_a_repeated_confirm_tells_it_again(served: SmallService) -> None:
    held = served.call.rank(user_id="u-stopped", candidates=["m-match"])
    path, moment = f"/v1/decisions/{held['decision_id']}/confirm", {"at": "2026-11-23T10:01:00Z"}
    muted = {"muted_until": "2026-11-24T08:00:00Z"}
    served.call("PATCH", "/v1/users/u-stopped/preferences", muted)
    first = served.call.post(path, moment).json()
    stop = {"message_id": "m-match", "code": "muted", "until": "2026-11-24T08:00:00+00:00"}
    assert first == {
        "send": [],
        "stop": [{**stop, "text": "You have paused messages until 8:00 on 24 November."}],
    }
    served.call("PATCH", "/v1/users/u-stopped/preferences", {"muted_until": None})
    assert served.call.post(path, moment).json() == first
    chinese = served.call.post(path, moment, headers={"Accept-Language": "zh"}).json()
    assert chinese["stop"] == [{**stop, "text": "你已暂停接收消息，到11月24日8:00为止。"}]


def test_a_kept_answer_permits_nothing_once_permission_has_gone(served: SmallService) -> None:
    held = served.call.rank(user_id="u-kept", candidates=["m-match", "m-news"], slots=2)
    path, moment = f"/v1/decisions/{held['decision_id']}/confirm", {"at": "2026-11-23T10:01:00Z"}
    key = {"Idempotency-Key": "confirm-kept"}
    first = served.call.post(path, moment, headers=key).json()
    assert sorted(first["send"]) == ["m-match", "m-news"]
    assert served.call.post(path, moment, headers=key).json() == first
    served.call("PATCH", "/v1/users/u-kept/preferences", {"categories": {"sport": False}})
    for _ in range(2):
        again = served.call.post(path, moment, headers=key).json()
        assert again["send"] == ["m-news"]
        assert [(one["message_id"], one["code"]) for one in again["stop"]] == [("m-match", "category_off")]


def test_a_kept_ranking_of_mode_confirm_permits_nothing_once_permission_has_gone(served: SmallService) -> None:
    key = {"Idempotency-Key": "rank-kept"}
    body = {"user_id": "u-mode", "candidates": ["m-match", "m-news"], "slots": 2, "mode": "confirm"}
    asked = {**body, "at": "2026-11-23T10:00:00Z"}
    first = served.call.post("/v1/rank", asked, headers=key)
    assert len(first.json()["slate"]) == 2
    assert served.call.post("/v1/rank", asked, headers=key).content == first.content
    served.call("PATCH", "/v1/users/u-mode/preferences", {"push": False})
    for _ in range(2):
        again = served.call.post("/v1/rank", asked, headers=key).json()
        assert msgspec.convert(again, DecisionAnswer).slate == ()
        assert {one["message_id"]: one["code"] for one in again["excluded"]} == {
            "m-match": "opted_out",
            "m-news": "opted_out",
        }
        assert again["silence"] == "all_excluded"
        assert again["user_id"] == "u-mode"


def test_a_release_of_what_was_stopped_is_answered_and_changes_nothing(served: SmallService) -> None:
    held = served.call.rank(user_id="u-twice", candidates=["m-match"])
    path, moment = f"/v1/decisions/{held['decision_id']}", {"at": "2026-11-23T10:01:00Z"}
    served.call("PATCH", "/v1/users/u-twice/preferences", {"push": False})
    first = served.call.post(f"{path}/confirm", moment).json()
    assert [one["code"] for one in first["stop"]] == ["opted_out"]
    assert served.call.post(f"{path}/release", moment).json() == {"released": ["m-match"]}
    assert served.call.post(f"{path}/confirm", moment).json() == first


def test_what_was_passed_over_or_excluded_is_told_in_the_language_asked_for(served: SmallService) -> None:
    served.call("PATCH", "/v1/users/u-told/preferences", {"categories": {"promo": False}})
    made = served.call.rank(user_id="u-told", candidates=["m-news", "m-match", "m-offer"], mode="look")
    shown = {
        language: served.call(
            "GET", f"/v1/decisions/{made['decision_id']}", headers={"Accept-Language": language}
        ).json()
        for language in ("en", "zh")
    }
    assert shown["en"]["excluded"] == made["excluded"]
    (passed,), (excluded,) = made["passed_over"], made["excluded"]
    assert (passed["code"], passed["text"]) == ("outranked", "Another message was worth more to you.")
    assert excluded["text"] == "Messages from Offers are turned off."
    assert shown["zh"]["passed_over"][0]["text"] == "另一条消息对你更有价值。"
    assert shown["zh"]["excluded"][0]["text"] == "“优惠”类消息已关闭。"


def test_a_write_that_the_store_alone_refuses_is_a_503_and_is_counted_loudly(
    served: SmallService, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def everything_taken(*_: object) -> tuple[Slot, ...]:
        return (Slot("cap_day", 0, 0, 1, 0),)

    monkeypatch.setattr(deciding, "slots_of", everything_taken)
    refused = served.call.post("/v1/rank", {"user_id": "u-over", "candidates": ["m-match"]})
    assert refused.status_code == 503
    assert refused.headers["content-type"] == "application/problem+json"
    written = capsys.readouterr()
    assert "the store refused what a rule had allowed" in written.out + written.err
    assert 'pushrank_broken_rules_total{route="/v1/rank"} 1.0' in served.call("GET", "/metrics").text


def test_a_decision_is_shown_as_it_was_answered_but_for_the_pseudonym(served: SmallService) -> None:
    made = served.call.rank(user_id="u-shown", candidates=["m-match", "m-none"])
    shown = served.call("GET", f"/v1/decisions/{made['decision_id']}").json()
    assert shown.pop("user_id") == served.deployment.pseudonyms.of("u-shown")
    assert made.pop("user_id") == "u-shown"
    assert shown == made


def test_an_event_counts_in_the_next_ranking(served: SmallService) -> None:
    told = {"event_id": "e-out", "type": "opted_out", "user_id": "u-out", "at": "2026-11-23T09:00:00Z"}
    assert served.call.rank(user_id="u-out", candidates=["m-match"], mode="look")["slate"]
    assert served.call.post("/v1/events", {"events": [told]}).json() == {
        "accepted": 1,
        "duplicates": 0,
        "rejected": [],
    }
    after = served.call.rank(user_id="u-out", candidates=["m-match"], mode="look")
    assert [entry["code"] for entry in after["excluded"]] == ["opted_out"]


def test_a_repeated_event_is_a_duplicate_and_another_body_is_rejected(served: SmallService) -> None:
    event = {"event_id": "e-twice", "type": "activity", "kind": "view", "user_id": "u", "at": "2026-11-23T09:00:00Z"}
    served.call.post("/v1/events", {"events": [event]})
    other = {**event, "kind": "purchase"}
    answer = served.call.post("/v1/events", {"events": [event, other]}).json()
    assert (answer["accepted"], answer["duplicates"]) == (0, 1)
    assert [(one["index"], one["code"]) for one in answer["rejected"]] == [(1, "conflicting_event")]


def test_reasons_are_told_in_the_language_asked_for(served: SmallService) -> None:
    fields = {"user_id": "u-zh", "candidates": ["m-news"], "mode": "look", "at": "2026-11-23T09:00:00Z"}
    texts = {
        language: served.call.post("/v1/rank", fields, headers={"Accept-Language": language}).json()["slate"][0]
        for language in ("en", "zh-CN,en;q=0.5", "fr")
    }
    english = [reason["text"] for reason in texts["en"]["reasons"]]
    assert english
    assert english == [reason["text"] for reason in texts["fr"]["reasons"]]
    assert english != [reason["text"] for reason in texts["zh-CN,en;q=0.5"]["reasons"]]


def test_preferences_have_a_version_that_guards_a_change(served: SmallService) -> None:
    path = "/v1/users/u-prefs/preferences"
    before = served.call("GET", path)
    assert before.headers["etag"] == '"0"'
    changed = served.call("PATCH", path, {"max_per_day": 1}, headers={"If-Match": '"0"'})
    assert changed.headers["etag"] == '"1"'
    assert changed.json() == served.call("GET", path).json()
    stale = served.call("PATCH", path, {"max_per_day": 2}, headers={"If-Match": '"0"'})
    assert stale.status_code == 412
    assert served.call("GET", path).json()["max_per_day"] == 1


def test_preferences_have_the_declared_type(served: SmallService) -> None:
    patch = {
        "categories": {"*": True, "promo": False},
        "quiet_hours": [{"from": "22:00", "to": "08:00", "days": ["mon", "sun"]}],
        "in_quiet_hours": "defer",
        "timezone": "Asia/Shanghai",
        "language": "zh",
        "consents": {"marketing": {"granted": False, "policy_version": "2026-11"}},
    }
    answer = served.call("PATCH", "/v1/users/u-full/preferences", patch)
    assert as_json(msgspec.convert(answer.json(), PreferencesAnswer)) == answer.json()


def test_a_preference_binds_from_the_next_decision_on(served: SmallService) -> None:
    served.call("PATCH", "/v1/users/u-mute/preferences", {"categories": {"sport": False}})
    after = served.call.rank(user_id="u-mute", candidates=["m-match"], mode="look")
    assert [entry["code"] for entry in after["excluded"]] == ["category_off"]


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[SmallService]:
    with service_in_process(tmp_path) as service:
        yield service


def test_the_catalogue_is_paged_by_id(alone: SmallService) -> None:
    alone.call.post("/v1/messages", {"messages": MESSAGES})
    names, path = [], "/v1/messages?limit=3"
    for _ in range(2):
        page = alone.call("GET", path).json()
        names += [message["message_id"] for message in page["messages"]]
        path = f"/v1/messages?limit=3&cursor={page['next_cursor']}"
    assert names == ["m-match", "m-news", "m-offer", "m-old"]
    assert page["next_cursor"] is None


def test_a_message_is_replaced_shown_and_taken_out(alone: SmallService) -> None:
    alone.call.post("/v1/messages", {"messages": MESSAGES})
    answer = alone.call.post("/v1/messages", {"messages": [{**MESSAGES[0], "title": "Sun"}]})
    assert answer.json() == {"messages": [{"message_id": "m-news", "findings": []}]}
    assert alone.call("GET", "/v1/messages/m-news").json()["title"] == "Sun"
    assert alone.call("DELETE", "/v1/messages/m-news").status_code == 204
    assert alone.call("DELETE", "/v1/messages/m-news").status_code == 404
    assert alone.call("GET", "/v1/messages/m-news").status_code == 404
    gone = alone.call.rank(candidates=["m-news"], mode="look")
    assert [entry["code"] for entry in gone["excluded"]] == ["unknown_message"]


def test_without_a_model_rankings_are_degraded_and_the_service_is_not_ready(alone: SmallService) -> None:
    alone.call.post("/v1/messages", {"messages": MESSAGES})
    assert alone.call("GET", "/livez", key="").status_code == 200
    assert alone.call("GET", "/readyz", key="").status_code == 503
    answer = alone.call.rank(candidates=["m-news"], mode="look")
    assert answer["degraded"]
    assert answer["versions"]["model"] is None


def test_with_a_model_and_a_store_the_service_is_ready(served: SmallService) -> None:
    answer = served.call("GET", "/readyz", key="")
    assert answer.status_code == 200
    assert answer.json()["model"] == served.deployment.ranker.served.model


def test_a_store_that_does_not_answer_is_a_503_everywhere(alone: SmallService) -> None:
    key = alone.call.key
    assert alone.call("GET", "/v1/messages", key=key).status_code == 200
    alone.deployment.store.close()
    for answer in (
        alone.call("GET", "/readyz"),
        alone.call.post("/v1/rank", {"user_id": "u"}),
        alone.call("GET", "/v1/users/u/preferences"),
    ):
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.headers["content-type"] == "application/problem+json"


def test_figures_count_by_template_and_never_by_id(served: SmallService) -> None:
    served.call("GET", "/v1/users/u-secret/preferences")
    served.call("GET", "/nowhere/u-secret")
    text = served.call("GET", "/metrics").text
    assert 'route="/v1/users/{id}/preferences"' in text
    assert "u-secret" not in text
    assert "pushrank_degraded 0.0" in text
