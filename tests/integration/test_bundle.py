from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pushrank.domain.permission import Cohort
from pushrank.scoring import canary, manifest
from pushrank.scoring.bundle import BundleError, load, restamped, save
from pushrank.scoring.fallback import without_model
from pushrank.scoring.golden import made_columns
from pushrank.scoring.heads import Head, HeadScorer
from pushrank.scoring.install import install
from pushrank.scoring.permission import Permission
from tests.small_models import made_rows, model_text, small_trained, small_view


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save(small_trained(), tmp_path / "bundle")
    return tmp_path / "bundle"


def reseal(directory: Path) -> None:
    """Make the manifest fit the files again, as somebody would who changed one on purpose."""
    files = {path.name: path.read_bytes() for path in directory.iterdir() if path.name != manifest.NAME}
    (directory / manifest.NAME).write_bytes(manifest.encode(manifest.manifest_of(files)))


def test_a_bundle_scores_as_what_was_saved(saved: Path) -> None:
    loaded = load(saved)
    trained = small_trained()
    assert trained.opt_out is not None
    matrix, _ = made_rows()
    scores = loaded.scorer.score(matrix)
    again = Head.of(trained.click.text, trained.click.calibration).probability(matrix)
    np.testing.assert_array_equal(scores.p_click, again)
    assert loaded.permission.pooled.value == 4.5
    assert loaded.facts == {"rows": 2000}
    assert loaded.view.digest == small_view().digest
    assert len({trained.click.text, trained.opt_out.text}) == 2


def test_one_row_scores_as_it_does_among_many(saved: Path) -> None:
    scorer = load(saved).scorer
    matrix = np.ascontiguousarray(made_rows()[0][:500])
    whole = scorer.score(matrix)
    for size in (1, 7, 100):
        parts = [scorer.score(np.ascontiguousarray(matrix[start : start + size])) for start in range(0, 500, size)]
        np.testing.assert_array_equal(np.concatenate([part.p_click for part in parts]), whole.p_click)
        np.testing.assert_array_equal(np.concatenate([part.p_opt_out for part in parts]), whole.p_opt_out)


def test_no_rows_give_no_scores(saved: Path) -> None:
    scores = load(saved).scorer.score(np.empty((0, len(small_view().names))))
    assert scores.p_click.shape == scores.p_opt_out.shape == (0,)


def test_without_opt_outs_the_prior_stands_in(tmp_path: Path) -> None:
    save(small_trained(with_opt_out=False), tmp_path / "bundle")
    loaded = load(tmp_path / "bundle")
    assert isinstance(loaded.scorer, HeadScorer)
    assert loaded.scorer.opt_out is None
    np.testing.assert_array_equal(loaded.scorer.score(made_rows()[0][:3]).p_opt_out, np.full(3, 0.001))


def test_a_version_is_written_without_changing_the_digest(saved: Path) -> None:
    before = load(saved)
    restamped(saved, "3")
    after = load(saved)
    assert (before.version, after.version) == (None, "3")
    assert before.digest == after.digest


@pytest.mark.parametrize("name", ["click.txt", "opt_out.txt", "spec.json", "golden.json"])
def test_one_changed_byte_is_found(saved: Path, name: str) -> None:
    data = bytearray((saved / name).read_bytes())
    place = len(data) // 2
    data[place] ^= 1
    (saved / name).write_bytes(data)
    with pytest.raises(BundleError, match=f"{name}: SHA-256"):
        load(saved)


@pytest.mark.parametrize("name", ["click.txt", "spec.json", "golden.json", "manifest.json"])
def test_a_missing_file_is_named(saved: Path, name: str) -> None:
    (saved / name).unlink()
    with pytest.raises(BundleError, match=name):
        load(saved)


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="nowhere"):
        load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"format": 9, "version": null, "files": {}}', '{"format": 1, "version": null, "files": {}}'],
)
def test_a_broken_manifest_is_refused(saved: Path, text: str) -> None:
    (saved / manifest.NAME).write_text(text)
    with pytest.raises(BundleError, match="manifest"):
        load(saved)


def test_a_manifest_cannot_point_elsewhere(saved: Path) -> None:
    tree = json.loads((saved / manifest.NAME).read_text())
    tree["files"]["../click.txt"] = tree["files"].pop("click.txt")
    (saved / manifest.NAME).write_text(json.dumps(tree))
    with pytest.raises(BundleError, match="plain name"):
        load(saved)


def test_a_damaged_forest_is_refused_before_lightgbm_sees_it(saved: Path) -> None:
    text = (saved / "click.txt").read_text()
    (saved / "click.txt").write_text(text.replace("left_child=", "left_child=9", 1))
    reseal(saved)
    with pytest.raises(BundleError, match=r"click\.txt: tree 0"):
        load(saved)


def test_golden_rows_find_a_forest_that_was_exchanged(saved: Path) -> None:
    (saved / "click.txt").write_text(model_text(5))
    reseal(saved)
    with pytest.raises(BundleError, match=r"canary.*model_p_click"):
        load(saved)


def test_golden_rows_find_a_feature_that_is_computed_otherwise(saved: Path) -> None:
    tree = json.loads((saved / "golden.json").read_text())
    tree["columns"]["user_month_clicks"][0] = (12345.0).hex()
    (saved / "golden.json").write_text(json.dumps(tree))
    reseal(saved)
    with pytest.raises(BundleError, match=r"canary.*feature user_\w+: row 0"):
        load(saved)


def test_a_view_of_another_order_is_refused(saved: Path) -> None:
    tree = json.loads((saved / "spec.json").read_text())
    names = tree["view"]["names"]
    names[0], names[1] = names[1], names[0]
    (saved / "spec.json").write_text(json.dumps(tree))
    reseal(saved)
    with pytest.raises(BundleError, match="feature_names"):
        load(saved)


def test_what_permission_is_worth_travels_whole(tmp_path: Path) -> None:
    people = [Cohort(0.1 + place, (0.0, 0.3 / 7.0), (0.0, 1e-5), 10.1, place) for place in range(6)]
    table = Permission((0.0, 7.0), (0.1, 2.0 / 3.0), (0.2,), tuple(people), people[0])
    save(replace(small_trained(), permission=table), tmp_path / "bundle")
    assert load(tmp_path / "bundle").permission == table


def test_a_bundle_from_before_cohorts_still_loads(saved: Path) -> None:
    respecified(saved, lambda tree: tree.pop("permission"))
    assert load(saved).permission == Permission.flat(4.5)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"activity_edges": [2.0, 1.0]}, "activity_edges: expected finite numbers of 0 or more, ascending"),
        ({"click_edges": [0.1]}, "cohorts: expected 2, as many as the edges divide, got 1"),
        ({"levels": [1.0]}, "levels: expected them to begin at 0"),
        ({"levels": [0.0]}, "cohorts[0].clicks: expected 1 figures, one for each level, got 0"),
        ({"cohorts": []}, "cohorts: expected 1"),
        ({"pooled": {"value": -1.0}}, "pooled.value: expected a finite number of 0 or more, got -1.0"),
        ({"pooled": {"user_days": -1.0}}, "pooled.user_days"),
        ({"pooled": {"positives": -1}}, "pooled.positives"),
        ({"pooled": {"opt_outs": [0.5]}}, "pooled.opt_outs: expected 0 figures"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_table_that_cannot_be_is_refused(saved: Path, change: dict[str, Any], named: str) -> None:
    everybody = change.get("pooled", {})
    respecified(
        saved, lambda tree: tree["permission"].update(change | {"pooled": tree["permission"]["pooled"] | everybody})
    )
    with pytest.raises(BundleError, match=re.escape(named)):
        load(saved)


def test_a_chance_above_one_is_refused(saved: Path) -> None:
    certain = {"value": 1.0, "clicks": [0.0], "opt_outs": [1.5], "user_days": 1.0, "positives": 1}
    respecified(saved, lambda tree: tree["permission"].update(levels=[0.0], cohorts=[certain], pooled=certain))
    with pytest.raises(BundleError, match=r"cohorts\[0\].opt_outs: expected finite figures from 0 to 1"):
        load(saved)


def respecified(directory: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Write another spec.json as if it had been saved so."""
    tree = json.loads((directory / "spec.json").read_text())
    change(tree)
    (directory / "spec.json").write_text(json.dumps(tree))
    reseal(directory)


def test_a_canary_that_sees_other_files_refuses(saved: Path) -> None:
    with pytest.raises(BundleError, match="digest"):
        canary.verify(saved, "0" * 64)


def test_a_canary_that_hangs_is_given_up(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary, "SECONDS", 0.01)
    with pytest.raises(BundleError, match="did not answer"):
        load(saved)


def test_loading_is_quick(saved: Path) -> None:
    load(saved)
    started = time.perf_counter()
    load(saved)
    assert time.perf_counter() - started < 4.0  # two seconds on an idle machine


def test_saving_never_overwrites(saved: Path) -> None:
    with pytest.raises(BundleError, match="does not exist yet"):
        save(small_trained(), saved)


def test_installing_replaces_whole_bundles(saved: Path, tmp_path: Path) -> None:
    target = tmp_path / "home" / "champion"
    target.parent.mkdir()
    install(saved, target)
    first = load(target)
    save(small_trained(with_opt_out=False), tmp_path / "other")
    for version in ("4", "5", "6", "7"):
        restamped(tmp_path / "other", version)
        install(tmp_path / "other", target)
    second = load(target)
    assert first.digest != second.digest
    assert second.version == "7"
    assert len(list((tmp_path / "home" / "champion.bundles").iterdir())) == 3


def test_installing_over_a_plain_directory_keeps_it(saved: Path, tmp_path: Path) -> None:
    target = tmp_path / "champion"
    save(small_trained(with_opt_out=False), target)
    install(saved, target)
    assert load(target).digest == load(saved).digest
    assert (tmp_path / "champion.bundles" / "former-0" / "manifest.json").exists()


def test_a_broken_bundle_is_never_installed(saved: Path, tmp_path: Path) -> None:
    target = tmp_path / "champion"
    install(saved, target)
    digest = load(target).digest
    save(small_trained(with_opt_out=False), tmp_path / "other")
    (tmp_path / "other" / "click.txt").write_text("tree")
    with pytest.raises(BundleError, match="SHA-256"):
        install(tmp_path / "other", target)
    assert load(target).digest == digest


def test_without_a_model_items_are_scored_and_users_are_not() -> None:
    stand_in = without_model()
    columns = made_columns(stand_in.view, 3)
    other = {
        name: made_columns(stand_in.view, 4)[name] if name.startswith(("user", "pair")) else column
        for name, column in columns.items()
    }
    mine, theirs = (stand_in.item_only.score(stand_in.view.matrix(each)) for each in (columns, other))
    np.testing.assert_array_equal(mine.p_click, theirs.p_click)
    np.testing.assert_array_equal(mine.p_opt_out, theirs.p_opt_out)
    assert np.all((mine.p_click > 0.0) & (mine.p_click < 1.0) & (mine.p_opt_out > 0.0) & (mine.p_opt_out < 1.0))
    assert stand_in.version is None
