"""What CONTRIBUTING.md tells a newcomer to do works: every block is carried out in a copy of the tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages import ROOT, Block, blocks

FEATURE, CONSTRAINT = "user_clicks_per_activity", "other_language"
BLOCKS = tuple(blocks(ROOT / "CONTRIBUTING.md"))
EDITS = tuple(block for block in BLOCKS if re.match(r"append to|create|insert into", block.mark))
PARTS = ("src", "configs", "docs", "models", "tests", "benchmarks", "training", "pyproject.toml")


def carry_out(block: Block, tree: Path) -> Path:
    """Make the edit of one block and give the file."""
    what, _, where = block.mark.partition(": ")
    name, _, anchor = where.partition(", below: ")
    file = tree / name
    if what == "create":
        assert not file.exists(), f"{block}: {name} exists already"
        file.write_text(block.text, encoding="utf-8")
        return file
    text = file.read_text(encoding="utf-8")
    if what == "append to":
        file.write_text(text + block.text, encoding="utf-8")
        return file
    lines = text.splitlines(keepends=True)
    places = [place for place, line in enumerate(lines) if anchor in line]
    assert len(places) == 1, f"{block}: {anchor!r} occurs in {len(places)} lines of {name}"
    lines.insert(places[0] + 1, block.text)
    file.write_text("".join(lines), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the tree with every edit of the page made."""
    copy = tmp_path_factory.mktemp("copy")
    skipped = shutil.ignore_patterns("__pycache__", "*.pyc")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, copy / part, ignore=skipped)
        elif (ROOT / part).exists():
            shutil.copy(ROOT / part, copy / part)
    (copy / ".venv").symlink_to(sys.prefix)
    for block in EDITS:
        carry_out(block, copy)
    yield copy
    shutil.rmtree(copy)


def asked(tree: Path, about: str) -> set[str]:
    """Run the block that asks about something, and name the tests that passed. Nothing may fail."""
    (block,) = (block for block in BLOCKS if block.mark == f"ask about the {about}")
    # In plain Python: what is compiled for one folder isn't found in another, and compiling takes longer than testing.
    more = {"NUMBA_DISABLE_JIT": "1", "PYTEST_ADDOPTS": "-vv -p no:cacheprovider", "PYTHONDONTWRITEBYTECODE": "1"}
    told = {"PATH": os.environ["PATH"], "HOME": str(tree), "PYTHONPATH": str(tree / "src"), **more}
    done = subprocess.run(["sh", "-ec", block.text], cwd=tree, env=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert str(ROOT) not in done.stdout
    return set(re.findall(r"::(test_\S+) PASSED", done.stdout))


@pytest.mark.slow
def test_the_new_feature_stands_in_the_view_and_passes_what_every_feature_is_asked(tree: Path) -> None:
    passed = asked(tree, "feature")
    assert f"test_a_feature_stands_in_the_view_once_and_under_its_own_name[{FEATURE}]" in passed
    assert f"test_a_feature_is_a_number_for_everybody[{FEATURE}]" in passed
    assert f"test_a_feature_gives_the_same_bits_alone_and_among_others[{FEATURE}]" in passed
    assert "test_who_never_clicked_and_never_came_has_none" in passed
    assert "test_the_card_has_every_feature_as_the_code_defines_it" in passed
    assert f"| `{FEATURE}` |" in (tree / "models" / "push_ranker" / "CARD.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_new_constraint_is_taken_by_a_policy_and_passes_what_every_constraint_is_asked(tree: Path) -> None:
    passed = asked(tree, "constraint")
    assert f"test_more_pushes_never_allow_more[{CONSTRAINT}]" in passed
    assert f"test_a_constraint_stands_under_its_own_code_and_after_codes_that_exist[{CONSTRAINT}]" in passed
    assert f"test_every_code_has_words_with_and_without_facts[{CONSTRAINT}-zh]" in passed
    assert "test_every_shipped_policy_can_be_used[default]" in passed
    assert "test_the_document_names_every_constraint_in_the_shipped_order" in passed
    assert "test_a_message_in_another_language_stays_away_under_its_code" in passed


def test_what_the_page_writes_is_as_clean_as_what_is_there(tree: Path) -> None:
    files = {block.mark.partition(": ")[2].partition(",")[0] for block in EDITS}
    python = sorted(name for name in files if name.endswith(".py"))
    for check in (["format", "--check"], ["check"]):
        command = [sys.executable, "-m", "ruff", *check, "--no-cache", *python]
        done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_each_of_the_two_takes_three_steps() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for heading in ("A new feature in three steps", "A new constraint in three steps"):
        section = text.split(f"## {heading}\n")[1].split("\n## ")[0]
        assert re.findall(r"^\*\*(\d)\. ", section, re.MULTILINE) == ["1", "2", "3"]
