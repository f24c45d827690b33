"""The recipe of the sample town at its door."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from training.sample import app


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200", "TERM": "dumb"})
    return result.exit_code, result.output


def test_the_recipe_writes_a_log_and_says_so(tmp_path: Path) -> None:
    out = tmp_path / "town"
    code, text = run("--out", str(out), "--users", "20", "--days", "3", "--end", "2026-05-01T00:00:00+02:00")
    assert code == 0, text
    assert "20 people" in text
    assert "synthetic" in text
    sent = pq.read_table(out / "outcomes.parquet")["sent_at"].to_pylist()
    assert sent
    assert max(sent).isoformat() < "2026-04-30T22:00:00+00:00"
    assert (tmp_path / "town-truth" / "truth.parquet").is_file()
    assert (tmp_path / "town-truth" / "instant.parquet").is_file()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--users", "0"), "--users"),
        (("--days", "-1"), "--days"),
        (("--end", "2026-11-16T00:00:00"), "offset"),
        (("--end", "tomorrow"), "ISO 8601"),
    ],
)
def test_a_wrong_command_line_is_refused_by_name(tmp_path: Path, words: tuple[str, str], named: str) -> None:
    code, text = run("--out", str(tmp_path / "town"), *words)
    assert code == 2
    assert named in text
    assert not (tmp_path / "town").exists()


def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    code, text = run("--out", str(tmp_path / "file" / "town"), "--users", "3", "--days", "1")
    assert code == 1
    assert "cannot be written" in text


def test_the_help_says_units_and_defaults() -> None:
    code, text = run("--help")
    assert code == 0
    for words in ("in days", "4000", "42", "2026-11-16T00:00:00+00:00", "ISO 8601"):
        assert words in text
