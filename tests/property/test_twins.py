from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from pushrank.content.likeness import Likeness, similarity

_WORDS = ["today", "running", "shoes", "half", "price", "Rain", "明天", "有雨", "带伞", "体育新闻", "30%", "50%", "!"]
texts = st.lists(st.sampled_from(_WORDS), max_size=9).map(" ".join) | st.text(max_size=20)
catalogues = st.dictionaries(st.sampled_from("abcdefgh"), texts, max_size=8)
EXAMPLES = settings(max_examples=60, deadline=None)
NONE: frozenset[str] = frozenset()


def expected(catalogue: Mapping[str, str], threshold: float) -> dict[str, frozenset[str]]:
    """Every pair compared: what the index must say, whatever way it took."""
    pairs = {name: {name} for name in catalogue}
    for one, other in combinations(catalogue, 2):
        if similarity(catalogue[one], catalogue[other]) >= threshold:
            pairs[one].add(other)
            pairs[other].add(one)
    return {name: frozenset(alike) for name, alike in pairs.items() if len(alike) > 1}


@given(one=texts, other=texts)
@EXAMPLES
def test_likeness_is_mutual_and_between_nothing_and_everything(one: str, other: str) -> None:
    assert similarity(one, other) == similarity(other, one)
    assert 0.0 <= similarity(one, other) <= 1.0
    assert similarity(one, one) in (0.0, 1.0)


@given(catalogue=catalogues, percent=st.sampled_from([70, 85, 100]))
@EXAMPLES
def test_twins_are_the_pairs_that_are_alike_enough(catalogue: dict[str, str], percent: int) -> None:
    assert Likeness(percent / 100).brought_to(catalogue) == expected(catalogue, percent / 100)


@given(versions=st.lists(catalogues, min_size=1, max_size=5))
@EXAMPLES
def test_twins_follow_from_what_is_there_and_not_from_how_it_came(versions: list[dict[str, str]]) -> None:
    grown = Likeness(0.85)
    for version in versions:
        assert grown.brought_to(version) == Likeness(0.85).brought_to(version)


@given(catalogue=catalogues, data=st.data())
@EXAMPLES
def test_messages_may_come_one_by_one_in_any_order(catalogue: dict[str, str], data: st.DataObject) -> None:
    grown, known = Likeness(0.85), dict[str, str]()
    for name in data.draw(st.permutations(sorted(catalogue))):
        known = known | {name: catalogue[name]}
        twins = grown.brought_to(known)
        assert all(name in twins.get(other, NONE) for other in twins.get(name, NONE))
    assert known == {} or twins == Likeness(0.85).brought_to(catalogue)
