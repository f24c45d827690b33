"""What the calls about a profile answer, over HTTP in this process, with a real store and a small model."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pushrank.service.wire.profile import ProfileAnswer
from tests.small_service import SmallService

ODD = "跑 步/%2F?#é"


def tell(served: SmallService, user: str, *events: dict[str, Any]) -> None:
    at = "2026-11-23T09:{:02d}:00Z"
    rows = [
        {"event_id": f"{user}-{place}", "user_id": user, "at": at.format(place), **event}
        for place, event in enumerate(events)
    ]
    answer = served.call.post("/v1/events", {"events": rows})
    assert answer.json() == {"accepted": len(rows), "duplicates": 0, "rejected": []}, answer.text


def looked_at(*tags: str) -> dict[str, Any]:
    return {"type": "activity", "kind": "view", "tags": list(tags)}


def profile(served: SmallService, user: str, query: str = "") -> dict[str, Any]:
    answer = served.call("GET", f"/v1/users/{user}/profile{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def interest(known: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [one for one in known["interests"] if one["name"] == name]
    assert isinstance(found, dict)
    return found


def scores(served: SmallService, user: str) -> list[tuple[str, float, float, float]]:
    answer = served.call.rank(user_id=user, mode="look", slots=3, candidates=["m-news", "m-match", "m-offer"])
    return [
        (one["message_id"], one["p_click"], one["p_opt_out"], one["net_value"])
        for one in (*answer["slate"], *answer["passed_over"])
    ]


def test_a_profile_tells_facts_interests_and_usage_with_where_they_came_from(served: SmallService) -> None:
    sent = {"type": "sent", "message_id": "m-match"}
    tell(
        served,
        "u-known",
        sent,
        {"type": "clicked", "message_id": "m-match"},
        looked_at("tennis"),
        looked_at("tennis", "running"),
        {"type": "attribute", "name": "birth_date", "value": "1990-05-17"},
        {"type": "attribute", "name": "colour", "value": "red"},
    )
    known = profile(served, "u-known")
    assert msgspec.json.decode(msgspec.json.encode(msgspec.convert(known, ProfileAnswer))) == known
    assert (known["personalised"], known["why_not"], known["events"]) == (True, [], 6)
    facts = {fact["name"]: (fact["value"], fact["told_at"]) for fact in known["facts"]}
    assert facts["birthday"] == ("05-17", "2026-11-23T09:04:00+00:00")
    assert facts["colour"] == ("red", "2026-11-23T09:05:00+00:00")
    tennis = interest(known, "tennis")
    assert tennis["kinds"] == {"activity": 2, "clicked": 1, "sent": 1}
    assert (tennis["first_at"], tennis["last_at"]) == ("2026-11-23T09:00:00+00:00", "2026-11-23T09:03:00+00:00")
    assert tennis["expires_at"] == "2027-12-28T09:03:00+00:00"  # 400 days later
    assert (tennis["used"], tennis["strength"]) == (True, "medium")
    assert 1.9 < tennis["weight"]["activity"] < 2.0
    assert {one["name"] for one in known["interests"]} == {"tennis", "running", "sport", "sport.tennis"}
    assert known["usage"]["active_hours"] == [9]


def test_a_profile_is_told_in_the_language_asked_for(served: SmallService) -> None:
    tell(served, "u-zh", looked_at("tennis"))
    known = profile(served, "u-zh", "?language=zh")
    assert (known["language"], interest(known, "tennis")["text"]) == ("zh", "目前兴趣不大。")
    assert served.call("GET", "/v1/users/u-zh/profile?language=xx").status_code == 422


def test_of_somebody_never_seen_nothing_is_known(served: SmallService) -> None:
    known = profile(served, "u-never")
    assert (known["events"], known["facts"], known["interests"]) == (0, [], [])
    assert served.deployment.store.user(served.deployment.identities.of("u-never"), 0).known is False


def test_a_deleted_tag_counts_no_more_from_the_next_decision_on_bit_for_bit(served: SmallService) -> None:
    tell(served, "u-forgets", looked_at("tennis", "running"), looked_at("tennis"), looked_at("running"))
    # Somebody who did the same without the tag.
    tell(served, "u-without", looked_at("running"), looked_at(), looked_at("running"))
    assert scores(served, "u-forgets") != scores(served, "u-without")
    assert served.call("DELETE", "/v1/users/u-forgets/profile/tags/tennis").status_code == 204
    assert scores(served, "u-forgets") == scores(served, "u-without")
    gone = interest(profile(served, "u-forgets"), "tennis")
    assert (gone["events"], gone["used"], gone["strength"]) == (0, False, None)
    assert gone["forgotten_at"] is not None


@pytest.mark.parametrize("tag", [ODD, "a/b", ".", "🎾"])
def test_a_tag_may_hold_any_characters(served: SmallService, tag: str) -> None:
    user = f"u-odd-{ord(tag[-1])}-{len(tag)}"
    tell(served, user, looked_at(tag))
    encoded = "".join(f"%{byte:02X}" for byte in tag.encode())
    assert served.call("DELETE", f"/v1/users/{user}/profile/tags/{encoded}").status_code == 204
    assert interest(profile(served, user), tag)["forgotten_at"] is not None


@pytest.mark.parametrize("user", ["u-some", "u-nobody"])
def test_an_unknown_tag_is_a_404_and_nothing_changes(served: SmallService, user: str) -> None:
    if user == "u-some":
        tell(served, user, looked_at("tennis"))
    before = profile(served, user)
    assert served.call("DELETE", f"/v1/users/{user}/profile/tags/chess").status_code == 404
    assert profile(served, user) == before
    record = served.deployment.store.user(served.deployment.identities.of(user), 0)
    assert (dict(record.forgotten), record.known) == ({}, user == "u-some")


def test_a_minor_and_who_wants_no_personalisation_have_no_profile_and_are_told_why(served: SmallService) -> None:
    tell(served, "u-minor", looked_at("tennis"), {"type": "attribute", "name": "minor", "value": True})
    tell(served, "u-off", looked_at("tennis"), {"type": "attribute", "name": "personalisation", "value": False})
    for user, code in (("u-minor", "minor"), ("u-off", "personalisation_off")):
        known = profile(served, user)
        assert [one["code"] for one in known["why_not"]] == [code]
        assert (known["personalised"], known["interests"], known["usage"], known["inferred"]) == (False, [], None, None)
        assert known["events"] == 2


def test_a_profile_asks_for_the_scope_of_preferences(served: SmallService) -> None:
    for method, path in (("GET", "/v1/users/u-1/profile"), ("DELETE", "/v1/users/u-1/profile/tags/tennis")):
        assert served.call(method, path, key=served.key("rank")).status_code == 403
        assert served.call(method, path, key="").status_code == 401


def test_a_blocked_tag_counts_no_more_until_the_word_is_taken_back(served: SmallService) -> None:
    tell(served, "u-blocks", looked_at("tennis", "running"), looked_at("tennis"), looked_at("running"))
    tell(served, "u-plain", looked_at("running"), looked_at(), looked_at("running"))
    path, before = "/v1/users/u-blocks/preferences", scores(served, "u-blocks")
    assert served.call("PATCH", path, {"tags": {"tennis": False}}).status_code == 200
    assert scores(served, "u-blocks") == scores(served, "u-plain") != before
    blocked = interest(profile(served, "u-blocks"), "tennis")
    assert (blocked["blocked"], blocked["used"], blocked["events"]) == (True, False, 2)
    assert served.call("PATCH", path, {"tags": {"tennis": None}}).status_code == 200
    assert scores(served, "u-blocks") == before


def test_personalisation_may_be_turned_off_and_on_and_binds_at_once(served: SmallService) -> None:
    tell(served, "u-turns", looked_at("tennis"), {"type": "sent", "message_id": "m-old"})
    path, before = "/v1/users/u-turns/preferences", scores(served, "u-turns")
    served.call("PATCH", "/v1/users/u-nothing/preferences", {"personalisation": False})
    assert served.call("PATCH", path, {"personalisation": False}).status_code == 200
    assert scores(served, "u-turns") == scores(served, "u-nothing") != before
    record = served.deployment.store.user(served.deployment.identities.of("u-turns"), 0)
    assert (record.state, record.presence.days) == (None, ())
    assert served.call("PATCH", path, {"personalisation": True}).status_code == 200
    assert scores(served, "u-turns") == before


def test_what_decisions_saw_is_kept_for_the_share_that_the_configuration_names(served: SmallService) -> None:
    assert served.deployment.ranker.features_share == served.deployment.privacy.features_share > 0.0
