from __future__ import annotations

from pathlib import Path

import numpy as np
import yaml

from pushrank.config import TrainingConfig, load
from pushrank.config.home import shipped
from pushrank.features.view import feature_names
from pushrank.learning import baselines, tracking
from pushrank.learning.calibrate import ISOTONIC_FROM, PLATT_FROM
from pushrank.learning.card import with_table
from pushrank.learning.fit import Machine, Sample
from pushrank.learning.heads import HEADS
from pushrank.scoring import bundle, manifest
from pushrank.scoring.calibration import FORMS
from tests.small_models import made_rows, small_trained, small_view

MODELS = Path(__file__).parents[2] / "models"
SPEC = yaml.safe_load((MODELS / "push_ranker" / "spec.yaml").read_text(encoding="utf-8"))
CARD = (MODELS / "push_ranker" / "CARD.md").read_text(encoding="utf-8")


def test_the_card_has_every_feature_as_the_code_defines_it() -> None:
    assert with_table(CARD, feature_names(0, ())) == CARD, "write the table anew: python -m training.card"


def test_the_spec_names_what_the_registry_uses() -> None:
    assert SPEC["name"] == tracking.MODEL
    assert set(SPEC["aliases"]) == {tracking.CHALLENGER, tracking.CHAMPION}
    assert tuple(SPEC["heads"]) == HEADS
    assert shipped("evaluation", "gate").match(f"*/{SPEC['gate']}")


def test_the_spec_has_the_windows_of_the_configuration() -> None:
    config = load(shipped("training", "default"), TrainingConfig)
    assert SPEC["heads"]["click"]["window_hours"] == config.click_window_hours
    assert SPEC["heads"]["opt_out"]["window_hours"] == config.opt_out_window_hours


def test_the_spec_names_the_files_of_a_bundle(tmp_path: Path) -> None:
    bundle.save(small_trained(), tmp_path / "bundle")
    assert {path.name for path in (tmp_path / "bundle").iterdir()} == set(SPEC["bundle"])
    assert manifest.NAME in SPEC["bundle"]


def test_the_spec_names_the_calibrations() -> None:
    assert set(SPEC["calibration"]) == set(FORMS)
    assert (PLATT_FROM, ISOTONIC_FROM) == (100, 1000)
    assert SPEC["calibration"]["platt"] == f"{PLATT_FROM} to {ISOTONIC_FROM}"


def test_the_spec_names_the_baselines() -> None:
    matrix, labels = made_rows()
    sample = Sample(matrix, labels, np.arange(len(labels)), small_view().names)
    user, machine = np.arange(len(labels)) % 9, Machine(1, 1)
    assert SPEC["baselines"]["click"] == list(baselines.fit_click(sample, user, machine))
    assert SPEC["baselines"]["opt_out"] == list(baselines.fit_opt_out(sample, machine))
