"""What a decision saw is kept for some decisions, and is what anybody computes anew from what is stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pushrank.config.types import Hours
from pushrank.domain.codes import EventType, Mode
from pushrank.domain.decision import Decision
from pushrank.domain.instants import DAY, HOUR, utc_offset
from pushrank.domain.record import FeatureRow
from pushrank.domain.user import UserFacts
from pushrank.features.columns import from_moments
from pushrank.features.facts import user_row
from pushrank.features.profile import profile_of
from pushrank.features.state import decode_state, empty_state
from pushrank.ranking.seen import is_kept, read
from pushrank.ranking.served import Served
from pushrank.scoring.bundle import load, save
from tests.histories import made_messages
from tests.small_house import House
from tests.small_models import small_trained
from tests.small_policies import NOON

ZONE = "Asia/Shanghai"
MESSAGES = made_messages(8)
NAMES = [one.message_id for one in MESSAGES if one.expires_at is None]
BEFORE = [one.message_id for one in MESSAGES if one.expires_at is not None]


@pytest.fixture
def house(tmp_path: Path) -> House:
    save(small_trained(), tmp_path / "bundle")
    built = House(tmp_path, served=Served.of(load(tmp_path / "bundle")), hours=Hours(3, 2))
    built.put(*MESSAGES)
    built.ranker.features_share = 1.0
    built.settle(facts=UserFacts(timezone=ZONE, language="en", registered_at=NOON - 40 * DAY))
    for place, name in enumerate(BEFORE):
        built.take(built.event(EventType.SENT, NOON - 5 * DAY + place * HOUR, message_id=name))
    built.take(built.event(EventType.CLICKED, NOON - 5 * DAY + 9 * HOUR, message_id=BEFORE[1]))
    built.take(built.event(EventType.ACTIVITY, NOON - DAY, kind="view", tags=MESSAGES[3].tags))
    built.settle("off", personalisation=False)
    return built


def kept_for(house: House, decision: Decision) -> FeatureRow | None:
    return house.store.features_of(decision.decision_id)


def row_of(house: House, decision: Decision) -> FeatureRow:
    found = kept_for(house, decision)
    assert found is not None
    return found


@pytest.mark.parametrize("user", ["u-1", "off", "nobody"])
def test_what_was_kept_is_what_the_same_request_computes_anew_bit_for_bit(house: House, user: str) -> None:
    decision = house.rank(*NAMES, user=user, mode=Mode.LOOK, slots=2)
    saw = read(row_of(house, decision))
    view, lookup = house.served.view, house.catalogue.lookup()
    record = house.record(user)
    events = [one for one in house.store.events_since(0) if one.event.user_id == record.user_key]
    # From the stored events, and not from the stored state.
    known = user != "off"
    state = decode_state(profile_of(record, events, lookup)) if known else empty_state()
    messages = [found for name in saw.message_ids if (found := lookup(name)) is not None]
    facts = house.catalogue.facts(view, messages)
    moments = np.array(saw.send_at if known else [NOON] * len(messages), dtype=np.int64)
    zone = record.facts.timezone if known and record.facts.timezone else view.default_timezone
    offsets = np.array([utc_offset(zone, at) for at in moments.tolist()], dtype=np.int64)
    own = user_row(record.facts if known else UserFacts(), view.attributes)
    figures = house.catalogue.figures(facts, NOON)
    matrix = view.matrix(from_moments(view, state, own, moments, offsets, facts, figures))
    assert saw.names == view.names
    assert set(saw.message_ids) == set(NAMES)
    assert len(saw.message_ids) > len(NAMES)  # further hours of the best
    assert matrix.shape == saw.rows.shape
    assert matrix.tobytes() == saw.rows.tobytes()


@pytest.mark.parametrize("mode", list(Mode))
def test_what_was_seen_is_kept_whatever_the_decision_is_for(house: House, mode: Mode) -> None:
    decision = house.rank(*NAMES, mode=mode)
    found = row_of(house, decision)
    assert (found.user_key, found.at, found.features) == (house.pseudonyms.of("u-1"), NOON, house.served.features)


def test_nothing_is_kept_where_nothing_was_scored_or_no_share_is_asked_for(house: House) -> None:
    assert kept_for(house, house.rank("nothing-known", mode=Mode.LOOK)) is None
    house.ranker.features_share = 0.0
    assert kept_for(house, house.rank(*NAMES, mode=Mode.LOOK)) is None


def test_a_share_of_decisions_is_chosen_by_their_ids_alone() -> None:
    ids = [f"decision-{number}" for number in range(20_000)]
    kept = [name for name in ids if is_kept(name, 0.01)]
    assert 150 < len(kept) < 250
    assert kept == [name for name in ids if is_kept(name, 0.01)]
    assert set(kept) < {name for name in ids if is_kept(name, 0.02)}
    assert all(is_kept(name, 1.0) for name in ids)
    assert not any(is_kept(name, 0.0) for name in ids)
