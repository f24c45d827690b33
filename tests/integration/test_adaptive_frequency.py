"""How many pushes a user gets, from the user's word in an event to the next answer and the preferences."""

# Chinese punctuation is meant.
# ruff: noqa: RUF001

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from pushrank.config.home import Home
from pushrank.domain.permission import Cohort
from pushrank.scoring.bundle import save
from pushrank.scoring.install import install
from pushrank.scoring.permission import Permission
from pushrank.service.wire.preferences import PreferencesAnswer
from pushrank.service.wire.rank import DecisionAnswer
from tests.small_models import small_trained
from tests.small_service import MESSAGES, SmallService, service_in_process

NAMES = ["m-news", "m-match"]
# Every step pays up to 14 pushes a week.
COHORT = Cohort(4.0, (0.0, 0.5, 0.9, 0.95), (0.0, 0.002, 0.005, 0.1), 900.0, 9)
POOLED = Permission((0.0, 7.0, 14.0, 28.0), (), (), (COHORT,), COHORT)
FIGURES = {"activity": 0.0, "opened": 0.1, "risk": pytest.approx(0.095 / 14), "too_often": 0.0, "price": 0.0}
SUITS = {"per_day": 2, "per_week": 14, "decided_by": "adaptive", "week_decided_by": "adaptive"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallService]:
    """A service under the shipped policy, whose model knows what suits."""
    home = tmp_path_factory.mktemp("frequency")
    save(replace(small_trained(), permission=POOLED), home / "first")
    install(home / "first", Home(home).champion)
    with service_in_process(home, PUSHRANK_POLICY="default") as service:
        assert service.call.post("/v1/messages", {"messages": MESSAGES}).status_code == 200
        yield service


def chosen(served: SmallService, user: str, **preferences: Any) -> dict[str, Any]:
    """Change what a user chose, and give what then is effective."""
    answer = served.call("PATCH", f"/v1/users/{user}/preferences", {"timezone": "UTC", **preferences})
    assert answer.status_code == 200, answer.text
    msgspec.convert(answer.json(), PreferencesAnswer)
    effective: dict[str, Any] = answer.json()["effective"]
    assert effective == served.call("GET", f"/v1/users/{user}/preferences").json()["effective"]
    return effective


def decided(served: SmallService, user: str) -> Any:
    """Rank without consequences, and give the frequency that the decision tells, now and whenever it is looked up."""
    decision = served.call.rank(user_id=user, candidates=NAMES, mode="look")
    msgspec.convert(decision, DecisionAnswer)
    found = served.call("GET", f"/v1/decisions/{decision['decision_id']}").json()
    assert found["frequency"] == decision["frequency"]
    return decision["frequency"]


def says_too_often(served: SmallService, user: str, name: str, at: str, *, reverted: bool = False) -> None:
    event = {"event_id": f"{user}-{name}", "type": "feedback", "user_id": user, "at": at, "message_id": "m-news"}
    answer = served.call.post("/v1/events", {"events": [{**event, "reason": "too_often", "reverted": reverted}]})
    assert answer.json()["accepted"] == 1, answer.text


def test_what_suits_is_told_with_its_figures_by_the_decision_and_by_the_preferences(served: SmallService) -> None:
    effective = chosen(served, "u-plain")
    assert effective == {
        "max_per_day": 2,
        "max_per_week": 14,
        "decided_by": "adaptive",
        "week_decided_by": "adaptive",
        "figures": FIGURES,
    }
    assert decided(served, "u-plain") == SUITS | FIGURES


def test_too_often_lowers_what_suits_until_it_is_taken_back(served: SmallService) -> None:
    chosen(served, "u-much")
    says_too_often(served, "u-much", "said", "2026-11-23T09:00:00Z")
    lower = decided(served, "u-much")
    assert (lower["per_day"], lower["per_week"], lower["decided_by"]) == (1, 7, "adaptive")
    assert 0.99 < lower["too_often"] < 1.0
    effective = chosen(served, "u-much")
    assert (effective["max_per_day"], effective["max_per_week"]) == (1, 7)
    assert effective["figures"]["too_often"] == lower["too_often"]
    # The word that takes it back may come before an older one that does not: what stands is the older one.
    says_too_often(served, "u-much", "back", "2026-11-23T09:30:00Z", reverted=True)
    assert decided(served, "u-much")["per_week"] == 14
    says_too_often(served, "u-much", "late", "2026-11-23T08:00:00Z")
    assert decided(served, "u-much")["per_week"] == 7


def test_the_users_own_word_goes_before_what_suits(served: SmallService) -> None:
    effective = chosen(served, "u-word", max_per_day=1)
    assert (effective["max_per_day"], effective["decided_by"]) == (1, "user")
    assert (effective["max_per_week"], effective["week_decided_by"]) == (14, "adaptive")
    assert decided(served, "u-word") == SUITS | FIGURES | {"per_day": 1, "decided_by": "user"}
    assert chosen(served, "u-word", max_per_day=8)["max_per_day"] == 8
    assert chosen(served, "u-word", max_per_day=11)["decided_by"] == "ceiling"
    assert chosen(served, "u-word", max_per_day=None)["decided_by"] == "adaptive"


def test_of_who_may_not_be_known_nothing_is_told_and_the_policy_decides(served: SmallService) -> None:
    says_too_often(served, "u-nobody", "said", "2026-11-23T09:00:00Z")
    effective = chosen(served, "u-nobody", personalisation=False)
    policy = {"max_per_day": 3, "max_per_week": 12, "decided_by": "policy", "week_decided_by": "policy"}
    assert effective == policy | {"figures": None}
    assert decided(served, "u-nobody") is None


def test_a_push_under_a_personal_cap_is_confirmed_and_the_next_is_refused_in_kind_words(served: SmallService) -> None:
    chosen(served, "u-full")
    says_too_often(served, "u-full", "said", "2026-11-23T09:00:00Z")
    held = served.call.rank(user_id="u-full", candidates=["m-news"])
    assert [one["message_id"] for one in held["slate"]] == ["m-news"], held
    confirmed = served.call.post(f"/v1/decisions/{held['decision_id']}/confirm", {"at": held["slate"][0]["send_at"]})
    assert confirmed.json() == {"send": ["m-news"], "stop": []}
    told = {}
    for language in ("en", "zh"):
        asked = {"user_id": "u-full", "candidates": ["m-match"], "mode": "look", "at": "2026-11-23T12:00:00Z"}
        answer = served.call.post("/v1/rank", asked, headers={"Accept-Language": language}).json()
        (out,) = answer["excluded"]
        assert (out["code"], out["until"]) == ("cap_day", "2026-11-24T00:00:00+00:00")
        again = served.call("GET", f"/v1/decisions/{answer['decision_id']}", headers={"Accept-Language": language})
        assert again.json()["excluded"] == [out]
        told[language] = out["text"]
    assert told == {
        "en": "You have had as many messages for one day as usually suit you (1).",
        "zh": "这一天给你的消息已经达到通常适合你的数量（1条）。",
    }


def test_asking_for_more_than_suits_is_obeyed_at_once(served: SmallService) -> None:
    chosen(served, "u-more")
    says_too_often(served, "u-more", "said", "2026-11-23T09:00:00Z")
    held = served.call.rank(user_id="u-more", candidates=["m-news"])
    served.call.post(f"/v1/decisions/{held['decision_id']}/confirm", {"at": held["slate"][0]["send_at"]})
    asked = {"user_id": "u-more", "candidates": ["m-match"], "mode": "look", "at": "2026-11-23T12:00:00Z"}
    assert served.call.post("/v1/rank", asked).json()["excluded"][0]["code"] == "cap_day"
    chosen(served, "u-more", max_per_day=4)
    # The ramp of who is new is the sender's caution, and holds whatever was asked for.
    assert served.call.post("/v1/rank", asked).json()["excluded"][0]["code"] == "ramp_up"
