"""Whatever a person said last can be taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pushrank.domain.ledger import entries
from pushrank.domain.preferences_json import to_json
from pushrank.domain.user import Preferences
from pushrank.rights.preferences import patched
from pushrank.rights.wishes import last_words, taken_back, topic_patch

NAMES = ("*", "sport", "sport.tennis", "promo")
CONSENTS = st.dictionaries(
    st.sampled_from(["marketing", "research"]),
    st.fixed_dictionaries({"granted": st.booleans(), "policy_version": st.sampled_from([None, "1", "2"])}),
)
PATCHES = st.fixed_dictionaries(
    {},
    optional={
        "push": st.booleans(),
        "objected": st.booleans(),
        "muted_until": st.sampled_from([None, "2026-11-24T08:00:00+08:00"]),
        "categories": st.dictionaries(st.sampled_from(NAMES), st.one_of(st.none(), st.booleans())),
        "category_caps": st.dictionaries(st.sampled_from(NAMES[1:]), st.one_of(st.none(), st.integers(0, 3))),
        "tags": st.dictionaries(st.sampled_from(["a", "b/c"]), st.one_of(st.none(), st.booleans())),
        "max_per_day": st.one_of(st.none(), st.integers(0, 9)),
        "quiet_hours": st.sampled_from([None, [], [{"from": "22:00", "to": "07:00"}]]),
        "timezone": st.sampled_from([None, "Asia/Shanghai"]),
        "personalisation": st.booleans(),
        "consents": CONSENTS,
    },
)


def told(preferences: Preferences) -> dict[str, Any]:
    """Preferences without their version, and without the moments of consents: taking back is said now."""
    tree = to_json(preferences)
    consents = {purpose: {**word, "at": None} for purpose, word in tree["consents"].items()}
    return {**tree, "consents": consents, "version": 0}


@given(first=PATCHES, second=PATCHES)
def test_taking_the_last_change_back_restores_what_was_before(first: dict[str, Any], second: dict[str, Any]) -> None:
    before = patched(Preferences(), first, 1)
    after = patched(before, second, 2)
    words = [*entries("k", Preferences(), before, 1, "api"), *entries("k", before, after, 2, "page")]
    last = last_words(list(enumerate(words, 1)))
    if after == before:
        return
    assert {entry.at for entry in last} == {2}
    back = patched(after, taken_back(last), 3)
    assert told(back) == told(before)


@given(wish=st.sampled_from(["on", "fewer", "off"]), name=st.sampled_from(NAMES[1:]), others=PATCHES)
def test_a_wish_about_a_topic_decides_about_this_topic_alone(wish: str, name: str, others: dict[str, Any]) -> None:
    before = patched(Preferences(), others, 1)
    after = patched(before, topic_patch(wish, name), 2)
    assert after.wants(name) is (wish != "off")
    assert wish == "off" or after.category_caps.get(name) == (1 if wish == "fewer" else None)
    kept = {key: value for key, value in after.categories.items() if key != name}
    assert kept == {key: value for key, value in before.categories.items() if key != name}
    assert replace(after, categories={}, category_caps={}, version=0) == replace(
        before, categories={}, category_caps={}, version=0
    )
