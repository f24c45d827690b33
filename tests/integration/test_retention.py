"""What was kept long enough goes, and what was learned from it goes with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pushrank.cli import app
from pushrank.cli.opening import opened
from pushrank.config import PrivacyConfig, load
from pushrank.config.home import shipped
from pushrank.domain.codes import EventType
from pushrank.domain.instants import DAY, HOUR, Instant
from pushrank.domain.record import Change, Erasure, Reading
from pushrank.features.state import decode_state
from pushrank.ranking.intake import record_events
from pushrank.rights import retention
from pushrank.rights.retention import Deadline, Limits
from pushrank.rights.trained_on import TrainedOn, of_tombstones
from tests.small_house import House
from tests.small_policies import NOON, message
from tests.small_service import settings

PRIVACY = load(shipped("service", "privacy"), PrivacyConfig)
TTL = PRIVACY.events_days * DAY


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = House(tmp_path, max_per_day=9)
    built.ranker.features_share = 1.0
    built.put(message("m-1", tags=("rain",)), message("m-2", tags=("sun",), expires_at=NOON + DAY))
    yield built
    built.store.close()


def live(house: House, at: Instant = NOON) -> None:
    """A hold, a send with its click, a visit: a row in each table that grows with time."""
    house.rank("m-1", as_of=at, user="u-2")
    house.take(
        house.event(EventType.SENT, at, message_id="m-2"),
        house.event(EventType.CLICKED, at + HOUR, message_id="m-2"),
        house.event(EventType.ACTIVITY, at + HOUR, kind="view", tags=("rain",)),
    )


def expire(house: House, as_of: Instant) -> dict[str, int]:
    limits = Limits.at(PRIVACY, as_of)
    gone = retention.expire_rows(house.store, limits)
    gone["events"] = retention.expire_events(house.store, limits, house.catalogue.lookup(), None)
    return gone


def left(house: House) -> dict[str, int]:
    tables = ("decisions", "feature_rows", "events", "pushes", "slots")
    return {table: house.store.count(table) for table in tables}


def test_nothing_goes_before_its_time(house: House) -> None:
    live(house)
    before = left(house)
    assert all(before.values())
    assert sum(expire(house, NOON + PRIVACY.features_days * DAY).values()) == 0
    assert left(house) == before


def test_samples_go_first_then_decisions_then_events(house: House) -> None:
    live(house)
    assert expire(house, NOON + PRIVACY.features_days * DAY + 1)["feature_rows"] == 1
    assert left(house)["decisions"] == 1
    assert expire(house, NOON + PRIVACY.decisions_days * DAY + 1)["decisions"] == 1
    assert left(house)["events"] == 3
    assert expire(house, NOON + HOUR + TTL + 1)["events"] == 3


def test_a_clock_beyond_every_limit_leaves_no_row_but_pushes_of_live_messages(house: House) -> None:
    live(house)
    house.store.delete_message("m-1", NOON)
    expire(house, NOON + 2 * TTL)
    assert left(house) == dict.fromkeys(left(house), 0)
    assert house.record().state is None
    assert house.record().presence.days == ()


def test_what_may_still_be_sent_is_not_forgotten_as_sent(house: House) -> None:
    house.put(message("m-2"))
    house.take(house.event(EventType.SENT, NOON, message_id="m-2"))
    expire(house, NOON + 2 * TTL)
    assert house.store.count("pushes") == 1


def test_what_is_learned_is_that_of_the_events_that_stay(house: House) -> None:
    live(house)
    live(house, NOON + TTL)
    twin = House(Path(house.address.removeprefix("sqlite:///")).parent / "twin")
    twin.put(message("m-1", tags=("rain",)), message("m-2", tags=("sun",), expires_at=NOON + DAY))
    live(twin, NOON + TTL)
    assert expire(house, NOON + TTL + DAY)["events"] == 3
    own, other = decode_state(house.record().state), decode_state(twin.record().state)
    assert [array.tobytes() for array in own] == [array.tobytes() for array in other]
    assert house.record().last_event_at == twin.record().last_event_at


def test_figures_over_all_users_stay(house: House) -> None:
    live(house)
    before = list(house.store.all_counts())
    expire(house, NOON + 2 * TTL)
    assert list(house.store.all_counts()) == before


def erased(house: House, user: str, erasure: Erasure) -> None:
    def rule(_: Reading) -> Change[None]:
        return Change(None, erase=erasure)

    house.store.transact(house.pseudonyms.of(user), rule, NOON)


def test_the_earliest_erasure_sets_the_deadline_of_a_model(house: House, tmp_path: Path) -> None:
    erased(house, "u-1", Erasure(NOON, ("9", "10"), NOON + 30 * DAY))
    erased(house, "u-2", Erasure(NOON + DAY, ("10",), NOON + 31 * DAY))
    erased(house, "u-3", Erasure(NOON + DAY))
    assert retention.deadlines(house.store, TrainedOn(tmp_path / "none"), 30) == (
        Deadline("9", 1, NOON + 30 * DAY),
        Deadline("10", 2, NOON + 30 * DAY),
    )


def test_a_version_that_learned_from_somebody_erased_meanwhile_is_found_by_its_list(tmp_path: Path) -> None:
    lists = TrainedOn(tmp_path / "lists")
    with opened(settings(tmp_path)) as deployment:
        for name, stone in (("u-1", Erasure(NOON, ("9",), NOON + 30 * DAY)), ("u-2", Erasure(NOON + DAY))):
            deployment.store.transact(deployment.identities.of(name), partial(erasing, stone), stone.at)
        one, other = (deployment.secrets.tomb(deployment.identities.of(name)) for name in ("u-1", "u-2"))
        for version, stones in {"9": [one], "10": [other, one], "11": [], "12": []}.items():
            lists.write(version, of_tombstones([*stones, f"t_{version * 16}"] if version != "12" else []))
        assert retention.deadlines(deployment.store, lists, 7) == (
            Deadline("9", 1, NOON + 30 * DAY),
            Deadline("10", 2, NOON + 8 * DAY),
        )


def erasing(stone: Erasure, _: Reading) -> Change[None]:
    return Change(None, erase=stone)


def test_the_command_tells_what_went_and_anchors_the_ledger(tmp_path: Path) -> None:
    with opened(settings(tmp_path)) as deployment:
        deployment.store.put_messages([message("m-1")], NOON)
        house = House(tmp_path / "beside")
        old = replace(house.event(EventType.ACTIVITY, NOON - 3 * TTL), kind="view")
        out = house.event(EventType.OPTED_OUT, NOON - 3 * TTL)
        record_events(deployment.store, deployment.catalogue, deployment.policy, [old, out], deployment.identities.of)
        key = deployment.identities.of("u-1")
        stone = Erasure(NOON - 3 * TTL, ("7",), NOON - 2 * TTL)
        deployment.store.transact(deployment.identities.of("u-9"), lambda _: Change(None, erase=stone), NOON)
    answer = CliRunner().invoke(app, ["expire"], env=settings(tmp_path))
    assert answer.exit_code == 0, answer.output
    assert "overdue" in answer.output
    assert (tmp_path / "ledger-heads.jsonl").read_text(encoding="utf-8").count("\n") == 1
    with opened(settings(tmp_path)) as deployment:
        assert deployment.store.count("events") == 0
        assert not deployment.store.user(key, NOON).preferences.push
