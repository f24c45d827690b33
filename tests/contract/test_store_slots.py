"""The last line behind the caps: SQL counts slots, whatever a rule believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pushrank.domain.codes import HoldState
from pushrank.domain.record import Change, Push, Slot
from pushrank.store import ConflictError, Store, StoreError
from tests.contract.store_values import push
from tests.contract.stores import STORES

HOUR = 3_600_000_000
DAY = 24 * HOUR


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = STORES[request.param](tmp_path)
    yield opened
    opened.close()


def rolling(at: int, most: int | None, window: int = DAY, cap: str = "cap_day/24h") -> Slot:
    return Slot(cap, at, at - window + 1, at + 1, most)


def calendar(at: int, most: int | None) -> Slot:
    return Slot("cap_day@UTC", at, at // DAY * DAY, (at // DAY + 1) * DAY, most)


def take(store: Store, name: str, *slots: Slot, user: str = "ada", **more: object) -> None:
    held = replace(push(name, f"{name}#", slots[0].at), **more)  # type: ignore[arg-type]
    store.transact(user, lambda _: Change(None, pushes=(held,), slots={name: slots}), 0)


def refused(store: Store, name: str, *slots: Slot) -> bool:
    try:
        take(store, name, *slots)
    except ConflictError as error:
        if "beyond its cap" not in str(error):
            raise
        return True
    return False


@pytest.mark.parametrize(("later", "full"), [(DAY - 1, True), (DAY, False), (DAY + 1, False)])
@pytest.mark.parametrize("first", [0, 10 * DAY])
def test_a_rolling_cap_is_free_again_exactly_after_its_window(
    store: Store, first: int, later: int, *, full: bool
) -> None:
    take(store, "a", rolling(first, 1))
    assert refused(store, "b", rolling(first + later, 1)) is full


@pytest.mark.parametrize(("earlier", "full"), [(DAY - 1, True), (DAY, False), (DAY + 1, False)])
def test_a_push_before_another_may_not_fill_the_window_that_looks_back_from_it(
    store: Store, earlier: int, *, full: bool
) -> None:
    take(store, "a", rolling(5 * DAY, 1))
    assert refused(store, "b", rolling(5 * DAY - earlier, 1)) is full


def test_a_push_between_two_others_counts_in_the_window_of_the_later_one(store: Store) -> None:
    take(store, "a", rolling(10 * DAY, 2))
    take(store, "c", rolling(10 * DAY + 20 * HOUR, 2))
    assert refused(store, "b", rolling(10 * DAY + 10 * HOUR, 2))
    assert not refused(store, "d", rolling(10 * DAY - 10 * HOUR, 2)), "only one is within a day of it, on either side"


@pytest.mark.parametrize(("at", "full"), [(DAY - 1, False), (DAY, True), (2 * DAY - 1, True), (2 * DAY, False)])
def test_a_calendar_cap_counts_from_midnight_to_midnight(store: Store, at: int, *, full: bool) -> None:
    take(store, "a", calendar(DAY + 5, 1))
    assert refused(store, "b", calendar(at, 1)) is full


def test_a_cap_of_nothing_lets_nothing_through(store: Store) -> None:
    assert refused(store, "a", calendar(5, 0))
    assert store.count("pushes") == 0


def test_a_push_without_a_limit_counts_for_others_and_is_never_refused(store: Store) -> None:
    take(store, "a", calendar(5, 1))
    take(store, "b", calendar(6, None))
    take(store, "c", calendar(7, None))
    assert refused(store, "d", calendar(8, 3))
    assert not refused(store, "d", calendar(8, 4))


def test_caps_and_users_do_not_mix(store: Store) -> None:
    take(store, "a", rolling(5, 1))
    take(store, "b", rolling(5, 1, cap="cap_kind/offer"))
    take(store, "c", rolling(5, 1), user="bob")
    assert store.count("slots") == 3


@pytest.mark.parametrize("state", [HoldState.RELEASED, HoldState.FAILED])
def test_a_push_that_is_given_back_gives_its_slots_back(store: Store, state: HoldState) -> None:
    take(store, "a", rolling(5, 1), calendar(5, 1))
    store.transact("ada", lambda _: Change(None, pushes=(push("a", "a#", 5, state),)), 0)
    assert store.count("slots") == 0
    assert not refused(store, "b", rolling(6, 1))


def test_a_hold_that_lapsed_gives_its_slots_back_in_the_change_that_takes_them_anew(store: Store) -> None:
    take(store, "a", rolling(5, 1))
    pushes = (push("b", "b#", 6), push("a", "a#", 5, HoldState.RELEASED))
    store.transact("ada", lambda _: Change(None, pushes=pushes, slots={"b": (rolling(6, 1),)}), 0)
    assert store.count("slots") == 1
    assert refused(store, "c", rolling(7, 1))


def test_a_push_that_takes_slots_again_gives_its_former_ones_back_first(store: Store) -> None:
    take(store, "a", rolling(5, 1))
    take(store, "a", rolling(9, 1), state=HoldState.CONFIRMED)
    assert store.count("slots") == 1
    assert not refused(store, "b", rolling(9 + DAY, 1))


def test_two_pushes_of_one_change_are_counted_together(store: Store) -> None:
    both = {"a": (rolling(5, 1),), "b": (rolling(6, 1),)}
    pushes: tuple[Push, ...] = (push("a", "a#", 5), push("b", "b#", 6))
    with pytest.raises(ConflictError, match="beyond its cap"):
        store.transact("ada", lambda _: Change(None, pushes=pushes, slots=both), 0)
    assert (store.count("pushes"), store.count("slots")) == (0, 0)


def test_a_change_that_is_refused_gives_nothing_back(store: Store) -> None:
    take(store, "a", calendar(5, 2))
    take(store, "b", calendar(6, 2))
    pushes = (push("c", "c#", 7), push("d", "d#", 8), push("a", "a#", 5, HoldState.RELEASED))
    slots = {"c": (calendar(7, 2),), "d": (calendar(8, 2),)}
    with pytest.raises(ConflictError):
        store.transact("ada", lambda _: Change(None, pushes=pushes, slots=slots), 0)
    assert store.count("slots") == 2
    assert refused(store, "e", calendar(9, 2))


def test_a_slot_needs_its_push_and_a_window_around_it(store: Store) -> None:
    with pytest.raises(ConflictError):
        store.transact("ada", lambda _: Change(None, slots={"nobody": (rolling(5, 1),)}), 0)
    with pytest.raises(ConflictError):
        take(store, "a", Slot("cap_day", 5, 6, 9, 1))
    with pytest.raises(ConflictError):
        take(store, "a", Slot("cap_day", 5, 0, 5, 1))
    assert store.count("pushes") == 0


def test_a_conflict_is_an_error_of_the_store_and_the_next_change_goes_through(store: Store) -> None:
    take(store, "a", calendar(5, 1))
    with pytest.raises(StoreError):
        take(store, "b", calendar(6, 1))
    take(store, "c", calendar(5 + DAY, 1))
    assert [found.push_id for found in store.user("ada", 0).pushes] == ["a", "c"]
