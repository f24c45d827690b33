"""What chance chose is logged with how likely that was: in the decision, in the store and in the export."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.chi_square import Counted, Logged, faults, judged
from pushrank.config.types import Exploration
from pushrank.domain.codes import EventType, Mode
from pushrank.domain.decision import Decision
from pushrank.evaluation.figures import Drawing
from pushrank.evaluation.off_policy import off_policy
from pushrank.ranking.served import Served
from pushrank.scoring.item_only import ItemOnlyScorer
from pushrank.scoring.permission import Permission
from pushrank.scoring.scorer import Floats, Scores
from pushrank.transfer.exporting import export_log
from tests.scored_rows import scored_rows
from tests.small_house import House, slate_of
from tests.small_models import small_view
from tests.small_policies import message

SETTING = Exploration(share=0.5, loss=0.1, among=3)
NAMES = ("m-1", "m-2", "m-3")


@dataclass(frozen=True)
class Falling:
    """A scorer for whom each next message is worth a little less."""

    def score(self, matrix: Floats) -> Scores:
        return Scores(np.linspace(0.1, 0.08, len(matrix)), np.zeros(len(matrix)))


def exploring(folder: Path, *, degraded: bool = False) -> House:
    view = small_view()
    served = Served(view, Falling(), ItemOnlyScorer.of(view.names), Permission.flat(4.5), "1", "the-features")
    house = House(folder, served=None if degraded else served, value_floor=0.05, exploration=SETTING)
    house.put(*map(message, NAMES))
    return house


def likelihood(decision: Decision) -> float:
    return float(np.prod([one.propensity for one in decision.slate]))


def test_every_decision_is_exported_with_what_was_chosen_and_how_likely_that_was(tmp_path: Path) -> None:
    house = exploring(tmp_path)
    made = {one.decision_id: one for one in (house.rank(*NAMES, user=f"u-{n}", slots=2) for n in range(40))}
    export_log(house.store, tmp_path / "log", 0, "a-key", "a-store")
    table = pd.read_parquet(tmp_path / "log" / "decisions.parquet")
    told = {row["decision_id"]: (list(row["chosen"]), row["propensity"]) for row in table.to_dict("records")}
    assert told == {name: (slate_of(one), one.propensity) for name, one in made.items()}
    ends = {len(one.slate): one for one in made.values()}
    assert set(ends) == {0, 1, 2}
    assert ends[2].propensity == pytest.approx(likelihood(ends[2]))
    assert ends[1].propensity < likelihood(ends[1])
    assert ends[0].propensity == SETTING.share / SETTING.among


def test_what_was_sent_bears_the_propensity_of_its_decision_into_the_diagnostics(tmp_path: Path) -> None:
    house = exploring(tmp_path)
    made = [one for one in (house.rank(*NAMES, user=f"u-{n}") for n in range(40)) if one.slate]
    for one in made:
        name = one.slate[0].scored.message_id
        house.take(
            house.event(EventType.SENT, user=one.user_id, message_id=name, decision_id=one.decision_id),
        )
    export_log(house.store, tmp_path / "log", 0, "a-key", "a-store")
    outcomes = pd.read_parquet(tmp_path / "log" / "outcomes.parquet")
    assert sorted(outcomes.propensity) == pytest.approx(sorted(one.propensity for one in made))
    rows = scored_rows(len(outcomes), propensity=outcomes.propensity.to_numpy())
    found = off_policy(rows, Drawing(20, 10, 7))
    assert found is not None
    assert found["smallest_propensity"] == pytest.approx(SETTING.share / SETTING.among)
    assert found["effective_sample_size"] < len(made)


def test_a_look_a_user_who_is_not_to_be_known_and_a_ranking_without_a_model_leave_nothing_to_chance(
    tmp_path: Path,
) -> None:
    house = exploring(tmp_path)
    house.settle("u-unknown", personalisation=False)
    looks = [house.rank(*NAMES, mode=Mode.LOOK) for _ in range(20)]
    unknown = [house.rank(*NAMES, user="u-unknown", slots=3)]
    (tmp_path / "other").mkdir()
    degraded = [exploring(tmp_path / "other", degraded=True).rank(*NAMES, slots=3)]
    assert {tuple(slate_of(one)) for one in looks} == {("m-1",)}
    for one in (*looks, *unknown, *degraded):
        assert (one.propensity, {chosen.propensity for chosen in one.slate} - {1.0}) == (1.0, set())


def test_the_same_question_under_the_same_id_gets_the_same_slate(tmp_path: Path) -> None:
    slates = []
    for copy in ("a", "b"):
        (tmp_path / copy).mkdir()
        house = exploring(tmp_path / copy)
        slates.append([slate_of(house.rank(*NAMES, user=f"u-{n}", slots=2)) for n in range(15)])
    assert slates[0] == slates[1]
    assert len(set(map(tuple, slates[0]))) > 1


def repeated(house: House, times: int) -> Counted:
    counted = Counted()
    for number in range(times):
        found = house.rank(*NAMES, user=f"u-{number}")
        logged = [one.propensity for one in found.slate] or [found.propensity]
        counted.add(tuple(slate_of(found)), Logged(tuple(logged), found.propensity))
    return counted


def test_counts_agree_with_what_was_logged_and_not_with_what_a_faulty_ranker_would_have_logged(tmp_path: Path) -> None:
    counted = repeated(exploring(tmp_path), 400)
    assert len(counted.counts) == 3
    assert judged(counted).p_value > 0.001
    for name, fault in faults(SETTING.share).items():
        if name != "a tenth less chance":  # that takes more than 400 decisions
            assert judged(counted.told(fault)).p_value < 0.001, name
