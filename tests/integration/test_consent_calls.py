"""Consent and preferences over HTTP: what an app shows, what a yes is stamped with, and that it binds at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pushrank.config import ConfigError
from pushrank.domain.record import Change, Erasure
from tests.small_service import MESSAGES, NOW, RunningService, SmallService, service_in_process

SAID_AT = "2026-11-23T09:59:00Z"
_PLAIN = {ord(one): "-" for one in "{}': ,!"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallService]:
    home = tmp_path_factory.mktemp("consent")
    with service_in_process(home, PUSHRANK_POLICY="default") as service:
        assert service.call.post("/v1/messages", {"messages": MESSAGES}).status_code == 200
        yield service


def change(served: SmallService, user: str, patch: dict[str, Any], status: int = 200) -> dict[str, Any]:
    answer = served.call("PATCH", f"/v1/users/{user}/preferences", patch)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def code_of(served: SmallService, user: str, message: str = "m-offer") -> str | None:
    answer = served.call.rank(user_id=user, candidates=[message], mode="look")
    return next((one["code"] for one in answer["excluded"]), None)


def test_anybody_may_read_the_purposes_in_a_language_asked_for(served: SmallService) -> None:
    answer = served.call("GET", "/v1/purposes?language=zh", key="")
    assert (answer.status_code, answer.headers["content-language"]) == (200, "zh")
    told = answer.json()
    assert [one["purpose"] for one in told["purposes"]] == ["service", "recommendation", "marketing", "research"]
    assert [one["default"] for one in told["purposes"]] == [True, True, False, False]
    assert told["purposes"][2]["title"] == "优惠与广告"
    accepted = served.call("GET", "/v1/purposes", key="", headers={"Accept-Language": "zh-CN"})
    assert accepted.json() == told
    assert served.call("GET", "/v1/purposes", key="").json()["language"] == "en"


def test_an_unknown_language_is_refused_by_name(served: SmallService) -> None:
    answer = served.call("GET", "/v1/purposes?language=fr", key="")
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "/language", "detail": "expected one of en, zh, got 'fr'"}]


def test_a_yes_without_a_version_is_one_to_the_current_words_and_binds_in_the_next_decision(
    served: SmallService,
) -> None:
    change(served, "u-yes", {"timezone": "UTC"})
    assert code_of(served, "u-yes") == "no_consent"
    said = change(served, "u-yes", {"consents": {"marketing": {"granted": True}}})
    assert said["consents"]["marketing"]["policy_version"] == "2026-11"
    assert code_of(served, "u-yes") is None
    change(served, "u-yes", {"consents": {"marketing": {"granted": False}}})
    assert code_of(served, "u-yes") == "no_consent"


def test_a_yes_to_other_words_is_kept_and_counts_for_nothing(served: SmallService) -> None:
    patch = {"timezone": "UTC", "consents": {"marketing": {"granted": True, "policy_version": "2025-01"}}}
    assert change(served, "u-old", patch)["consents"]["marketing"]["policy_version"] == "2025-01"
    assert code_of(served, "u-old") == "no_consent"


@pytest.mark.parametrize(
    ("patch", "message", "code"),
    [
        ({"push": False}, "m-news", "opted_out"),
        ({"categories": {"*": False}}, "m-news", "category_off"),
        ({"categories": {"sport": False}}, "m-match", "category_off"),
        ({"category_caps": {"sport": 0}}, "m-match", "cap_category"),
        ({"muted_until": "2026-11-24T00:00:00Z"}, "m-news", "muted"),
        ({"max_per_day": 0}, "m-news", "cap_day"),
        ({"objected": True, "consents": {"marketing": {"granted": True}}}, "m-offer", "objected"),
        ({"quiet_hours": [{"from": "09:00", "to": "11:00"}], "in_quiet_hours": "drop"}, "m-news", "quiet_hours"),
    ],
)
def test_what_a_user_sets_binds_in_the_very_next_decision_and_so_does_taking_it_back(
    served: SmallService, patch: dict[str, Any], message: str, code: str
) -> None:
    user = f"u-{code}-{message}"
    change(served, user, {"timezone": "UTC", "consents": {"marketing": {"granted": True}}})
    assert code_of(served, user, message) is None
    change(served, user, patch)
    assert code_of(served, user, message) == code
    change(served, user, dict.fromkeys(patch.keys() - {"consents"}))
    assert code_of(served, user, message) is None


def test_an_unknown_category_is_refused_with_the_nearest_one_and_nothing_changes(served: SmallService) -> None:
    patch = {"push": False, "categories": {"sprot.tennis": False, "sport.padel": False}, "category_caps": {"nws": 1}}
    refused = change(served, "u-typo", patch, status=422)
    assert refused["errors"] == [
        {
            "pointer": "/categories/sprot.tennis",
            "detail": "expected a known category or one below it, got 'sprot.tennis', did you mean 'sport'?",
        },
        {
            "pointer": "/category_caps/nws",
            "detail": "expected a known category or one below it, got 'nws', did you mean 'news'?",
        },
    ]
    assert served.call("GET", "/v1/users/u-typo/preferences").json()["version"] == 0


def test_a_category_of_the_catalogue_may_be_named_and_one_set_before_may_be_taken_back(served: SmallService) -> None:
    change(served, "u-shelf", {"categories": {"weather": False}}, status=422)
    assert served.call.post("/v1/messages", {"messages": [{"message_id": "m-w", "category": "weather.rain"}]})
    change(served, "u-shelf", {"categories": {"weather": False}})
    assert code_of(served, "u-shelf", "m-w") == "category_off"
    assert served.call("DELETE", "/v1/messages/m-w").status_code == 204
    change(served, "u-shelf", {"categories": {"weather": True}})
    assert change(served, "u-shelf", {"categories": {"weather": None}})["categories"] == {}
    change(served, "u-shelf", {"categories": {"weather": False}}, status=422)


def test_every_change_is_a_word_in_the_ledger_and_a_refused_one_is_not(served: SmallService) -> None:
    change(served, "u-word", {"max_per_day": 2, "consents": {"research": {"granted": True}}})
    change(served, "u-word", {"max_per_day": 2})
    change(served, "u-word", {"max_per_day": 2, "timezone": "Mars"}, status=422)
    entries = [entry for _, entry in served.deployment.store.words(served.deployment.pseudonyms.of("u-word"))]
    assert [(one.what, one.before, one.at, one.source) for one in entries] == [
        ("consents/research", None, NOW, "api"),
        ("max_per_day", None, NOW, "api"),
    ]
    assert entries[0].value["policy_version"] == "2026-11"


def test_a_user_who_was_erased_has_no_preferences_to_see_or_change(served: SmallService) -> None:
    change(served, "u-gone", {"push": False})
    key = served.deployment.pseudonyms.of("u-gone")
    served.deployment.store.transact(key, lambda _: Change(None, erase=Erasure(NOW)), NOW)
    change(served, "u-gone", {"push": True}, status=410)
    assert served.call("GET", "/v1/users/u-gone/preferences").status_code == 410
    assert not served.deployment.store.words(key)


def test_a_service_whose_store_knows_other_words_of_a_version_does_not_start(tmp_path: Path) -> None:
    with service_in_process(tmp_path) as service:
        service.deployment.store.mark("purpose/marketing/2026-11", "0" * 64)
    with pytest.raises(ConfigError, match="marketing: expected another version"), service_in_process(tmp_path):
        pass


@pytest.mark.parametrize(
    ("fields", "accepted"),
    [
        ({"reason": "too_often"}, 1),
        ({"reason": "bad_time", "comment": "At night!"}, 1),
        ({"comment": "Thank you."}, 1),
        ({"reason": "offensive"}, 0),
        ({"reason": "too_often", "reverted": True}, 1),
    ],
)
def test_feedback_about_all_pushes_names_none(served: SmallService, fields: dict[str, Any], accepted: int) -> None:
    event = {"event_id": f"e-{fields}".translate(_PLAIN), "type": "feedback", "user_id": "u-word", "at": SAID_AT}
    answer = served.call.post("/v1/events", {"events": [{**event, **fields}]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["accepted"] == accepted


def test_feedback_without_a_reason_and_a_comment_says_nothing(served: SmallService) -> None:
    event = {"event_id": "e-none", "type": "feedback", "user_id": "u-word", "at": SAID_AT}
    answer = served.call.post("/v1/events", {"events": [event]})
    assert answer.json()["errors"] == [
        {"pointer": "/events/0/reason", "detail": "required by type feedback, and missing"}
    ]


def test_over_a_socket_every_word_binds_in_the_very_next_decision(running: RunningService) -> None:
    path = "/v1/users/u-next/preferences"
    words: list[tuple[dict[str, Any], str | None]] = [
        ({"push": False}, "opted_out"),
        ({"push": True, "categories": {"sport": None}}, None),
        ({"categories": {"sport": False}}, "category_off"),
    ]
    for patch, code in words * 5:
        answer = running.call("PATCH", path, patch)
        assert answer.status_code == 200, answer.text
        decision = running.call.rank(user_id="u-next", candidates=["m-match"], mode="look")
        assert [one["code"] for one in decision["excluded"]] == ([] if code is None else [code])


def test_a_change_that_is_repeated_under_its_key_tells_the_first_version_again(served: SmallService) -> None:
    path, key = "/v1/users/u-repeats/preferences", {"Idempotency-Key": "change-once"}
    first = served.call("PATCH", path, {"max_per_day": 2}, headers=key)
    served.call("PATCH", path, {"max_per_day": 1})
    again = served.call("PATCH", path, {"max_per_day": 2}, headers=key)
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    stale = {"If-Match": again.headers["etag"]}
    assert served.call("PATCH", path, {"max_per_day": 3}, headers=stale).status_code == 412
