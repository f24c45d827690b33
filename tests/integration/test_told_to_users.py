"""`GET /v1/users/{id}/decisions`: a user's last decisions in words, page by page, and for nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from pushrank.rights.links import Use
from pushrank.service.decoding import decode
from pushrank.service.wire.told import ToldPage
from tests.small_service import NOW, SmallService


def told(served: SmallService, user: str, query: str = "", **more: Any) -> dict[str, Any]:
    answer = served.call("GET", f"/v1/users/{user}/decisions{query}", **more)
    assert answer.status_code == 200, answer.text
    decode(answer.content, ToldPage)
    found: dict[str, Any] = answer.json()
    return found


def held(served: SmallService, user: str, *names: str, **fields: Any) -> str:
    name: str = served.call.rank(user_id=user, candidates=list(names), **fields)["decision_id"]
    return name


def test_a_user_reads_what_came_what_did_not_and_what_can_be_changed(served: SmallService) -> None:
    name = held(served, "u-why", "m-news", "m-old")
    (one,) = told(served, "u-why")["decisions"]
    assert one["decision_id"] == name
    (push,) = one["chosen"]
    assert (push["message_id"], push["title"], push["category_title"]) == ("m-news", "Rain at noon", "News")
    assert push["outcome"]["code"] == "planned"
    assert {"fewer", "not_this_hour", "mute"} <= {remedy["code"] for remedy in push["remedies"]}
    (group,) = one["not_sent"]
    assert (group["code"], group["count"], group["titles"]) == ("expired", 1, ["Yesterday"])
    assert group["text"] == "This message is out of date."


def test_a_step_is_taken_by_sending_its_patch_back(served: SmallService) -> None:
    held(served, "u-step", "m-match")
    (push,) = told(served, "u-step")["decisions"][0]["chosen"]
    patch = next(remedy["patch"] for remedy in push["remedies"] if remedy["code"] == "fewer")
    answer = served.call("PATCH", "/v1/users/u-step/preferences", patch)
    assert answer.status_code == 200, answer.text
    assert answer.json()["category_caps"] == {"sport": 1}
    (push,) = told(served, "u-step")["decisions"][0]["chosen"]
    assert "off" in {remedy["code"] for remedy in push["remedies"]}


def test_a_look_is_not_told_since_nothing_follows_from_it(served: SmallService) -> None:
    held(served, "u-look", "m-news", mode="look")
    assert told(served, "u-look")["decisions"] == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 100])
def test_pages_tell_each_decision_once_the_newest_first(served: SmallService, limit: int) -> None:
    user = f"u-pages-{limit}"
    names = [held(served, user, "m-old") for _ in range(5)]
    for mode in ("look", "look", "hold", "look", "hold"):
        made = held(served, user, "m-old", mode=mode, at="2026-11-23T11:00:00Z")
        names += [made] if mode == "hold" else []
    seen, cursor = [], ""
    while True:
        page = told(served, user, f"?limit={limit}" + (f"&cursor={cursor}" if cursor else ""))
        seen += [one["decision_id"] for one in page["decisions"]]
        assert len(page["decisions"]) <= limit
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert sorted(seen) == sorted(names)
    assert set(seen[:2]) == set(names[5:])


def test_a_user_about_whom_nothing_was_decided_has_an_empty_page(served: SmallService) -> None:
    assert told(served, "nobody-at-all") == {"language": "en", "decisions": [], "next_cursor": None}


def test_the_language_is_the_one_asked_for_else_that_of_the_caller(served: SmallService) -> None:
    held(served, "u-zh", "m-old")
    chinese = {"Accept-Language": "zh-CN,zh;q=0.9"}
    assert told(served, "u-zh", headers=chinese)["decisions"][0]["not_sent"][0]["text"] == "这条消息已经过期。"
    assert told(served, "u-zh", "?language=zh")["language"] == "zh"
    assert told(served, "u-zh", "?language=en", headers=chinese)["language"] == "en"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("?language=tlh", "/language"),
        ("?cursor=nonsense", "/cursor"),
        ("?cursor=99999999999999999999.x", "/cursor"),
        ("?limit=0", "/limit"),
        ("?limit=1001", "/limit"),
        ("?offset=3", "/offset"),
    ],
)
def test_a_wrong_parameter_is_named(served: SmallService, query: str, pointer: str) -> None:
    answer = served.call("GET", f"/v1/users/u-why/decisions{query}")
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


def test_a_user_may_read_their_own_decisions_and_nobody_elses(served: SmallService) -> None:
    held(served, "u-own", "m-old")
    token = served.deployment.links.seal(Use.PREFERENCES, "u-own", NOW + 1)
    assert len(told(served, "u-own", key=token)["decisions"]) == 1
    assert served.call("GET", "/v1/users/u-why/decisions", key=token).status_code == 401


def test_another_scope_opens_nothing(served: SmallService) -> None:
    key = served.key("rank", "privacy:admin", "events:write")
    assert served.call("GET", "/v1/users/u-own/decisions", key=key).status_code == 403
    assert served.call("GET", "/v1/users/u-own/decisions", key="").status_code == 401
