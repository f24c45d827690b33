"""What may be remembered of a user, and what follows a word about that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pushrank.config.types import SeenElsewhere
from pushrank.domain.codes import EventType, FeedbackReason
from pushrank.domain.event import Event
from pushrank.domain.instants import DAY, HOUR, MINUTE
from pushrank.domain.message import Attribute
from pushrank.domain.record import CountDelta, Presence, Reading, StoredEvent, UserRecord
from pushrank.domain.user import Preferences, UserFacts
from pushrank.features.profile import kept_tags, learned, profile_of, remembered
from pushrank.rights.interests import Weight
from pushrank.rights.profile import Fact, Profile, forget_tag, profile
from tests.small_house import House
from tests.small_policies import NOON, message

SEEN = SeenElsewhere(("view",), 7.0)
RUN = message("run", tags=("running", "shoes"))


@pytest.fixture
def house(tmp_path: Path) -> House:
    built = House(tmp_path, seen_elsewhere=SEEN)
    built.put(RUN, message("m-1", "sport.tennis", tags=("tennis",)))
    return built


def history(house: House, *, without: Sequence[str] = (), user: str = "u-1") -> list[Event]:
    """A few days of somebody, `without` some tags of their activity."""

    def looked(day: int, *tags: str) -> Event:
        kept = tuple(tag for tag in tags if tag not in without)
        at = NOON - day * DAY
        return house.event(EventType.ACTIVITY, at, user, kind="view", tags=kept, items=("shoe",))

    return [
        looked(9, "running", "shoes"),
        house.event(EventType.SENT, NOON - 8 * DAY, user, message_id="m-1"),
        house.event(EventType.CLICKED, NOON - 8 * DAY + HOUR, user, message_id="m-1"),
        looked(7, "shoes", "tennis"),
        house.event(EventType.FEEDBACK, NOON - 6 * DAY, user, message_id="m-1", reason=FeedbackReason.TOO_OFTEN),
        looked(5, "running"),
    ]


def stored(house: House, user: str = "u-1") -> list[StoredEvent]:
    key = house.pseudonyms.of(user)
    return [one for one in house.store.events_since(0) if one.event.user_id == key]


def told(house: House, name: str, value: Attribute, at: int = NOON) -> None:
    house.take(house.event(EventType.ATTRIBUTE, at, name=name, value=value))


def counts(house: House) -> list[CountDelta]:
    """What stands in the figures across users; hours that were counted and taken back show nothing."""
    return [row for row in house.store.all_counts() if row.sends or row.clicks or row.opt_outs or row.dismissals]


def known(house: House) -> Profile:
    return profile(house.record(), stored(house), house.catalogue.lookup(), NOON, 400)


def test_whose_word_takes_memory_away_and_gives_it_back_as_if_nothing_had_been(house: House) -> None:
    house.take(*history(house))
    before, counted = house.record(), counts(house)
    assert before.state
    assert before.presence.seen
    assert before.presence.too_often
    assert [(row.sends, row.clicks) for row in counted] == [(1, 0), (0, 1)]
    told(house, "personalisation", value=False)
    off = house.record()
    assert (off.state, off.presence, off.profiled) == (None, Presence(), False)
    assert counts(house) == []
    told(house, "personalisation", value=True, at=NOON + MINUTE)
    again = house.record()
    assert (again.state, again.presence) == (before.state, before.presence)
    assert counts(house) == counted


@pytest.mark.parametrize(("name", "yes", "no"), [("minor", True, False), ("birth_date", "2012-03-04", "1990-03-04")])
def test_nothing_is_remembered_of_a_minor(house: House, name: str, yes: Attribute, no: Attribute) -> None:
    house.take(*history(house))
    before = house.record().state
    told(house, name, yes)
    house.take(house.event(EventType.ACTIVITY, NOON + MINUTE, kind="view", tags=("tennis",)))
    assert (house.record().state, counts(house)) == (None, [])
    told(house, name, no, at=NOON + HOUR)
    grown = house.record().state
    assert grown
    assert grown != before


@pytest.mark.parametrize(
    ("band", "minor"),
    [
        ("0-17", True),
        ("13-17", True),
        ("13 – 17", True),  # noqa: RUF001 - as people write it
        ("16-24", False),
        ("18-24", False),
        ("<18", True),
        ("<25", False),
        ("under 16", True),
        ("under_18", True),
        ("15", True),
        ("18", False),
        ("65+", False),
        ("teen", False),
        ("", False),
    ],
)
def test_an_age_band_below_eighteen_means_a_minor(band: str, minor: bool) -> None:  # noqa: FBT001 - a row of the table
    assert UserFacts(age_band=band).is_minor is minor
    assert UserFacts(age_band=band, minor=False).is_minor is minor
    assert UserFacts(age_band=band, minor=True).is_minor


def test_a_younger_word_about_age_stands_against_a_date_of_birth_that_came_late(house: House) -> None:
    told(house, "minor", value=True, at=NOON)
    told(house, "birth_date", "1990-05-17", at=NOON - DAY)
    facts = house.record().facts
    assert (facts.birthday, facts.age_band, facts.minor) == ("05-17", "35-44", True)
    told(house, "birth_date", "1991-06-18", at=NOON + DAY)
    told(house, "minor", value=True, at=NOON + HOUR)
    assert (house.record().facts.birthday, house.record().facts.minor) == ("06-18", False)


def test_a_blocked_tag_is_left_out_as_if_it_had_never_been_met(house: House) -> None:
    house.settle("u-blocks", tags={"running": False, "tennis": True})
    house.take(*history(house, user="u-blocks"))
    house.take(*history(house, user="u-2", without=("running",)))
    assert house.record("u-blocks").state == house.record("u-2").state
    house.take(*history(house, user="u-3"))
    assert house.record("u-blocks").state != house.record("u-3").state


def test_tags_of_messages_are_left_out_too(house: House) -> None:
    events = [StoredEvent(house.event(EventType.CLICKED, NOON, message_id=name), 0, "") for name in ("run", "m-1")]
    record = UserRecord("u-1", forgotten={"running": NOON})
    plain = {"run": replace(RUN, tags=("shoes",)), "m-1": message("m-1", "sport.tennis", tags=("tennis",))}
    expected = profile_of(UserRecord("u-1"), events, plain.get)
    assert profile_of(record, events, house.catalogue.lookup()) == expected
    assert profile_of(UserRecord("u-1"), events, house.catalogue.lookup()) != expected


def test_a_forgotten_tag_counts_again_from_what_happens_later() -> None:
    keep = kept_tags(UserRecord("u-1", preferences=Preferences(tags={"a": False, "b": True}), forgotten={"c": NOON}))
    assert keep is not None
    assert list(keep(("a", "b", "c", "d"), NOON)) == ["b", "d"]
    assert list(keep(("a", "b", "c", "d"), NOON + 1)) == ["b", "c", "d"]
    assert kept_tags(UserRecord("u-1", preferences=Preferences(tags={"b": True}))) is None


def test_a_tag_stays_forgotten_when_an_old_event_comes_late(house: House) -> None:
    house.take(*history(house))
    forget(house, "running")
    house.take(house.event(EventType.ACTIVITY, NOON - 4 * DAY, kind="view", tags=("running",)))
    assert "running" not in used(house)
    house.take(house.event(EventType.ACTIVITY, NOON + MINUTE, kind="view", tags=("running",)))
    assert "running" in used(house)


def used(house: House) -> set[str]:
    return {one.name for one in known(house).interests if one.used}


def forget(house: House, tag: str, user: str = "u-1", at: int = NOON) -> bool:
    message_of = house.catalogue.lookup()
    key = house.pseudonyms.of(user)
    return house.store.transact(key, lambda reading: forget_tag(reading, tag, at, message_of, SEEN), at).known


def test_forgetting_speaks_of_everything_that_is_stored_whatever_the_clock_says(house: House) -> None:
    ahead = house.event(EventType.ACTIVITY, NOON + DAY, kind="view", tags=("chess",))
    house.take(ahead)
    assert forget(house, "chess", at=NOON)
    assert "chess" not in used(house)
    assert house.record().forgotten == {"chess": NOON + DAY}


def test_a_tag_of_which_nothing_speaks_is_unknown(house: House) -> None:
    house.take(*history(house))
    assert not forget(house, "chess")
    assert not forget(house, "running", user="nobody")
    assert (house.record().forgotten, house.record("nobody").known) == ({}, False)
    assert forget(house, "running")
    assert forget(house, "running")


def test_events_are_read_only_where_the_word_says_something_about_memory() -> None:
    def unread() -> Sequence[StoredEvent]:
        raise AssertionError

    record = UserRecord("u-1", known=True)
    reading = Reading(record, unread, lambda _: None, lambda _: None, lambda _: (), tuple)
    other = replace(record, preferences=Preferences(max_per_day=1, tags={"a": True}))
    assert remembered(reading, other, lambda _: None, SEEN) == (other, ())
    with pytest.raises(AssertionError):
        remembered(reading, replace(record, preferences=Preferences(tags={"a": False})), lambda _: None, SEEN)
    with pytest.raises(AssertionError):
        remembered(reading, replace(record, facts=UserFacts(minor=True)), lambda _: None, SEEN)


def test_what_is_learned_anew_is_what_was_learned_as_it_came(house: House) -> None:
    house.take(*history(house))
    record = house.record()
    assert learned(record, stored(house), house.catalogue.lookup(), SEEN) == record
    assert learned(record, stored(house), house.catalogue.lookup(), None).presence.seen == {}


def test_a_profile_lists_what_events_speak_of_the_strongest_first(house: House) -> None:
    house.take(*history(house))
    told(house, "tier", "gold", at=NOON - DAY)
    found = known(house)
    assert found.facts == (Fact("tier", "gold", NOON - DAY),)
    assert [one.name for one in found.interests if one.about == "tag"] == ["running", "tennis", "shoes"]
    tennis = next(one for one in found.interests if one.name == "tennis")
    assert dict(tennis.kinds) == {"activity": 1, "clicked": 1, "sent": 1}
    assert (tennis.first_at, tennis.last_at) == (NOON - 8 * DAY, NOON - 7 * DAY)
    assert tennis.expires_at == NOON + 393 * DAY
    category = {one.name: one for one in found.interests if one.about == "category"}
    assert set(category) == {"sport", "sport.tennis"}
    assert 0.7 < category["sport"].weight.clicks < 1.0
    assert (found.events, found.first_at, found.expires_at) == (7, NOON - 9 * DAY, NOON + 399 * DAY)
    assert found.usage is not None
    assert (found.usage.pushes, found.usage.clicks) == (1, 1)


def test_a_blocked_interest_is_listed_with_what_would_count_and_does_not(house: House) -> None:
    house.settle(tags={"running": False})
    house.take(*history(house))
    blocked = next(one for one in known(house).interests if one.name == "running")
    assert (blocked.blocked, blocked.used, blocked.events, blocked.weight) == (True, False, 2, Weight())


@pytest.mark.parametrize(
    ("weight", "strength"),
    [
        (Weight(sends=9.0), "low"),
        (Weight(clicks=0.9), "low"),
        (Weight(clicks=1.0), "medium"),
        (Weight(activity=1.5), "medium"),
        (Weight(clicks=2.0), "high"),
        (Weight(activity=3.0), "high"),
    ],
)
def test_an_interest_is_called_strong_where_a_reason_would_name_it(weight: Weight, strength: str) -> None:
    assert weight.strength == strength
