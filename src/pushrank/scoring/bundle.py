"""The directory in which a model travels: forests as text, everything else as JSON, and a manifest of SHA-256."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from pushrank.features.view import FeatureView
from pushrank.scoring import calibration, canary, golden, manifest, permission
from pushrank.scoring.heads import Head, HeadScorer
from pushrank.scoring.item_only import ItemOnlyScorer
from pushrank.scoring.manifest import BundleError, Contents
from pushrank.scoring.permission import Permission
from pushrank.scoring.scorer import Scorer
from pushrank.scoring.structure import StructureError, check_model_text

__all__ = ["Bundle", "BundleError", "Trained", "TrainedHead", "load", "restamped", "save", "verified", "write"]

SPEC, GOLDEN = "spec.json", "golden.json"
_GOLDEN_SEED = 32


class HeadSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One head: its file and its calibration."""

    file: str
    calibration: dict[str, Any]


class Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`spec.json`. `permission_value` in ordinary clicks, `facts` what training wants to have remembered.

    `permission` is None in bundles from before there were cohorts.
    """

    view: dict[str, Any]
    click: HeadSpec
    opt_out: HeadSpec | None
    prior_opt_out: float
    permission_value: float
    facts: dict[str, Any]
    permission: Permission | None = None


@dataclass(frozen=True, slots=True)
class TrainedHead:
    """A head as training hands it over: LightGBM's text and the calibration."""

    text: str
    calibration: calibration.Calibration


@dataclass(frozen=True, slots=True)
class Trained:
    """A model as training hands it over. Without opt-outs in the log `opt_out` is None and `prior_opt_out` serves."""

    view: FeatureView
    click: TrainedHead
    opt_out: TrainedHead | None
    prior_opt_out: float
    permission: Permission
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A loaded model. `version` is the registry's, None before registration; `digest` names the content."""

    view: FeatureView
    scorer: Scorer
    item_only: ItemOnlyScorer
    permission: Permission
    facts: Mapping[str, Any]
    version: str | None
    digest: str


def save(trained: Trained, directory: Path) -> str:
    """Write a bundle with golden rows, all or nothing, and give its digest. `directory` must not exist yet."""
    files = {"click.txt": trained.click.text.encode()}
    if trained.opt_out is not None:
        files["opt_out.txt"] = trained.opt_out.text.encode()
    files[SPEC] = msgspec.json.encode(_spec(trained))
    bundle = _assembled(Contents(manifest.manifest_of(files), files))
    files[GOLDEN] = msgspec.json.encode(golden.make(_reader(bundle), _GOLDEN_SEED))
    description = manifest.manifest_of(files)
    write(directory, {**files, manifest.NAME: manifest.encode(description)})
    return description.digest


def load(directory: Path) -> Bundle:
    """Load a bundle that has passed every check; BundleError names the first that fails.

    In this order: manifest and hashes, structure of the model texts, a canary process that reproduces the golden rows
    and may die instead of us, and the golden rows in this process.
    """
    # A bundle that is installed anew replaces a link: follow it once, so that all files come from one version.
    there = _resolved(directory)
    contents = manifest.read_contents(there)
    _check_forests(contents, _read_spec(contents))
    canary.verify(there, contents.manifest.digest)
    return _checked(contents)


def verified(directory: Path) -> Bundle:
    """Load without a canary: for the canary itself."""
    return _checked(manifest.read_contents(directory))


def restamped(directory: Path, version: str) -> None:
    """Write the registry's version into the manifest; the content and its digest stay."""
    description = manifest.read_manifest(directory)
    stamped = manifest.Manifest(description.format, version, description.files)
    fresh = directory / f"{manifest.NAME}.new"
    manifest.write_durably(fresh, manifest.encode(stamped))
    fresh.replace(directory / manifest.NAME)


def write(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a new directory that appears whole or not at all."""
    if directory.exists():
        msg = f"{directory}: expected a directory that does not exist yet"
        raise BundleError(msg)
    directory.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        for name, data in files.items():
            manifest.write_durably(fresh / name, data)
        manifest.sync_directory(fresh)
        fresh.chmod(0o755)
        fresh.rename(directory)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    manifest.sync_directory(directory.parent)


def _spec(trained: Trained) -> Spec:
    click, opt_out = trained.click, trained.opt_out
    return Spec(
        view=trained.view.to_dict(),
        click=HeadSpec("click.txt", calibration.to_dict(click.calibration)),
        opt_out=None if opt_out is None else HeadSpec("opt_out.txt", calibration.to_dict(opt_out.calibration)),
        prior_opt_out=trained.prior_opt_out,
        permission_value=trained.permission.pooled.value,
        facts=dict(trained.facts),
        permission=trained.permission,
    )


def _resolved(directory: Path) -> Path:
    try:
        return directory.resolve(strict=True)
    except OSError as error:
        msg = f"{directory}: cannot be read ({error.strerror})"
        raise BundleError(msg) from None


def _checked(contents: Contents) -> Bundle:
    bundle = _assembled(contents)
    golden.check(_reader(bundle), _file(contents, GOLDEN))
    return bundle


def _reader(bundle: Bundle) -> golden.Reader:
    return golden.Reader(bundle.view, {"model": bundle.scorer, "item_only": bundle.item_only})


def _assembled(contents: Contents) -> Bundle:
    spec = _read_spec(contents)
    view = _check_forests(contents, spec)
    try:
        click = _head(contents, spec.click)
        opt_out = None if spec.opt_out is None else _head(contents, spec.opt_out)
    except ValueError as error:
        msg = f"{SPEC}: calibration: {error}"
        raise BundleError(msg) from None
    return Bundle(
        view=view,
        scorer=HeadScorer(click, opt_out, spec.prior_opt_out),
        item_only=ItemOnlyScorer.of(view.names),
        permission=spec.permission or Permission.flat(spec.permission_value),
        facts=spec.facts,
        version=contents.manifest.version,
        digest=contents.manifest.digest,
    )


def _check_forests(contents: Contents, spec: Spec) -> FeatureView:
    try:
        view = FeatureView.from_dict(spec.view)
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{SPEC}: view: {error}"
        raise BundleError(msg) from None
    for head in filter(None, (spec.click, spec.opt_out)):
        try:
            check_model_text(_file(contents, head.file).decode(), view.names)
        except (StructureError, UnicodeDecodeError) as error:
            msg = f"{head.file}: {error}"
            raise BundleError(msg) from None
    return view


def _head(contents: Contents, spec: HeadSpec) -> Head:
    return Head.of(_file(contents, spec.file).decode(), calibration.from_dict(spec.calibration))


def _read_spec(contents: Contents) -> Spec:
    try:
        spec = msgspec.json.decode(_file(contents, SPEC), type=Spec)
    except msgspec.MsgspecError as error:
        msg = f"{SPEC}: {error}"
        raise BundleError(msg) from None
    if not 0.0 < spec.prior_opt_out < 1.0:
        msg = f"{SPEC}: prior_opt_out: expected a number between 0 and 1, got {spec.prior_opt_out}"
        raise BundleError(msg)
    if not 0.0 <= spec.permission_value < math.inf:
        msg = f"{SPEC}: permission_value: expected a number of 0 or more, got {spec.permission_value}"
        raise BundleError(msg)
    try:
        permission.check(spec.permission or Permission.flat(spec.permission_value))
    except ValueError as error:
        msg = f"{SPEC}: permission: {error}"
        raise BundleError(msg) from None
    return spec


def _file(contents: Contents, name: str) -> bytes:
    if name not in contents.files:
        msg = f"{manifest.NAME}: files: expected {name!r} among {sorted(contents.files)}"
        raise BundleError(msg)
    return contents.files[name]
