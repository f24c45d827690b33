"""Pictures of what policies did, and the tables behind them, on frames whose answers are known."""

from __future__ import annotations

import base64
import struct

import numpy as np
import pandas as pd
import pytest

from pushrank.evaluation import loop_pictures
from pushrank.evaluation.pictures import Picture


def people() -> pd.DataFrame:
    """Forty people; who visits more gets more pushes, and of the ten least active four leave."""
    activity = np.arange(1, 41) / 10
    return pd.DataFrame(
        {
            "activity": activity,
            "pushes": np.where(activity > 2, 56, 28),
            "days": np.full(40, 28.0),
            "opted_out": (np.arange(40) < 4).astype(int),
        }
    )


def pushes() -> pd.DataFrame:
    return pd.DataFrame(
        {"asked_hour": [7, 7, 9, 9], "local_hour": [8, 8, 8, 20], "clicked": [1, 0, 0, 1]},
    )


def points() -> pd.DataFrame:
    rows = [("a", 3.0, 0.06), ("b", 2.0, 0.02), ("c", 1.9, 0.04)]
    table = pd.DataFrame(rows, columns=["name", "clicks", "opt_outs"])
    return table.assign(
        clicks_low=table["clicks"] - 0.1,
        clicks_high=table["clicks"] + 0.2,
        opt_outs_low=table["opt_outs"] - 0.01,
        opt_outs_high=table["opt_outs"] + 0.01,
    )


def size(content: bytes) -> tuple[int, int]:
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def test_levels_are_of_equal_size_and_tell_what_became_of_their_people() -> None:
    levels = loop_pictures.activity_levels(people(), 4)
    assert levels["people"].tolist() == [10, 10, 10, 10]
    assert levels["activity"].tolist() == pytest.approx([0.55, 1.55, 2.55, 3.55])
    assert levels["pushes_a_day"].tolist() == [1.0, 1.0, 2.0, 2.0]
    assert levels["opt_outs"].tolist() == [0.4, 0.0, 0.0, 0.0]


def test_days_count_only_while_somebody_could_be_reached() -> None:
    half = people().assign(days=14.0)
    assert loop_pictures.activity_levels(half, 4)["pushes_a_day"].tolist() == [2.0, 2.0, 4.0, 4.0]


def test_people_of_equal_activity_are_one_level() -> None:
    levels = loop_pictures.activity_levels(people().assign(activity=1.0), 4)
    assert levels["people"].tolist() == [40]
    assert levels["opt_outs"].tolist() == [0.1]


def test_hours_are_shares_of_pushes_and_click_rates_of_those_sent_then() -> None:
    hours = loop_pictures.hourly(pushes())
    assert hours["asked"][7] == hours["asked"][9] == 0.5
    assert hours["sent"][8] == 0.75
    assert hours["sent"][20] == 0.25
    assert hours["clicked"][8] == pytest.approx(1 / 3)
    assert hours["clicked"][20] == 1.0
    assert np.isnan(hours["clicked"][12])
    assert len(hours) == 24


def test_no_policy_of_the_front_is_beaten_by_another() -> None:
    assert loop_pictures.undominated([3.0, 2.0, 1.9], [0.06, 0.02, 0.04]) == [1, 0]
    assert loop_pictures.undominated([3.0, 3.0], [0.06, 0.02]) == [1]
    assert loop_pictures.undominated([2.0, 3.0], [0.02, 0.02]) == [1]


def test_every_picture_is_a_png_for_both_themes_and_says_what_it_shows() -> None:
    drawn = [
        *loop_pictures.by_activity({"ours": people(), "other": people().assign(pushes=10)}, 4),
        *loop_pictures.by_hour({"ours": pushes()}),
        loop_pictures.pareto(points()),
    ]
    assert [one.title for one in drawn] == [
        "Pushes a day by activity",
        "Opt-outs by activity",
        "By local hour: ours",
        "Clicks against opt-outs",
    ]
    for one in drawn:
        assert_is_picture(one)


def test_more_policies_than_colours_can_be_drawn() -> None:
    drawn = loop_pictures.by_activity({f"policy-{place}": people() for place in range(14)}, 4)
    assert_is_picture(drawn[0])


def assert_is_picture(one: Picture) -> None:
    width, height = size(loop_pictures.png(one))
    assert 400 < width < 1200
    assert 300 < height < 900
    assert size(base64.b64decode(one.dark.partition(",")[2])) == (width, height)
    assert one.light != one.dark
    assert len(one.says) > 40
