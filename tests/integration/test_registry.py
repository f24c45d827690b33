from __future__ import annotations

import json
from pathlib import Path

import pytest

from pushrank.config.home import Home
from pushrank.learning.errors import LearningError
from pushrank.learning.gate import Check, Verdict
from pushrank.learning.tracking import PromotionError, Registry, Run, Version, open_registry
from pushrank.scoring.bundle import BundleError, load, save
from tests.small_models import small_trained

PASSED = Verdict((Check("auc: model 0.80, constant 0.50", passed=True),))
FAILED = Verdict((Check("auc: model 0.40, constant 0.50", passed=False), Check("opt_out: none", passed=None)))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def registry(home: Home) -> Registry:
    return open_registry(home, {})


@pytest.fixture(scope="module")
def versions(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> list[Version]:
    """Two versions that passed their gate and one that failed."""
    return [
        recorded(registry, tmp_path_factory.mktemp("run"), PASSED),
        recorded(registry, tmp_path_factory.mktemp("run"), PASSED, with_opt_out=False),
        recorded(registry, tmp_path_factory.mktemp("run"), FAILED),
    ]


def recorded(registry: Registry, files: Path, verdict: Verdict, *, with_opt_out: bool = True) -> Version:
    digest = save(small_trained(with_opt_out=with_opt_out), files / "bundle")
    (files / "baselines.json").write_text(json.dumps({"click": {}}))
    return registry.record(Run({"seed": 1}, {"click_auc": 0.8}, files, verdict, digest, "made for a test"))


def test_an_unknown_reference_is_named(registry: Registry) -> None:
    for reference in ("models:/push_ranker/99", "models:/push_ranker@nobody"):
        with pytest.raises(LearningError, match="is not registered"):
            registry.resolve(reference)
    for reference in ("models:/other/1", "push_ranker", "models:/push_ranker/0", ""):
        with pytest.raises(LearningError, match="expected models:/push_ranker/3"):
            registry.resolve(reference)


def test_there_is_nothing_to_roll_back_at_first(registry: Registry) -> None:
    with pytest.raises(LearningError, match="former champion"):
        registry.rollback()


def test_each_new_version_is_the_challenger(registry: Registry, versions: list[Version]) -> None:
    assert registry.resolve("models:/push_ranker@challenger") == versions[-1]
    assert [version.number for version in versions] == [1, 2, 3]
    assert registry.resolve(versions[0].reference) == versions[0]
    assert registry.champion() is None


def test_what_failed_its_gate_is_not_promoted(registry: Registry, versions: list[Version], home: Home) -> None:
    with pytest.raises(PromotionError, match=r"auc: model 0\.40"):
        registry.promote(versions[2].reference)
    assert registry.champion() is None
    assert not home.champion.exists()


def test_promotion_and_rollback_change_what_is_served(registry: Registry, versions: list[Version], home: Home) -> None:
    registry.promote(versions[0].reference)
    first = load(home.champion)
    assert (first.version, first.digest) == ("1", versions[0].digest)
    registry.promote(versions[1].reference)
    assert load(home.champion).version == "2"
    assert registry.champion() == versions[1]
    registry.promote(versions[1].reference)
    assert registry.rollback() == versions[0]
    assert load(home.champion).version == "1"
    assert registry.champion() == versions[0]
    with pytest.raises(LearningError, match="former champion"):
        registry.rollback()


def test_an_export_is_the_bundle_with_its_number(registry: Registry, versions: list[Version], tmp_path: Path) -> None:
    loaded = load(registry.download(versions[1], tmp_path / "out"))
    assert (loaded.version, loaded.digest) == ("2", versions[1].digest)
    with pytest.raises(BundleError, match="does not exist yet"):
        registry.download(versions[1], tmp_path / "out")


def test_baselines_travel_with_the_run(registry: Registry, versions: list[Version]) -> None:
    assert registry.baselines(versions[0]) == {"click": {}}


def test_a_changed_artifact_is_not_served(registry: Registry, home: Home, tmp_path: Path) -> None:
    version = recorded(registry, tmp_path, PASSED)
    other = tmp_path / "other"
    save(small_trained(with_opt_out=False), other)
    kept = next((home.root / "mlartifacts").glob(f"{version.run_id}/artifacts/bundle"))
    for path in kept.iterdir():
        path.unlink()
    for path in other.iterdir():
        (kept / path.name).write_bytes(path.read_bytes())
    with pytest.raises(BundleError, match="digest"):
        registry.promote(version.reference)
