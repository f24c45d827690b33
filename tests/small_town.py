"""A small town's log, rougher than the town makes it, a real model of it, and the log as it was at some moment."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pushrank.config import TrainingConfig, load
from pushrank.config.home import shipped
from pushrank.config.types import AttributeSpec
from pushrank.domain.event import Event
from pushrank.domain.instants import HOUR, Instant, iso
from pushrank.domain.message import Message
from pushrank.learning import dataset, run
from pushrank.learning.source import open_source
from pushrank.logs import open_log, write_table
from pushrank.logs.parts import Parts, Windows
from pushrank.scoring.bundle import save
from pushrank.town import Plan, write_town
from pushrank.transfer.told import told_by_user

PLAN = Plan(users=90, days=14, seed=5)
TIMES = (
    "clicked_at",
    "opted_out_at",
    "dismissed_at",
    "opened_at",
    "converted_at",
    "category_opted_out_at",
)
STRANGER = "u-unlisted"
GONE = "m-unlisted"


def config() -> TrainingConfig:
    """The shipped configuration with parts, leaves and forests that fit a log of two weeks, and with attributes."""
    base = load(shipped("training", "default"), TrainingConfig)
    heads = {
        name: replace(getattr(base, name), rounds=rounds, min_leaf_rows=20, leaf_positives=0)
        for name, rounds in (("click", 30), ("opt_out", 12))
    }
    attributes = (AttributeSpec("user", "loyalty", "number"), AttributeSpec("message", "brand", "label"))
    return replace(base, calibration_share=0.35, evaluation_share=0.1, attributes=attributes, **heads)


def write_log(folder: Path) -> Path:
    """Write the town's log, with what real logs have and the town's has not."""
    write_town(PLAN, folder)
    rng = np.random.default_rng(11)
    _rough_outcomes(folder, rng)
    activity = pd.read_parquet(folder / "activity.parquet")
    write_table(folder, "activity", pd.concat([activity, activity.sample(40, random_state=3)], ignore_index=True))
    users = pd.read_parquet(folder / "users.parquet")
    users.loc[users.index[::7], "timezone"] = None
    write_table(folder, "users", users.assign(loyalty=rng.integers(0, 9, len(users)).astype(float)))
    messages = pd.read_parquet(folder / "messages.parquet")
    write_table(folder, "messages", messages.assign(brand=rng.choice(["north", "south", "东方"], len(messages))))
    preferences = pd.read_parquet(folder / "preferences.parquet")
    zones = [None if row % 3 else "Asia/Kathmandu" for row in range(len(preferences))]
    write_table(folder, "preferences", preferences.assign(timezone=pd.Series(zones, dtype="str")))
    return folder


def _rough_outcomes(folder: Path, rng: np.random.Generator) -> None:
    """Send some messages twice, let some users leave late or a category only, open and buy, and write unlisted ids."""
    rows = pd.read_parquet(folder / "outcomes.parquet")
    again = rows.sample(120, random_state=1).drop(columns=["clicked_at", "opted_out_at", "dismissed_at"])
    again["sent_at"] += _hours(rng, len(again), 1, 60)
    again["decision_id"] = [f"d-again-{place}" for place in range(len(again))]
    few = rows.iloc[[0, 40, 300, 600, 900, 1200]]
    unlisted = [few.assign(user_id=STRANGER), few.assign(message_id=GONE)]
    unlisted = [
        some.assign(decision_id=[f"d-{place}-{row}" for row in range(6)]) for place, some in enumerate(unlisted)
    ]
    rows = pd.concat([rows, again, *unlisted], ignore_index=True).sort_values("sent_at", ignore_index=True)
    rows = rows.astype(dict.fromkeys(("clicked_at", "opted_out_at", "dismissed_at"), "datetime64[us, UTC]"))
    for name, share, longest in (
        ("clicked_at", 0.1, 30),
        ("opted_out_at", 0.04, 240),
        ("opened_at", 0.2, 5),
        ("category_opted_out_at", 0.02, 90),
    ):
        rows[name] = _some(rows, rows.get(name), rng, share, longest)
    rows["converted_at"] = (rows["clicked_at"] + pd.Timedelta(minutes=7)).where(rng.random(len(rows)) < 0.3)
    rows["conversion_value"] = np.where(rows["converted_at"].notna(), rng.random(len(rows)), np.nan)
    write_table(folder, "outcomes", rows)


def _hours(rng: np.random.Generator, number: int, least: float, most: float) -> pd.TimedeltaIndex:
    return pd.to_timedelta((rng.uniform(least, most, number) * HOUR).astype(np.int64), unit="us")


def _some(
    rows: pd.DataFrame, before: pd.Series | None, rng: np.random.Generator, share: float, longest: float
) -> pd.Series:
    """Times that are there, and more of them in a share of the other rows."""
    more = (rows["sent_at"] + _hours(rng, len(rows), 0.01, longest)).where(rng.random(len(rows)) < share)
    return more if before is None else before.fillna(more)


def write_model(log: Path, folder: Path) -> Path:
    """Train on a log by the steps of the recipe and save the bundle."""
    settings = config()
    source = open_source(open_log(log), settings)
    view = dataset.fit_view(source, settings)
    rows = dataset.build(source, view, folder.parent / "work")
    model = run.final(run.learn(rows, view, settings), rows)
    save(run.trained(model, run.facts(model, rows, source)), folder)
    return folder


def until(log: Path, at: Instant, folder: Path) -> Path:
    """Write a log as somebody would have at a moment: nothing that happened at or after it."""
    stop = pd.Timestamp(at, unit="us", tz="UTC")
    shutil.copytree(log, folder)
    rows = pd.read_parquet(log / "outcomes.parquet")
    rows = rows[rows["sent_at"] < stop]
    write_table(folder, "outcomes", rows.assign(**{name: rows[name].where(rows[name] < stop) for name in TIMES}))
    activity = pd.read_parquet(log / "activity.parquet")
    write_table(folder, "activity", activity[activity["at"] < stop])
    return folder


def with_impressions(log: Path, at: Instant, user_ids: Sequence[str], message_ids: Sequence[str], folder: Path) -> Path:
    """Write a log to which each of these users was sent each of these messages at one moment."""
    shutil.copytree(log, folder)
    pairs = [(user, message) for user in user_ids for message in message_ids]
    more = pd.DataFrame(pairs, columns=["user_id", "message_id"]).assign(sent_at=pd.Timestamp(at, unit="us", tz="UTC"))
    rows = pd.read_parquet(log / "outcomes.parquet")
    more = more.reindex(columns=rows.columns).astype(rows.dtypes)
    write_table(folder, "outcomes", pd.concat([rows, more], ignore_index=True))
    return folder


def told(log: Path, since: Instant, before: Instant) -> list[Event]:
    """What happened from `since` until before `before`, by user and time, as a backend would have reported it."""
    read = open_log(log)
    messages = {message.message_id: message for message in (*read.messages(), Message(GONE, "unknown"))}
    (part,) = Parts(read, lambda batch: batch, 1, 10**6, log)
    by_user = told_by_user(part, messages, Windows.of(config()), before)
    return [event for _, events in by_user for event in events if event.at >= since]


def body_of(event: Event) -> dict[str, Any]:
    """Write an event as a backend posts it."""
    known = {field.name: getattr(event, field.name) for field in fields(Event)}
    said = {name: value for name, value in known.items() if value not in (None, (), False)}
    return said | {"type": event.type.value, "at": iso(event.at)}
