from __future__ import annotations

from dataclasses import replace

import lightgbm
import numpy as np
import pytest

from pushrank.config import TrainingConfig, load
from pushrank.config.home import shipped
from pushrank.learning import baselines
from pushrank.learning.fit import MANY_ROWS, Machine, Sample, fit_head, leaf_rows
from pushrank.scoring.structure import check_model_text
from tests.small_models import made_rows, small_view

CONFIG = replace(load(shipped("training", "default"), TrainingConfig).click, rounds=30, min_leaf_rows=50)
MACHINE = Machine(seed=3, threads=1)


@pytest.fixture(scope="module")
def sample() -> Sample:
    matrix, labels = made_rows()
    return Sample(matrix, labels, np.arange(len(labels), dtype=np.int64), small_view().names)


def test_the_same_seed_gives_the_same_text(sample: Sample) -> None:
    first, second = (fit_head(sample, CONFIG, MACHINE) for _ in range(2))
    assert first == second
    assert fit_head(sample, CONFIG, Machine(4, 1)).text != first.text


def test_what_is_fitted_passes_the_check_of_structure(sample: Sample) -> None:
    check_model_text(fit_head(sample, CONFIG, MACHINE).text, sample.names)


def test_the_number_of_trees_can_be_given_and_progress_is_told(sample: Sample) -> None:
    heard: list[tuple[int, int]] = []
    forest = fit_head(sample, CONFIG, MACHINE, lambda done, most: heard.append((done, most)), trees=4)
    assert forest.trees == 4
    assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_leaves_hold_enough_expected_positives() -> None:
    assert leaf_rows(replace(CONFIG, min_leaf_rows=200, leaf_positives=10), 0.002) == 5000
    assert leaf_rows(replace(CONFIG, min_leaf_rows=200, leaf_positives=10), 0.2) == 200


def test_no_leaf_is_much_smaller_than_asked(sample: Sample) -> None:
    """LightGBM counts the rows of a leaf by their weight in the fit, so a few may be missing."""
    forest = fit_head(sample, replace(CONFIG, row_share=1.0), MACHINE)
    counts = lightgbm.Booster(model_str=forest.text).trees_to_dataframe().query("left_child.isnull()")["count"]
    assert counts.min() >= 0.75 * forest.leaf_rows


def test_rows_that_lie_together_are_not_copied(sample: Sample) -> None:
    assert np.shares_memory(sample.take(np.arange(5, 50)).matrix, sample.matrix)
    np.testing.assert_array_equal(sample.take(np.array([1, 3])).matrix, sample.matrix[[1, 3]])


def test_many_threads_are_for_many_rows() -> None:
    assert Machine.of(1, MANY_ROWS - 1, 8).threads == 1
    assert Machine.of(1, MANY_ROWS, 8).threads == 8


def test_baselines_survive_being_written(sample: Sample) -> None:
    user = np.arange(len(sample.labels)) % 50
    for beside in (baselines.fit_click(sample, user, MACHINE), baselines.fit_opt_out(sample, MACHINE)):
        again = baselines.from_dict(baselines.to_dict(beside))
        for name, baseline in beside.items():
            np.testing.assert_array_equal(again[name].score(sample.matrix), baseline.score(sample.matrix))


def test_baselines_are_those_of_the_contract(sample: Sample) -> None:
    user = np.arange(len(sample.labels)) % 50
    click = baselines.fit_click(sample, user, MACHINE)
    assert set(click) == {"constant", "user_rate", "message_rate", "logistic", "lambdarank"}
    assert np.ptp(click["constant"].score(sample.matrix)) == 0.0
    p = click["logistic"].score(sample.matrix)
    assert p.mean() == pytest.approx(sample.base_rate, abs=0.02)
    assert p[sample.labels == 1].mean() > p[sample.labels == 0].mean()


def test_logistic_regression_on_a_draw_keeps_the_level(monkeypatch: pytest.MonkeyPatch, sample: Sample) -> None:
    monkeypatch.setattr(baselines, "_LOGISTIC_ROWS", 400)
    p = baselines.fit_logistic(sample, MACHINE).score(sample.matrix)
    assert p.mean() == pytest.approx(sample.base_rate, abs=0.05)


def test_lambdarank_reads_nothing_of_the_user_alone(sample: Sample) -> None:
    user = np.arange(len(sample.labels)) % 50
    fitted = baselines.fit_lambdarank(sample, user, MACHINE)
    other = sample.matrix.copy()
    other[:, [place for place, name in enumerate(sample.names) if name.startswith("user_")]] += 1.0
    np.testing.assert_array_equal(fitted.score(other), fitted.score(sample.matrix))


def test_an_opt_out_rate_falls_with_pushes_that_were_borne() -> None:
    survival = baselines.Survival(place=0, p=0.002)
    np.testing.assert_allclose(survival.score(np.array([[0.0], [10.0]])), [0.002, 0.001])
