"""A log becomes rows: which labels are known, which rows are read, and that parts change nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pushrank.config import Category, TrainingConfig, load
from pushrank.domain.codes import Purpose
from pushrank.domain.instants import DAY, HOUR, Instant, instant
from pushrank.features.view import FeatureView
from pushrank.learning.dataset import Rows, build, fit_view
from pushrank.learning.errors import LearningError
from pushrank.learning.source import Source, open_source
from pushrank.logs import open_log, write_table

START = instant("2026-09-01T08:00:00+00:00")
CONFIG = load(Path("configs/training/default.yaml"), TrainingConfig)


def stamp(at: Instant | None) -> pd.Timestamp | None:
    return None if at is None else pd.Timestamp(at, unit="us", tz="UTC")


def outcome(
    user: str, message: str, sent: Instant, click: Instant | None = None, out: Instant | None = None
) -> dict[str, object]:
    return {
        "user_id": user,
        "message_id": message,
        "sent_at": stamp(sent),
        "clicked_at": stamp(click),
        "opted_out_at": stamp(out),
    }


def write(folder: Path, rows: list[dict[str, object]], activity: list[dict[str, object]] | None = None) -> Path:
    frame = pd.DataFrame(rows)
    for name in ("sent_at", "clicked_at", "opted_out_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    write_table(folder, "outcomes", frame)
    ids = frame["message_id"].unique()
    write_table(
        folder, "messages", pd.DataFrame({"message_id": ids, "category": "news", "title": [f"Title {i}" for i in ids]})
    )
    if activity:
        write_table(folder, "activity", pd.DataFrame(activity))
    return folder


def rows_of(folder: Path, until: Instant | None = None, **more: object) -> tuple[Rows, FeatureView, Source]:
    source = open_source(open_log(folder), CONFIG, until, **more)  # type: ignore[arg-type]
    view = fit_view(source, CONFIG)
    return build(source, view, folder / "work"), view, source


def test_a_label_is_known_only_once_its_window_has_passed(tmp_path: Path) -> None:
    log = write(
        tmp_path,
        [
            outcome("a", "m-1", START, click=START + HOUR),
            outcome("b", "m-1", START + 8 * DAY),
            outcome("c", "m-1", START + 9 * DAY + 12 * HOUR, click=START + 9 * DAY + 13 * HOUR),
            outcome("d", "m-1", START + 10 * DAY),
        ],
    )

    rows, _, _ = rows_of(log)

    assert rows.click.tolist() == [1, 0, -1, -1]
    assert rows.opt_out.tolist() == [0, -1, -1, -1]


def test_a_click_after_its_window_is_a_negative(tmp_path: Path) -> None:
    log = write(
        tmp_path,
        [outcome("a", "m-1", START, click=START + 25 * HOUR), outcome("b", "m-1", START + 9 * DAY)],
    )

    assert rows_of(log)[0].click.tolist() == [0, -1]


def test_an_opt_out_stands_at_the_last_push_before_it(tmp_path: Path) -> None:
    log = write(
        tmp_path,
        [
            outcome("a", "m-1", START, out=START + 30 * HOUR),
            outcome("a", "m-2", START + 24 * HOUR),
            outcome("b", "m-1", START + 9 * DAY),
        ],
    )

    assert rows_of(log)[0].opt_out.tolist() == [0, 1, -1]


def test_nothing_at_or_after_the_cut_is_read(tmp_path: Path) -> None:
    cut = START + 5 * DAY
    before = [outcome("a", "m-1", START, click=START + HOUR), outcome("b", "m-1", START + DAY)]
    late = [outcome("a", "m-2", cut, click=cut + HOUR), outcome("b", "m-3", cut + DAY)]

    whole, _, _ = rows_of(write(tmp_path / "whole", before + late), until=cut)
    alone, _, _ = rows_of(write(tmp_path / "alone", before), until=cut)

    assert whole.sent_at.max() < cut
    np.testing.assert_array_equal(whole.matrix, alone.matrix)


def test_suppressed_users_are_left_out(tmp_path: Path) -> None:
    log = write(tmp_path, [outcome("a", "m-1", START), outcome("b", "m-1", START + DAY)])

    rows, _, _ = rows_of(log, suppressed={"a"})

    assert rows.user_ids[rows.user].tolist() == ["b"]


def test_a_row_sees_what_came_strictly_before_it(tmp_path: Path) -> None:
    log = write(
        tmp_path,
        [
            outcome("a", "m-1", START, click=START + HOUR),
            outcome("a", "m-2", START + HOUR),
            outcome("a", "m-3", START + HOUR + 1),
        ],
        [{"user_id": "a", "at": stamp(START), "kind": "view", "tags": ["x"]}],
    )

    rows, view, _ = rows_of(log)

    clicks, sends = (view.names.index(name) for name in ("user_total_clicks", "user_total_sends"))
    assert rows.matrix[:, clicks].tolist() == [0, 0, 1]
    assert rows.matrix[:, sends].tolist() == [0, 1, 2]


def random_log(folder: Path, users: int = 60, each: int = 20) -> Path:
    rng = np.random.default_rng(4)
    made = []
    for user in range(users):
        for at in np.sort(rng.integers(0, 30 * 24 * 60, each)):
            sent = START + int(at) * 60_000_000
            click = sent + int(rng.integers(1, 10 * HOUR)) if rng.random() < 0.2 else None
            made.append(
                outcome(
                    f"u-{user}", f"m-{int(rng.integers(40))}", sent, click, sent + HOUR if rng.random() < 0.01 else None
                )
            )
    return write(folder, made)


def test_hashing_users_into_parts_changes_no_bit(tmp_path: Path) -> None:
    log = random_log(tmp_path)
    whole, view, source = rows_of(log)

    parts = build(replace(source, rows_per_part=100), view, tmp_path / "parts")

    def ordered(rows: Rows) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.lexsort(
            (rows.message_ids[rows.message].astype(str), rows.user_ids[rows.user].astype(str), rows.sent_at)
        )

    np.testing.assert_array_equal(whole.matrix[ordered(whole)], parts.matrix[ordered(parts)])
    np.testing.assert_array_equal(whole.click[ordered(whole)], parts.click[ordered(parts)])
    assert not (tmp_path / "parts" / "parts").exists()


def test_rows_come_in_time_order(tmp_path: Path) -> None:
    rows, _, _ = rows_of(random_log(tmp_path))

    assert (np.diff(rows.sent_at) >= 0).all()


def test_a_log_with_nothing_before_the_cut_is_refused(tmp_path: Path) -> None:
    log = write(tmp_path, [outcome("a", "m-1", START)])

    with pytest.raises(LearningError, match="at least one impression before --until"):
        open_source(open_log(log), CONFIG, START)


def test_booleans_are_known_when_their_window_has_passed(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "user_id": ["a", "a", "a"],
            "message_id": ["m-1", "m-2", "m-3"],
            "sent_at": [stamp(START), stamp(START + 23 * HOUR), stamp(START + 25 * HOUR)],
            "clicked": [True, False, False],
            "opted_out": [False, None, False],
        }
    )
    write_table(tmp_path, "outcomes", frame.astype({"opted_out": "boolean"}))
    write_table(tmp_path, "messages", pd.DataFrame({"message_id": ["m-1", "m-2", "m-3"], "category": "news"}))

    rows, view, _ = rows_of(tmp_path, until=START + 30 * DAY)

    assert rows.matrix[:, view.names.index("user_total_clicks")].tolist() == [0, 0, 1]
    assert rows.opt_out.tolist() == [0, -1, 0]


TREE = {"news": Category({"en": "News"}), "promo": Category({"en": "Offers"}, purpose=Purpose.MARKETING)}


def with_objection(folder: Path) -> Path:
    sends = [(name, user) for name in ("m-news", "m-promo", "m-own") for user in ("yes", "no")]
    last = [outcome(user, "m-last", START + 9 * DAY) for user in ("yes", "no")]
    write(
        folder,
        [
            outcome(user, name, START + place * HOUR, click=START + place * HOUR + 1)
            for place, (name, user) in enumerate(sends)
        ]
        + last,
    )
    messages = {
        "message_id": ["m-news", "m-promo", "m-own", "m-last"],
        "category": ["news", "promo.shoes", "news", "news"],
        "purpose": [None, None, "marketing", None],
    }
    write_table(folder, "messages", pd.DataFrame(messages))
    write_table(folder, "preferences", pd.DataFrame({"user_id": ["no", "yes"], "objected": [True, False]}))
    return folder


def test_marketing_to_who_objected_is_not_learned_from_and_is_counted(tmp_path: Path) -> None:
    log = with_objection(tmp_path)
    whole, view, source = rows_of(log)
    rows, other, less = rows_of(log, categories=TREE)
    assert (len(whole), source.objected, len(rows), less.objected) == (8, 0, 6, 2)
    learned = {
        (rows.user_ids[user], rows.message_ids[name]) for user, name in zip(rows.user, rows.message, strict=True)
    }
    assert learned == {
        *(("yes", name) for name in ("m-news", "m-promo", "m-own", "m-last")),
        *(("no", name) for name in ("m-news", "m-last")),
    }
    assert other.constants != view.constants, "the base rates are of what is learned from"


def test_what_an_objector_got_still_happened_before_what_came_after_as_at_serving(tmp_path: Path) -> None:
    log = with_objection(tmp_path)
    view = fit_view(open_source(open_log(log), CONFIG), CONFIG)
    kept = []
    for place, more in enumerate(({}, {"categories": TREE})):
        source = open_source(open_log(log), CONFIG, **more)  # type: ignore[arg-type]
        kept.append(build(source, view, log / f"work-{place}"))
    whole, less = kept
    last = [rows.matrix[rows.sent_at == rows.sent_at.max()] for rows in (whole, less)]
    np.testing.assert_array_equal(*last)


def test_who_is_not_profiled_is_not_learned_from_and_is_counted(tmp_path: Path) -> None:
    names = ("known", "off", "young", "teen")
    log = write(tmp_path, [outcome(name, "m-1", START + place * HOUR) for place, name in enumerate(names)])
    people = {"user_id": ["off", "young", "teen"], "minor": [None, True, None], "age_band": [None, None, "13-17"]}
    write_table(log, "users", pd.DataFrame(people))
    write_table(log, "preferences", pd.DataFrame({"user_id": ["off"], "personalisation": [False]}))
    rows, _, source = rows_of(log, categories=TREE)
    assert (list(rows.user_ids), len(rows), source.unprofiled) == (["known"], 1, 3)
    everybody, _, whole = rows_of(log)
    assert (len(everybody), whole.unprofiled) == (4, 0)


def test_a_log_of_nothing_but_marketing_to_objectors_teaches_nothing(tmp_path: Path) -> None:
    log = write(tmp_path, [outcome("no", "m-1", START)])
    write_table(log, "messages", pd.DataFrame({"message_id": ["m-1"], "category": ["promo"]}))
    write_table(log, "preferences", pd.DataFrame({"user_id": ["no"], "objected": [True]}))
    with pytest.raises(LearningError, match="expected at least one impression"):
        open_source(open_log(log), CONFIG, categories=TREE)
