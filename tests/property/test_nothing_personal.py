"""Who wants no personalisation: 10,000 random changes of what is known of them change no score, no order, no chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pushrank.config.types import Exploration
from pushrank.domain.codes import EventType, FeedbackReason, Mode
from pushrank.domain.decision import Decision, Passed, Scored
from pushrank.domain.event import Event
from pushrank.domain.instants import DAY, HOUR, MINUTE, iso
from pushrank.domain.permission import Cohort
from pushrank.domain.record import Change, Presence, Reading, UserRecord
from pushrank.domain.user import Preferences, UserFacts
from pushrank.features.events import encode_events
from pushrank.features.fold import fold
from pushrank.features.state import empty_state, encode_state
from pushrank.ranking.served import Served
from pushrank.scoring.bundle import load, save
from pushrank.scoring.permission import Permission
from tests.histories import made_events, made_messages
from tests.small_house import OPENED, House
from tests.small_models import small_trained
from tests.small_policies import NOON

BATCHES, CHANGES = 1000, 10  # 10,000 changes, and after each batch two looks at what lies there lawfully and otherwise
USERS = 50
ZONE = "Asia/Shanghai"
NAMES = [f"m-{place}" for place in range(12)]
MESSAGES = [
    replace(one, message_id=name, published_at=NOON - (7 + place) * HOUR, expires_at=None, items=(f"item-{place}",))
    for place, (name, one) in enumerate(zip(NAMES, made_messages(12), strict=True))
]
# People of like usage get different caps, so that usage would be seen.
COHORTS = Permission(
    (0.0, 7.0, 28.0),
    (0.5,),
    (),
    (
        Cohort(10.0, (0.0, 0.5, 0.6), (0.0, 0.01, 0.03), 90.0, 3),
        Cohort(10.0, (0.0, 3.0, 9.0), (0.0, 0.01, 0.03), 90.0, 3),
    ),
    Cohort(10.0, (0.0, 0.5, 0.6), (0.0, 0.01, 0.03), 90.0, 3),
)
BEHAVIOUR = (
    EventType.CLICKED,
    EventType.OPENED,
    EventType.DISMISSED,
    EventType.CONVERTED,
    EventType.DELIVERED,
    EventType.ANSWER,
    EventType.ACTIVITY,
)
# What ends or gives permission, or uses up budget: it may exclude, and still changes no score.
WALLS = (EventType.SENT, EventType.FAILED, EventType.OPTED_OUT, EventType.OPTED_IN, EventType.REACH_LOST)
ATTRIBUTES: dict[str, Callable[[np.random.Generator], Any]] = {
    "timezone": lambda rng: str(rng.choice(["Asia/Tokyo", "America/New_York", "UTC"])),
    "language": lambda rng: str(rng.choice(["en", "zh", "de"])),
    "country": lambda rng: str(rng.choice(["CN", "DE"])),
    "birthday": lambda rng: f"{rng.integers(1, 13):02}-{rng.integers(1, 29):02}",
    "age_band": lambda rng: str(rng.choice(["18-24", "35-44", "65+"])),
    "registered_at": lambda rng: iso(NOON - int(rng.integers(0, 900)) * DAY),
    "tier": lambda rng: str(rng.choice(["gold", "none"])),
    "colour": lambda rng: float(rng.random()),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    save(small_trained(), folder / "bundle")
    served = replace(Served.of(load(folder / "bundle")), permission=COHORTS)
    # Chance decides often, so that it would show.
    built = House(folder, "default", served, exploration=Exploration(0.9, 1.0, 5), value_floor=-1.0)
    OPENED.remove(built.store)
    built.put(*MESSAGES)
    for number in range(5):
        events = [event for event, _, _ in made_events(f"other-{number}", MESSAGES, 40, number)]
        built.take(*(replace(event, at=NOON - DAY - number * HOUR - place) for place, event in enumerate(events)))
    yield built
    built.store.close()


def behaviour(rng: np.random.Generator, name: str, user: str) -> Event:
    """Anything that says nothing of permission: what was done, said of a message, or told by a backend."""
    at = NOON + MINUTE - int(rng.integers(0, 60 * 24 * 60)) * MINUTE
    if rng.random() < 0.2:
        told = str(rng.choice(list(ATTRIBUTES)))
        return Event(name, EventType.ATTRIBUTE, user, at, name=told, value=ATTRIBUTES[told](rng))
    message = MESSAGES[int(rng.integers(len(MESSAGES)))]
    if rng.random() < 0.1:
        reason = (FeedbackReason.NOT_RELEVANT, FeedbackReason.SEEN_BEFORE)[int(rng.integers(2))]
        return Event(name, EventType.FEEDBACK, user, at, message_id=message.message_id, reason=reason)
    kind = BEHAVIOUR[int(rng.integers(len(BEHAVIOUR)))]
    if kind is EventType.ACTIVITY:
        what = str(rng.choice(["view", "purchase", "app_open"]))
        return Event(name, kind, user, at, kind=what, tags=message.tags, items=message.items)
    channel = (None, "push", "inbox")[int(rng.integers(3))]
    return Event(name, kind, user, at, message_id=message.message_id, channel=channel, question="q", choice="a")


def wall(rng: np.random.Generator, name: str, user: str) -> Event:
    at = NOON - int(rng.integers(0, 60 * 24 * 60)) * MINUTE
    message, kind = NAMES[int(rng.integers(len(NAMES)))], WALLS[int(rng.integers(len(WALLS)))]
    scope = str(rng.choice(["all", "news"])) if kind in (EventType.OPTED_OUT, EventType.OPTED_IN) else None
    return Event(name, kind, user, at, message_id=message, scope=scope)


def remembered_anyway(rng: np.random.Generator) -> dict[str, Any]:
    """Habits and presence as no rule would write them for this user, should they lie there all the same."""
    state = empty_state()
    fold(state, encode_events(made_events("", MESSAGES, 30, int(rng.integers(1000)))))
    days = tuple(sorted((NOON // DAY - rng.integers(0, 60, 5)).tolist(), reverse=True))
    return {
        "state": encode_state(state),
        "presence": Presence(days, {f"item-{rng.integers(12)}": NOON - DAY}, (NOON - HOUR,)),
    }


def settle(house: House, user: str, *, personalisation: bool, zone: str | None = ZONE, **more: Any) -> None:
    """Put the user's choices back, which are no other datum; what backends told stays unless `more` says otherwise."""

    def rule(reading: Reading) -> Change[None]:
        said = Preferences(personalisation=personalisation, timezone=zone)
        return Change(None, replace(reading.record, known=True, reachable=True, preferences=said, **more))

    house.store.transact(house.pseudonyms.of(user), rule, NOON)


def answered(house: House, user: str, slots: int = 1) -> Decision:
    """Rank as for a send, so that chance could have its part, and give everything back."""
    decision = house.rank(user=user, slots=slots, mode=Mode.HOLD, everything=True)
    house.holds.release(decision.decision_id, None, NOON)
    return decision


def told(house: House, user: str) -> list[object]:
    """Everything that two rankings say but for the names of the decisions: for one place, and for several."""
    found: list[object] = []
    for decision in (answered(house, user), answered(house, user, slots=6)):
        slate = tuple(replace(chosen, hold_expires_at=None) for chosen in decision.slate)
        found += [slate, decision.passed_over, decision.excluded, decision.propensity, decision.frequency]
    return found


def scores(decision: Decision) -> dict[str, tuple[float, float, float]]:
    found: list[Scored | Passed] = [*(chosen.scored for chosen in decision.slate), *decision.passed_over]
    return {one.message_id: (one.p_click, one.p_opt_out, one.net_value) for one in found}


def one_batch(house: House, rng: np.random.Generator, user: str, batch: int) -> None:
    """Change what is known of a user: through intake, one event for each change but the last."""
    names = [f"{user}-{batch}-{place}" for place in range(CHANGES - 1)]
    assert house.take(*(behaviour(rng, name, user) for name in names)).accepted == CHANGES - 1


@pytest.mark.slow
def test_ten_thousand_changes_of_a_users_data_change_no_score_no_order_and_no_chance(house: House) -> None:
    rng = np.random.default_rng(11)
    settle(house, "nobody", personalisation=False)
    expected = told(house, "nobody")
    assert len(scores(answered(house, "nobody"))) >= 9
    for batch in range(BATCHES):
        user = f"u-{batch % USERS}"
        if batch < USERS:
            settle(house, user, personalisation=False)
        one_batch(house, rng, user, batch)
        record = house.record(user)
        assert (record.state, record.presence) == (None, Presence())
        assert told(house, user) == expected, batch
        settle(house, user, personalisation=False, **remembered_anyway(rng))
        assert told(house, user) == expected, batch


def test_the_same_changes_of_somebody_who_is_known_do_change_scores(house: House) -> None:
    rng = np.random.default_rng(12)
    settle(house, "known", personalisation=True)
    before = scores(answered(house, "known"))
    for batch in range(5):
        one_batch(house, rng, "known", batch)
    after = scores(answered(house, "known"))
    assert any(after[name] != before[name] for name in before.keys() & after.keys())


def test_what_may_exclude_still_changes_no_score_and_no_order(house: House) -> None:
    rng = np.random.default_rng(13)
    settle(house, "nobody", personalisation=False)
    expected = answered(house, "nobody")
    seen = 0
    for batch in range(20):
        user = f"w-{batch}"
        # Whose zone is only told may find quiet hours elsewhere, and a minor more of them.
        facts = UserFacts(timezone=str(rng.choice(["Asia/Tokyo", "Europe/Berlin", "UTC"])), minor=bool(batch % 2))
        settle(house, user, personalisation=False, zone=None, facts=facts)
        house.take(*(wall(rng, f"{user}-{place}", user) for place in range(50)))
        settle(house, user, personalisation=False, zone=None)
        found = scores(answered(house, user))
        assert found.items() <= scores(expected).items(), batch
        assert list(found) == [name for name in scores(expected) if name in found], batch
        seen += len(found)
    assert 20 < seen < 20 * len(scores(expected))


def test_nothing_of_who_is_not_known_reaches_the_figures_across_users(house: House) -> None:
    rng = np.random.default_rng(14)
    before = list(house.store.all_counts())
    settle(house, "uncounted", personalisation=False)
    house.take(*(behaviour(rng, f"uncounted-b{place}", "uncounted") for place in range(200)))
    house.take(*(wall(rng, f"uncounted-w{place}", "uncounted") for place in range(200)))
    settle(house, "young", personalisation=True, facts=UserFacts(minor=True))
    house.take(*(wall(rng, f"young-{place}", "young") for place in range(50)))
    assert list(house.store.all_counts()) == before
    record: UserRecord = house.record("young")
    assert (record.state, record.presence) == (None, Presence())
