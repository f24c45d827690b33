"""Whatever a ranker decides, it is told in both languages, and the same when it is read back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushrank.config.types import CapRule, Variety
from pushrank.domain.codes import EventType, Mode, Purpose
from pushrank.domain.instants import DAY, HOUR, MINUTE
from pushrank.domain.user import Consent, QuietWindow
from pushrank.ranking.decision_json import answer, read
from pushrank.rights.preferences import patched
from pushrank.service.decoding import decode
from pushrank.service.wire.preferences import PreferencesBody
from pushrank.service.wire.rank import DecisionAnswer
from pushrank.wording.words import Words
from tests.small_house import OPENED, House
from tests.small_policies import NOON, message, shipped_categories
from tests.small_views import tell

CATEGORIES = ("news", "sport.tennis", "sport.golf", "promo", "not.listed")
NAMES = tuple(f"m-{place}" for place in range(15))
SPEAKERS = {language: Words(shipped_categories(), language) for language in ("en", "zh")}


@lru_cache
def house() -> House:
    built = House(
        Path(tempfile.mkdtemp()),
        "default",
        caps=(CapRule(1, "3h", category="sport"), CapRule(2, "day"), CapRule(1, "24h", channel="push")),
        max_per_day=2,
        min_gap_minutes=30.0,
        ramp_up=None,
        variety=Variety(0.9, 0.5, 24.0),
        value_floor=0.01,
    )
    OPENED.remove(built.store)  # it serves the whole module
    tags = {place: (f"tag-{place % 3}",) for place in range(15)}
    built.put(
        *(
            message(
                name,
                CATEGORIES[place % 5],
                tags=tags[place],
                worth=1.0 + place % 4,
                published_at=NOON - place * HOUR + (DAY if place == 7 else 0),
                expires_at=NOON if place == 8 else None,
            )
            for place, name in enumerate(NAMES)
        )
    )
    return built


@pytest.fixture(scope="module", autouse=True)
def closing() -> Iterator[None]:
    yield
    house().store.close()
    house.cache_clear()


CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "push": st.booleans(),
        "muted_until": st.sampled_from((NOON - 1, NOON + HOUR, NOON + 40 * DAY)),
        "categories": st.dictionaries(st.sampled_from(("*", "sport", "sport.golf", "promo")), st.booleans()),
        "max_per_day": st.integers(0, 3),
        "max_per_week": st.integers(0, 3),
        "quiet_hours": st.sampled_from(((), (QuietWindow(11 * 60, 14 * 60),))),
        "timezone": st.sampled_from(("Asia/Shanghai", "America/New_York", "Nowhere/AtAll", None)),
        "personalisation": st.booleans(),
        "consents": st.just({Purpose.MARKETING: Consent(granted=True)}),
        "objected": st.booleans(),
    },
)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from((EventType.SENT, EventType.CLICKED, EventType.REACH_LOST, EventType.ACTIVITY)),
        st.sampled_from(NAMES),
        st.integers(1, 300),
    ),
    max_size=12,
)
_users = count()


def lived(user: str, choices: dict[str, Any], events: list[tuple[EventType, str, int]]) -> None:
    built = house()
    built.settle(user, **({"timezone": "UTC"} | choices))
    for kind, name, minutes in events:
        about = {"tags": ("tag-1",), "kind": "view"} if kind is EventType.ACTIVITY else {"message_id": name}
        event_id = f"{user}-{next(_users)}"
        built.take(built.event(kind, NOON - minutes * MINUTE, user, **about, event_id=event_id))


@settings(max_examples=120, deadline=None)
@given(CHOICES, EVENTS, st.sampled_from(Mode), st.integers(1, 4))
def test_everything_a_decision_says_is_told_in_both_languages(
    choices: dict[str, Any], events: list[tuple[EventType, str, int]], mode: Mode, slots: int
) -> None:
    user = f"u-{next(_users)}"
    lived(user, choices, events)
    decision = house().rank(*NAMES, "nobody-knows", mode=mode, slots=slots, user=user)
    row = house().store.decision(decision.decision_id)
    assert row is not None
    assert b'"text"' not in row.body
    for language, words in SPEAKERS.items():
        told = msgspec.json.encode(answer(decision, words))
        kept = msgspec.json.encode(answer(read(row), words))
        assert kept == told.replace(f'"{user}"'.encode(), f'"{row.user_key}"'.encode())
        said = msgspec.json.decode(told, type=DecisionAnswer)
        texts = [*(one.text for one in said.passed_over), *(one.text for one in said.excluded)]
        texts += [reason.text for chosen in said.slate for reason in chosen.reasons]
        assert all(text.endswith("." if language == "en" else "。") and "{" not in text for text in texts)
        assert all(text.isascii() == (language == "en") for text in texts)


@settings(max_examples=60, deadline=None)
@given(CHOICES, EVENTS)
def test_a_named_tag_or_category_is_one_of_the_message(
    choices: dict[str, Any], events: list[tuple[EventType, str, int]]
) -> None:
    user = f"u-{next(_users)}"
    lived(user, choices, events)
    decision = house().rank(*NAMES, mode=Mode.LOOK, slots=4, user=user)
    find = house().catalogue.live
    for chosen in decision.slate:
        one = find(chosen.scored.message_id)
        assert one is not None
        assert all(reason.tag in (None, one.category, *one.tags) for reason in chosen.reasons)
    for exclusion in decision.excluded:
        one = find(exclusion.message_id)
        assert one is not None
        assert exclusion.about is None or f"{one.category}.".startswith(f"{exclusion.about}.")


@settings(max_examples=60, deadline=None)
@given(CHOICES, CHOICES, EVENTS)
def test_every_stop_of_a_confirm_is_told_in_both_languages(
    before: dict[str, Any], after: dict[str, Any], events: list[tuple[EventType, str, int]]
) -> None:
    user = f"u-{next(_users)}"
    lived(user, before, events)
    decision = house().rank(*NAMES, slots=4, user=user)
    lived(user, after, [])
    for as_of in (NOON, NOON, NOON + 3 * HOUR):
        found = house().holds.confirm(decision.decision_id, None, as_of)
        for stop in found.stop:
            english, chinese = (words.stop(stop, found.zone, as_of) for words in SPEAKERS.values())
            assert english.isascii()
            assert english.endswith(".")
            assert chinese.endswith("。")


@settings(max_examples=80, deadline=None)
@given(CHOICES, CHOICES, EVENTS, st.sampled_from((Mode.HOLD, Mode.CONFIRM)), st.integers(1, 4))
def test_a_user_is_told_of_every_candidate_once_and_every_step_that_is_offered_changes_something(
    before: dict[str, Any], after: dict[str, Any], events: list[tuple[EventType, str, int]], mode: Mode, slots: int
) -> None:
    user = f"u-{next(_users)}"
    lived(user, before, events)
    decision = house().rank(*NAMES, "nobody-knows", mode=mode, slots=slots, user=user)
    lived(user, after, [])
    for language in SPEAKERS:
        one = tell(house(), decision, NOON + HOUR, language, user)
        assert len(one.chosen) + sum(group.count for group in one.not_sent) == len(NAMES) + 1
        offered = [push.remedies for push in one.chosen] + [group.remedies for group in one.not_sent]
        texts = [push.outcome.text for push in one.chosen] + [group.text for group in one.not_sent]
        texts += [remedy.text for remedies in offered for remedy in remedies]
        assert all(text.endswith("." if language == "en" else "。") and "{" not in text for text in texts)
        assert all(text.isascii() == (language == "en") for text in texts)
        preferences = house().record(user).preferences
        for remedy in (remedy for remedies in offered for remedy in remedies):
            decode(msgspec.json.encode(remedy.patch), PreferencesBody)
            assert patched(preferences, remedy.patch, NOON + HOUR) != preferences
