from __future__ import annotations

from pathlib import Path

import pandas as pd

from pushrank.config.types import SeenElsewhere
from pushrank.domain.codes import EventType
from pushrank.domain.instants import DAY, HOUR
from pushrank.domain.record import Presence
from pushrank.logs import ColumnMap, open_log, write_table
from pushrank.logs.parts import Windows
from pushrank.transfer.loading import Destination, load_log
from tests.small_house import House
from tests.small_policies import NOON, message

SETTING = SeenElsewhere(("view",), 7.0)


def written(folder: Path) -> Path:
    write_table(folder, "messages", pd.DataFrame({"message_id": ["m-1", "m-2"], "category": ["news", "shop"]}))
    outcomes = {
        "user_id": ["u-1", "u-1"],
        "message_id": ["m-1", "m-2"],
        "sent_at": [NOON - 3 * DAY, NOON - 2 * DAY],
        "clicked_at": [NOON - 3 * DAY + HOUR, NOON - 2 * DAY + HOUR],
        "opted_out_at": [-1, -1],
        "channel": ["push", "email"],
    }
    write_table(folder, "outcomes", pd.DataFrame(outcomes))
    activity = {
        "user_id": ["u-1", "u-1"],
        "at": [NOON, NOON - DAY],
        "kind": ["view", "progress"],
        "items": [["sku-1", "sku-2"], ["sku-3"]],
    }
    write_table(folder, "activity", pd.DataFrame(activity))
    return folder


def test_a_log_that_is_loaded_tells_the_same_of_presence_as_live_events(tmp_path: Path) -> None:
    (tmp_path / "loaded").mkdir()
    (tmp_path / "live").mkdir()
    loaded, live = House(tmp_path / "loaded", seen_elsewhere=SETTING), House(tmp_path / "live", seen_elsewhere=SETTING)
    there = Destination(loaded.store, loaded.catalogue, loaded.policy, loaded.pseudonyms.of)
    log = open_log(written(tmp_path / "log"), ColumnMap({}))
    load_log(log, there, Windows(24 * HOUR, 72 * HOUR), tmp_path / "work", NOON + DAY)

    live.put(message("m-1"), message("m-2", "shop"))
    live.take(live.event(EventType.ACTIVITY, NOON, kind="view", items=("sku-1", "sku-2")))
    for name, days, channel in (("m-2", 2, "email"), ("m-1", 3, "push")):
        at, about = NOON - days * DAY, {"message_id": name, "channel": channel}
        live.take(live.event(EventType.CLICKED, at + HOUR, **about), live.event(EventType.SENT, at, **about))
    live.take(live.event(EventType.ACTIVITY, NOON - DAY, kind="progress", items=("sku-3",)))

    today = NOON // DAY
    seen = {"sku-1": NOON, "sku-2": NOON, "m-2#@email": NOON - 2 * DAY + HOUR}
    assert loaded.record().presence == Presence((today, today - 1, today - 2, today - 3), seen)
    assert live.record().presence == loaded.record().presence
