"""The benchmark of the closed loop from its commands on: log, model, two arms, tables and pictures."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
TOWN = ("--users", "40", "--rules", "weekly")


def loop(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    told = {**os.environ, "PUSHRANK_HOME": str(home), "COLUMNS": "250"}
    command = [sys.executable, "-m", "benchmarks.loop", *arguments]
    return subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=False)


def said(home: Path, *arguments: str) -> str:
    done = loop(home, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(folder: Path) -> Sequence[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.slow
def test_arms_are_lived_once_compared_and_drawn(tmp_path: Path) -> None:
    run = ("run", "--seed", "3", *TOWN, "--arm", "ours", "--arm", "behaviour")
    assert "weekly-40-3: 2 lived, 0 there before" in said(tmp_path, *run)
    assert "weekly-40-3: 0 lived, 2 there before" in said(tmp_path, *run)

    results = tmp_path / "bench" / "loop" / "results"
    assert files(results / "weekly-40-3" / "ours") == ["arm.json", "counts.json", "people.parquet", "pushes.parquet"]
    ours, behaviour = (
        pd.read_parquet(results / "weekly-40-3" / arm / "people.parquet") for arm in ("ours", "behaviour")
    )
    assert ours["user_id"].equals(behaviour["user_id"])
    assert ours["pushes"].sum() > 0

    compared = said(tmp_path, "compare", "--seeds", "3", *TOWN, "--first", "behaviour", "--arms", "ours")
    assert f"{ours['pushes'].mean():.4g} (" in compared
    assert files(results / "compare-weekly-40-behaviour") == ["table.json", "table.md"]

    said(tmp_path, "pictures", "--seeds", "3", *TOWN, "--arms", "ours,behaviour")
    assert "report.html" in files(results / "pictures-weekly-40")


def test_an_arm_or_a_town_that_there_is_not_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    unknown = loop(tmp_path, "run", "--seed", "3", "--arm", "best")
    assert unknown.returncode == 2
    assert "expected one of behaviour, ours" in " ".join(unknown.stderr.replace("│", " ").split())
    words = loop(tmp_path, "run", "--seed", "three", "--arm", "ours")
    assert words.returncode == 2
    town = loop(tmp_path, "run", "--seed", "3", "--rules", "monthly", "--arm", "ours")
    assert town.returncode == 2
    assert files(tmp_path) == []
