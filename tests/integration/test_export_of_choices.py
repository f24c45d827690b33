"""What a log from the store tells of people who said what may be remembered of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pushrank.domain.codes import EventType
from pushrank.domain.instants import DAY, HOUR
from pushrank.domain.user import UserFacts
from pushrank.logs import ColumnMap, open_log
from pushrank.rights.profile import forget_tag
from pushrank.transfer.exporting import export_log
from tests.small_house import House
from tests.small_policies import NOON, message


@pytest.fixture
def house(tmp_path: Path) -> House:
    built = House(tmp_path)
    built.put(message("m-1", tags=("tennis",)))
    for user in ("known", "off", "young", "blocks"):
        looked = built.event(
            EventType.ACTIVITY, NOON - HOUR, user, kind="view", tags=("running", "chess"), items=("a",)
        )
        sent = built.event(EventType.SENT, NOON - DAY, user, message_id="m-1")
        built.take(looked, sent, built.event(EventType.CLICKED, NOON - DAY + HOUR, user, message_id="m-1"))
    built.settle("off", personalisation=False)
    built.settle("young", facts=UserFacts(minor=True))
    built.settle("blocks", tags={"running": False}, category_caps={"news": 1})
    return built


def activity(house: House, out: Path) -> dict[str, list[Any]]:
    export_log(house.store, out, 0, "k", "store")
    frames = list(open_log(out, ColumnMap()).batches("activity"))
    names = {house.pseudonyms.of(user): user for user in ("known", "off", "young", "blocks")}
    return {names[row["user_id"]]: list(row["tags"]) for frame in frames for row in frame.to_dict(orient="records")}


def test_who_is_not_profiled_goes_out_without_activity_and_blocked_tags_stay_in(house: House, tmp_path: Path) -> None:
    assert activity(house, tmp_path / "log") == {"known": ["running", "chess"], "blocks": ["chess"]}


def test_a_deleted_tag_stays_in_up_to_its_moment(house: House, tmp_path: Path) -> None:

    key, message_of = house.pseudonyms.of("known"), house.catalogue.lookup()
    house.store.transact(key, lambda reading: forget_tag(reading, "chess", NOON, message_of, None), NOON)
    assert activity(house, tmp_path / "log")["known"] == ["running"]


def test_sends_and_what_came_of_them_go_out_for_everybody(house: House, tmp_path: Path) -> None:
    export_log(house.store, tmp_path / "log", 0, "k", "store")
    (outcomes,) = open_log(tmp_path / "log", ColumnMap()).batches("outcomes")
    assert (len(outcomes), outcomes["clicked"].sum()) == (4, 4)


def test_interests_and_limits_that_a_user_set_come_back_out_of_the_log(house: House, tmp_path: Path) -> None:
    export_log(house.store, tmp_path / "log", 0, "k", "store")
    found = open_log(tmp_path / "log", ColumnMap()).preferences()[house.pseudonyms.of("blocks")]
    assert (found.tags, found.category_caps) == ({"running": False}, {"news": 1})


def test_an_attribute_of_several_kinds_goes_out_as_text_and_keeps_nobody_else_in(house: House, tmp_path: Path) -> None:
    for user, value in {"known": 3.5, "off": "gold", "young": True}.items():
        house.take(house.event(EventType.ATTRIBUTE, NOON, user, name="loyalty", value=value))
    export_log(house.store, tmp_path / "log", 0, "k", "store")
    facts = open_log(tmp_path / "log", ColumnMap()).users()
    told = {user: facts[house.pseudonyms.of(user)].attributes.get("loyalty") for user in ("known", "off", "young")}
    assert told == {"known": "3.5", "off": "gold", "young": "true"}


@pytest.mark.parametrize("name", ["user_id", "attributes"])
def test_no_attribute_takes_the_place_of_a_pseudonym(house: House, tmp_path: Path, name: str) -> None:
    house.take(house.event(EventType.ATTRIBUTE, NOON, "known", name=name, value="raw-id-of-somebody"))
    export_log(house.store, tmp_path / "log", 0, "k", "store")
    assert house.pseudonyms.of("known") in open_log(tmp_path / "log", ColumnMap()).users()
    assert "raw-id-of-somebody" not in str(pq.read_table(tmp_path / "log" / "users.parquet").to_pylist())
