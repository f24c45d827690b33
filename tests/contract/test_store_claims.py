from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pushrank.store import Answer, Claim, InFlightError, ReusedKeyError, Store
from tests.contract.stores import STORES

ROUTE = "POST /v1/rank"
FIRST, SECOND = Answer(200, b"{}", 5), Answer(201, b"[]", 6)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = STORES[request.param](tmp_path)
    yield opened
    opened.close()


def test_the_first_comer_works_and_later_ones_get_its_answer_and_subject(store: Store) -> None:
    assert store.claim("k", ROUTE, "abc", "d-1", 4, 0) == Claim("d-1", None, fresh=True)
    assert store.remember("k", ROUTE, "abc", FIRST) == FIRST
    assert store.remember("k", ROUTE, "abc", SECOND) == FIRST
    assert store.claim("k", ROUTE, "abc", "d-2", 7, 0) == Claim("d-1", FIRST, fresh=False)
    assert store.claim("k", ROUTE, "abc", "d-2", 7, 99) == Claim("d-1", FIRST, fresh=False), "an answer never is stale"


def test_a_key_belongs_to_its_route(store: Store) -> None:
    store.claim("k", ROUTE, "abc", "d-1", 4, 0)
    assert store.claim("k", "POST /v1/events", "xyz", "", 4, 0) == Claim("", None, fresh=True)
    assert store.claim("k-2", ROUTE, "xyz", "d-2", 4, 0) == Claim("d-2", None, fresh=True)


def test_another_body_is_refused_before_and_after_the_answer(store: Store) -> None:
    store.claim("k", ROUTE, "abc", "d-1", 4, 0)
    for _ in range(2):
        with pytest.raises(ReusedKeyError, match="'k': expected the body of its first request"):
            store.claim("k", ROUTE, "other", "d-2", 5, 9)
        store.remember("k", ROUTE, "abc", FIRST)
    with pytest.raises(ReusedKeyError):
        store.remember("k", ROUTE, "other", SECOND)
    assert store.claim("k", ROUTE, "abc", "", 5, 0).answer == FIRST


@pytest.mark.parametrize("at", [4, 5])
def test_a_claim_in_flight_is_refused_at_its_stale_moment_and_after(store: Store, at: int) -> None:
    store.claim("k", ROUTE, "abc", "d-1", at, 0)
    with pytest.raises(InFlightError, match="'k'"):
        store.claim("k", ROUTE, "abc", "d-2", 6, 4)
    assert store.remember("k", ROUTE, "abc", FIRST) == FIRST


def test_a_stale_claim_is_taken_over_once_with_the_first_subject(store: Store) -> None:
    store.claim("k", ROUTE, "abc", "d-1", 3, 0)
    assert store.claim("k", ROUTE, "abc", "d-2", 9, 4) == Claim("d-1", None, fresh=True)
    with pytest.raises(InFlightError):
        store.claim("k", ROUTE, "abc", "d-3", 9, 4)
    assert store.claim("k", ROUTE, "abc", "d-3", 20, 10) == Claim("d-1", None, fresh=True)


def test_an_abandoned_claim_is_as_if_it_had_never_been(store: Store) -> None:
    store.claim("k", ROUTE, "abc", "d-1", 4, 0)
    store.abandon("k", ROUTE, "abc", 4)
    assert store.claim("k", ROUTE, "other", "d-2", 5, 0) == Claim("d-2", None, fresh=True)


def test_nobody_abandons_an_answer_or_what_another_took_over(store: Store) -> None:
    store.claim("k", ROUTE, "abc", "d-1", 4, 0)
    store.claim("k", ROUTE, "abc", "d-2", 9, 5)
    store.abandon("k", ROUTE, "abc", 4)
    with pytest.raises(InFlightError):
        store.claim("k", ROUTE, "abc", "d-3", 9, 5)
    store.remember("k", ROUTE, "abc", Answer(200, b"{}", 9))
    store.abandon("k", ROUTE, "abc", 9)
    assert store.claim("k", ROUTE, "abc", "d-3", 9, 5) == Claim("d-1", Answer(200, b"{}", 9), fresh=False)


def test_an_answer_without_a_claim_is_kept(store: Store) -> None:
    assert store.remember("k", ROUTE, "abc", FIRST) == FIRST
    assert store.claim("k", ROUTE, "abc", "d-1", 7, 0) == Claim("", FIRST, fresh=False)


def test_old_answers_and_claims_are_forgotten(store: Store) -> None:
    for at in (1, 2, 3):
        store.claim(f"k-{at}", ROUTE, "abc", "d", 1, 0)
        store.remember(f"k-{at}", ROUTE, "abc", Answer(200, b"", at))
    store.claim("k-0", ROUTE, "abc", "d", 2, 0)
    assert store.forget_answers(3) == 3
    assert [store.claim(f"k-{n}", ROUTE, "abc", "new", 9, 0).subject for n in range(4)] == ["new", "new", "new", "d"]


def test_of_many_who_come_at_once_one_works(store: Store) -> None:
    def fresh(number: int) -> str | None:
        try:
            return store.claim("k", ROUTE, "abc", f"d-{number}", 4, 0).subject
        except InFlightError:
            return None

    with ThreadPoolExecutor(8) as threads:
        subjects = [subject for subject in threads.map(fresh, range(40)) if subject is not None]
    assert len(subjects) == 1
    assert store.remember("k", ROUTE, "abc", FIRST) == FIRST
    assert store.claim("k", ROUTE, "abc", "", 4, 0).subject == subjects[0]
