from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pushrank.config.types import NearDuplicate, SeenElsewhere
from pushrank.domain.codes import ExclusionCode, HoldState
from pushrank.domain.decision import Exclusion
from pushrank.domain.instants import DAY, HOUR, MINUTE, SECOND, Instant
from pushrank.domain.message import Message
from pushrank.domain.record import Presence, Push, UserRecord
from pushrank.policy import exclude
from tests.small_policies import NOON, UTC, held, message, policy, sent, user

WEEK = 7 * DAY
ALIKE = {name: frozenset({"m-1", "m-2", "m-3"}) for name in ("m-1", "m-2", "m-3")}
ASKED = policy(
    repeat_after_days=1.0,
    near_duplicate=NearDuplicate(0.85, 7.0),
    seen_elsewhere=SeenElsewhere(("view",), 7.0),
)


def told(record: UserRecord, one: Message, as_of: Instant = NOON, **around: Any) -> Exclusion | None:
    circumstances = {"twins": ALIKE, **around}
    _, out = exclude(ASKED, record, [(one.message_id, one)], as_of, UTC, **circumstances)
    return out[0] if out else None


@pytest.mark.parametrize(("passed", "free"), [(WEEK - SECOND, False), (WEEK, True), (WEEK + SECOND, True)])
def test_a_twin_waits_until_the_window_has_passed(passed: Instant, *, free: bool) -> None:
    found = told(user([sent("m-1", NOON - passed)]), message("m-2"))
    until = NOON - passed + WEEK
    assert found == (None if free else Exclusion("m-2", ExclusionCode.NEAR_DUPLICATE, until))


def test_what_is_like_no_push_may_go() -> None:
    assert told(user([sent("m-1", NOON - HOUR)]), message("m-9")) is None
    assert told(user([sent("m-9", NOON - HOUR)]), message("m-1")) is None
    assert told(user([sent("m-1", NOON - HOUR)]), message("m-2"), twins={}) is None


def test_a_message_is_like_itself_even_where_it_may_be_repeated_sooner() -> None:
    record = user([sent("m-9", NOON - 2 * DAY)])
    assert told(record, message("m-9")) == Exclusion("m-9", ExclusionCode.NEAR_DUPLICATE, NOON + 5 * DAY)


@pytest.mark.parametrize(
    ("before", "now", "free"),
    [("", None, False), ("x", None, False), ("", "x", False), ("x", "x", False), ("x", "y", True)],
)
def test_two_events_in_the_same_words_are_no_duplicates(before: str, now: str | None, *, free: bool) -> None:
    record = user([sent("m-1", NOON - HOUR, before)])
    assert (told(record, message("m-2", event_key=now)) is None) == free
    assert (told(user([sent("m-1", NOON - 2 * DAY, before)]), message("m-1", event_key=now)) is None) == free


def test_an_archived_content_key_still_names_its_event() -> None:
    push = replace(sent("m-1", NOON - HOUR), content_key="m-1#x#p-17")
    assert told(user([push]), message("m-2", event_key="x")) is not None
    assert told(user([push]), message("m-2", event_key="y")) is None


def test_a_held_twin_stands_in_the_way_until_its_hold_ends() -> None:
    record = user([held("m-1", NOON + HOUR, NOON + 65 * MINUTE)])
    expected = Exclusion("m-2", ExclusionCode.NEAR_DUPLICATE, NOON + 65 * MINUTE)
    assert told(record, message("m-2")) == expected
    assert told(record, message("m-2"), NOON + 65 * MINUTE) is None


@pytest.mark.parametrize("state", [HoldState.FAILED, HoldState.RELEASED])
def test_a_twin_that_did_not_go_is_in_nobodys_way(state: HoldState) -> None:
    assert told(user([replace(sent("m-1", NOON - HOUR), state=state)]), message("m-2")) is None


def test_the_last_of_several_twins_decides_when_the_next_may_come() -> None:
    record = user([sent("m-1", NOON - 3 * DAY), sent("m-3", NOON - DAY), sent("m-9", NOON - HOUR)])
    assert told(record, message("m-2")) == Exclusion("m-2", ExclusionCode.NEAR_DUPLICATE, NOON + 6 * DAY)


def test_who_does_not_want_to_be_known_gets_nothing_twice_either() -> None:
    record = user([sent("m-1", NOON - HOUR)], personalisation=False)
    found = told(record, message("m-2"))
    assert found is not None
    assert found.code is ExclusionCode.NEAR_DUPLICATE


def over(channel: str, push: Push) -> Push:
    return replace(push, channel=channel)


@pytest.mark.parametrize(("passed", "free"), [(WEEK - SECOND, False), (WEEK, True), (WEEK + SECOND, True)])
def test_what_went_over_another_channel_was_seen(passed: Instant, *, free: bool) -> None:
    record = user([over("email", sent("m-9", NOON - passed))])
    until = NOON - passed + WEEK
    assert told(record, message("m-9")) == (None if free else Exclusion("m-9", ExclusionCode.SEEN_ELSEWHERE, until))


def test_the_same_channel_is_not_elsewhere() -> None:
    record = user([over("email", sent("m-9", NOON - HOUR))])
    found = told(record, message("m-9"), channel="email")
    assert found is not None
    assert found.code is ExclusionCode.ALREADY_SENT


def test_another_event_was_not_seen_over_another_channel() -> None:
    record = user([over("email", sent("m-9", NOON - HOUR, "x"))])
    assert told(record, message("m-9", event_key="y")) is None
    assert told(record, message("m-9", event_key="x")) is not None


def there(record: UserRecord | None = None, **seen: Instant) -> UserRecord:
    names = {name.replace("__", "-"): at for name, at in seen.items()}
    return replace(record or user(), presence=Presence(seen=names))


@pytest.mark.parametrize(("passed", "free"), [(WEEK - SECOND, False), (WEEK, True), (WEEK + SECOND, True)])
def test_a_message_whose_items_were_all_seen_is_no_news(passed: Instant, *, free: bool) -> None:
    record = there(sku__1=NOON - passed, sku__2=NOON - HOUR)
    one = message("m-9", items=("sku-1", "sku-2"))
    until = NOON - passed + WEEK
    assert told(record, one) == (None if free else Exclusion("m-9", ExclusionCode.SEEN_ELSEWHERE, until))


def test_one_item_that_was_not_seen_is_news() -> None:
    assert told(there(sku__1=NOON - HOUR), message("m-9", items=("sku-1", "sku-2"))) is None
    assert told(there(sku__1=NOON - HOUR), message("m-9")) is None


def test_what_was_seen_before_the_message_was_published_may_have_news() -> None:
    one = message("m-9", items=("sku-1",), published_at=NOON - HOUR)
    assert told(there(sku__1=NOON - HOUR - 1), one) is None
    assert told(there(sku__1=NOON - HOUR), one) is not None


def test_a_message_opened_in_the_inbox_was_seen_there_and_not_where_it_is_asked_for() -> None:
    record = replace(user(), presence=Presence(seen={"m-9#@inbox": NOON - HOUR}))
    expected = Exclusion("m-9", ExclusionCode.SEEN_ELSEWHERE, NOON - HOUR + WEEK)
    assert told(record, message("m-9")) == expected
    assert told(record, message("m-9"), channel="inbox") is None
    assert told(record, message("m-9", event_key="x")) is None


def test_who_does_not_want_to_be_known_is_not_watched() -> None:
    unknown = user([over("email", sent("m-8", NOON - HOUR))], personalisation=False)
    record = there(unknown, sku__1=NOON - HOUR)
    assert told(record, message("m-9", items=("sku-1",))) is None
    found = told(record, message("m-8"))
    assert found is not None
    assert found.code is ExclusionCode.ALREADY_SENT


def test_without_their_settings_both_ask_nothing() -> None:
    record = there(user([sent("m-1", NOON - HOUR)]), sku__1=NOON - HOUR)
    one = message("m-2", items=("sku-1",))
    kept, _ = exclude(policy(), record, [("m-2", one)], NOON, UTC, twins=ALIKE)
    assert [row.message for row in kept] == [one]
