"""Runs and model versions in MLflow, which serves as register and record and is imported here only.

A version is registered after all its files are kept, so that none is ever half there. Files are plain artifacts;
nothing is loaded by MLflow, and nothing is pickled.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pushrank.config.home import Home
from pushrank.learning.errors import LearningError
from pushrank.learning.gate import Verdict
from pushrank.scoring import bundle, manifest
from pushrank.scoring.install import install

EXPERIMENT = MODEL = "push_ranker"
CHALLENGER, CHAMPION = "challenger", "champion"
BUNDLE, BASELINES, VERDICT = "bundle", "baselines.json", "verdict.json"

_REFERENCE = re.compile(rf"models:/{MODEL}(?:/(?P<version>[1-9]\d{{0,9}})|@(?P<alias>[a-z][a-z0-9_-]{{0,40}}))")
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
_FORMER = "former_champions"
_ERASED, _RETRAIN = "erased_people", "retrain_by"
_LONGEST = 500  # characters of a parameter or tag that MLflow keeps


class PromotionError(LearningError):
    """A version that must not be served; the text gives the reasons."""


@dataclass(frozen=True, slots=True)
class Version:
    """A registered model version. `digest` is that of its bundle, `reasons` are what its gate found.

    It was trained with `erased_people` who were erased since, and is to be trained anew by `retrain_by` (ISO 8601).
    """

    number: int
    run_id: str
    passed: bool
    reasons: tuple[str, ...]
    digest: str
    erased_people: int = 0
    retrain_by: str | None = None

    @property
    def reference(self) -> str:
        """REF by which every command names it."""
        return f"models:/{MODEL}/{self.number}"


@dataclass(frozen=True, slots=True)
class Run:
    """What is kept of a training: `files` is a folder that holds `bundle`, baselines, report, plots and the card."""

    parameters: Mapping[str, object]
    metrics: Mapping[str, float]
    files: Path
    verdict: Verdict
    digest: str
    description: str


class Registry:
    """Model versions of one home, by way of an MLflow client."""

    def __init__(self, client: Any, home: Home, artifacts: str | None) -> None:
        self._client = client
        self._home = home
        self._artifacts = artifacts

    def record(self, run: Run) -> Version:
        """Keep a run with its files, register its bundle, and let the alias `challenger` point at it."""
        (run.files / VERDICT).write_text(json.dumps(run.verdict.to_dict(), indent=2) + "\n", encoding="utf-8")
        started = self._client.create_run(self._experiment(), run_name=run.digest[:12])
        run_id = str(started.info.run_id)
        try:
            self._keep(run_id, run)
        except BaseException:
            self._client.set_terminated(run_id, status="FAILED")
            raise
        self._client.set_terminated(run_id)
        return self._register(run_id, run)

    def resolve(self, reference: str) -> Version:
        """Find the version that a REF names; LearningError where it is no REF or there is none."""
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            msg = f"model: expected models:/{MODEL}/3 or models:/{MODEL}@{CHAMPION}, got {reference!r}"
            raise LearningError(msg)
        found = self._found(match["version"], match["alias"])
        if found is None:
            msg = f"model: {reference} is not registered in {self._home.root}; train and promote one first"
            raise LearningError(msg)
        return found

    def download(self, version: Version, directory: Path) -> Path:
        """Bring a version's bundle into the new `directory`, stamped with its number and compared with its digest."""
        with self._brought(version, BUNDLE) as brought:
            contents = manifest.read_contents(brought)
            if contents.manifest.digest != version.digest:
                msg = f"{version.reference}: digest: expected {version.digest}, got {contents.manifest.digest}"
                raise bundle.BundleError(msg)
            stamped = manifest.Manifest(contents.manifest.format, str(version.number), contents.manifest.files)
            bundle.write(directory, {**contents.files, manifest.NAME: manifest.encode(stamped)})
        return directory

    def baselines(self, version: Version) -> dict[str, Any]:
        """Read the baselines that were fitted beside a version."""
        with self._brought(version, BASELINES) as brought:
            tree: dict[str, Any] = json.loads(brought.read_text(encoding="utf-8"))
            return tree

    def promote(self, reference: str) -> Version:
        """Serve a version: lay its bundle at the home's `champion`, move the alias, remember the former champion.

        Raises PromotionError with the reasons where its verdict did not pass, BundleError where it does not verify.
        """
        version = self.resolve(reference)
        if not version.passed:
            listed = "".join(f"\n  {reason}" for reason in version.reasons)
            msg = f"{version.reference} did not pass its gate and is not promoted:{listed}"
            raise PromotionError(msg)
        before, former = self.champion(), self._former()
        self._serve(version)
        if before is not None and before.number != version.number:
            self._remember([*former, before.number])
        return version

    def rollback(self) -> Version:
        """Serve the champion before this one again; LearningError where there was none."""
        former = self._former()
        if not former:
            msg = "rollback: expected a former champion, but none was replaced yet"
            raise LearningError(msg)
        version = self.resolve(f"models:/{MODEL}/{former[-1]}")
        self._serve(version)
        self._remember(former[:-1])
        return version

    def mark_erased(self, number: str, people: int, retrain_by: str) -> bool:
        """Tag a version that was trained with people erased since; False where the registry does not know it."""
        if self._found(number, None) is None:
            return False
        for name, value in ((_ERASED, people), (_RETRAIN, retrain_by)):
            self._client.set_model_version_tag(MODEL, number, name, str(value))
        return True

    def champion(self) -> Version | None:
        """The version that is served; None before the first promotion."""
        return self._found(None, CHAMPION)

    def _serve(self, version: Version) -> None:
        fresh = self._home.work / f"champion-{version.number}-{os.getpid()}"
        shutil.rmtree(fresh, ignore_errors=True)
        try:
            bundle.load(self.download(version, fresh))
            install(fresh, self._home.champion)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        self._client.set_registered_model_alias(MODEL, CHAMPION, str(version.number))

    def _experiment(self) -> str:
        found = self._client.get_experiment_by_name(EXPERIMENT)
        if found is not None:
            return str(found.experiment_id)
        return str(self._client.create_experiment(EXPERIMENT, artifact_location=self._artifacts))

    def _keep(self, run_id: str, run: Run) -> None:
        for name, value in run.parameters.items():
            self._client.log_param(run_id, name, str(value)[:_LONGEST])
        for name, number in run.metrics.items():
            self._client.log_metric(run_id, name, number)
        self._client.set_tag(run_id, "verdict", "passed" if run.verdict.passed else "failed")
        self._client.log_artifacts(run_id, str(run.files))

    def _register(self, run_id: str, run: Run) -> Version:
        if not self._client.search_registered_models(f"name = '{MODEL}'"):
            self._client.create_registered_model(MODEL)
        tags = {"verdict": "passed" if run.verdict.passed else "failed", "digest": run.digest}
        made = self._client.create_model_version(
            MODEL, source=f"runs:/{run_id}/{BUNDLE}", run_id=run_id, tags=tags, description=run.description
        )
        self._client.set_registered_model_alias(MODEL, CHALLENGER, str(made.version))
        return Version(int(made.version), run_id, run.verdict.passed, run.verdict.reasons, run.digest)

    def _found(self, number: str | None, alias: str | None) -> Version | None:
        if not self._client.search_registered_models(f"name = '{MODEL}'"):
            return None
        model = self._client.get_registered_model(MODEL)
        wanted = number or str(model.aliases.get(alias, ""))
        versions = self._client.search_model_versions(f"name = '{MODEL}'")
        found = next((each for each in versions if str(each.version) == wanted), None)
        return None if found is None else self._read(found)

    def _read(self, found: Any) -> Version:
        with self._at(str(found.run_id), VERDICT) as path:
            reasons = tuple(json.loads(path.read_text(encoding="utf-8"))["reasons"])
        tags: Mapping[str, str] = found.tags
        return Version(
            number=int(found.version),
            run_id=str(found.run_id),
            passed=tags.get("verdict") == "passed",
            reasons=reasons,
            digest=str(tags.get("digest")),
            erased_people=int(tags.get(_ERASED, 0)),
            retrain_by=tags.get(_RETRAIN),
        )

    def _former(self) -> list[int]:
        if not self._client.search_registered_models(f"name = '{MODEL}'"):
            return []
        text = str(self._client.get_registered_model(MODEL).tags.get(_FORMER, ""))
        return [int(number) for number in text.split()]

    def _remember(self, numbers: list[int]) -> None:
        self._client.set_registered_model_tag(MODEL, _FORMER, " ".join(map(str, numbers[-50:])))

    def _brought(self, version: Version, name: str) -> Any:
        return self._at(version.run_id, name)

    @contextmanager
    def _at(self, run_id: str, name: str) -> Iterator[Path]:
        """A copy of an artifact for as long as it is looked at."""
        fresh = self._home.work / f"artifact-{run_id}-{os.getpid()}"
        fresh.mkdir(parents=True, exist_ok=True)
        try:
            yield Path(self._client.download_artifacts(run_id, name, str(fresh)))
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def open_registry(home: Home, environment: Mapping[str, str]) -> Registry:
    """Open the home's registry, a SQLite file unless `MLFLOW_TRACKING_URI` or `MLFLOW_REGISTRY_URI` say otherwise."""
    home.root.mkdir(parents=True, exist_ok=True)
    tracking = home.tracking_uri(environment)
    registry = environment.get("MLFLOW_REGISTRY_URI") or tracking
    local = tracking.startswith("sqlite:")
    with _one_at_a_time(home.root / ".mlflow.lock"):
        client = _client(tracking, registry)
        client.search_experiments(max_results=1)
    return Registry(client, home, (home.root / "mlartifacts").as_uri() if local else None)


def _client(tracking: str, registry: str) -> Any:
    # MLflow reads these when it is imported, and then only.
    os.environ.update({name: value for name, value in _QUIET.items() if name not in os.environ})
    os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "false"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside MLflow are not ours
        from mlflow import MlflowClient  # noqa: PLC0415

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        return MlflowClient(tracking_uri=tracking, registry_uri=registry)


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Hold a lock between processes: two that create the same schema at once both fail."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
