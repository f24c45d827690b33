from __future__ import annotations

import re
from pathlib import Path

import pytest

from pushrank.config.home import configs_root
from pushrank.logs import LABELS, TABLES, ColumnMap, load_columns

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "log-format.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TABLES)
def test_the_guide_names_every_column_of_every_table(name: str) -> None:
    (line,) = (line for line in PAGE.splitlines() if line.startswith(f"| `{name}`"))
    named = set(re.findall(r"`([a-z_]+)(?:\(_at\))?`", line)) | {f"{label}_at" for label in LABELS}
    assert set(TABLES[name].columns) <= named


def test_the_map_in_the_guide_is_a_map(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "map.yaml").write_text(text)
    columns = load_columns(str(tmp_path / "map.yaml"))
    assert columns.table("outcomes").foreign("message_id") == ("message_type", "campaign_id")
    assert columns.table("messages").constants == {"category": "untitled", "purpose": "marketing"}


def test_the_shipped_map_changes_nothing_and_the_example_names_only_known_columns() -> None:
    assert load_columns() == ColumnMap()
    example = load_columns(str(configs_root() / "training" / "columns-rees46.yaml"))
    assert example == load_columns("columns-rees46")
    for name, table in example.tables.items():
        assert set(table.columns) - {"impression_id"} <= set(TABLES[name].columns)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("tables: {outcome: {}}", "'outcome'"),
        ("tables: {outcomes: {column: {}}}", "did you mean 'columns'"),
        ("tables: {outcomes: {offset: UTC}}", r"such as \+00:00"),
        ("tables: {outcomes: {columns: {user_id: 5}}}", "user_id|str"),
    ],
)
def test_a_map_that_is_wrong_says_where(tmp_path: Path, text: str, hint: str) -> None:
    (tmp_path / "map.yaml").write_text(text)
    with pytest.raises(ValueError, match=hint):
        load_columns(str(tmp_path / "map.yaml"))
