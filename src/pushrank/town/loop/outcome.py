"""What became of the people and the pushes of one arm."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

PEOPLE = (
    "user_id",
    "timezone",
    "activity",
    "pushes",
    "clicks",
    "ordinary_clicks",
    "opted_out",
    "days",
    "starved",
)
PUSHES = (
    "user_id",
    "message_id",
    "category",
    "asked_at",
    "sent_at",
    "local_hour",
    "p_click",
    "p_opt_out",
    "clicked",
    "opted_out",
    "net_value",
    "propensity",
)


@dataclass(frozen=True, slots=True)
class Result:
    """One arm over the days after the log.

    `people` has a row for each person followed and the columns `PEOPLE`: `activity` true visits a day,
    `ordinary_clicks` clicks by their worth, `opted_out` 0 or 1, `days` during which they could be reached, `starved` 1
    for whoever could be reached at the end and had no push for so many days before it, those of the log counted.
    `pushes` has a row for each push in order of time and the columns `PUSHES`: moments in microseconds UTC, `p_click`
    and `p_opt_out` the true chances when it went out, `clicked` and `opted_out` 0 or 1 also where that came after the
    end, `net_value` what the sender believed (missing where it believes nothing). `silences` counts asks without a
    message by code, `stops` messages that a confirm did not let go by code.
    """

    people: pd.DataFrame
    pushes: pd.DataFrame
    asks: int
    silences: Mapping[str, int]
    stops: Mapping[str, int]


def write_result(result: Result, folder: Path) -> None:
    """Write `people.parquet`, `pushes.parquet` and `counts.json` into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    result.people.to_parquet(folder / "people.parquet", index=False)
    result.pushes.to_parquet(folder / "pushes.parquet", index=False)
    counts = {"asks": result.asks, "silences": dict(result.silences), "stops": dict(result.stops)}
    (folder / "counts.json").write_text(json.dumps(counts, sort_keys=True), encoding="utf-8")


def read_result(folder: Path) -> Result:
    """Read what `write_result` wrote."""
    counts = json.loads((folder / "counts.json").read_text(encoding="utf-8"))
    people, pushes = (pd.read_parquet(folder / f"{name}.parquet") for name in ("people", "pushes"))
    return Result(people, pushes, **counts)
