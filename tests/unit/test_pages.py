"""What the pages say about the code, held against the code; and what no file may say."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from matplotlib.image import imread

from pushrank.config import (
    Category,
    EvaluationConfig,
    PolicyConfig,
    PrivacyConfig,
    PurposeSpec,
    ServiceConfig,
    TrainingConfig,
    load,
)
from pushrank.config.home import configs_root
from pushrank.config.types import HeadConfig
from pushrank.domain.codes import EventType, Mode, Purpose, StopCode
from pushrank.logs import load_columns
from tests.commands import commands
from tests.pages import ROOT, blocks

SHIPPED = sorted(path.relative_to(configs_root()).as_posix() for path in configs_root().rglob("*.yaml"))
TYPES: dict[str, Any] = {
    "policy": PolicyConfig,
    "service": ServiceConfig,
    "training": TrainingConfig,
    "evaluation": EvaluationConfig,
}
OTHERS: dict[str, Any] = {
    "categories.yaml": dict[str, Category],
    "purposes.yaml": dict[Purpose, PurposeSpec],
    "privacy.yaml": PrivacyConfig,
}
PICTURES = ROOT / "docs" / "pictures"
LEFT_OUT = ("var", "build", "dist", "mlruns", "__pycache__", "requirements")
TEXTS = (".py", ".md", ".yaml", ".toml", ".txt", ".json", ".jinja", ".html", ".c", ".sh", "")


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(name: str, heading: str) -> str:
    return page(name).split(f"## {heading}\n")[1].split("\n## ")[0]


def first_cells(text: str) -> set[str]:
    """Names in the first column of the tables of a text."""
    return {name for cell in re.findall(r"^\| ([^|]*) \|", text, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_yaml_loads(name: str) -> None:
    folder, _, file = name.partition("/")
    if file.startswith("columns"):
        assert load_columns(Path(file).stem) is not None
    elif file in OTHERS:
        assert load(configs_root() / name, OTHERS[file])
    else:
        assert isinstance(load(configs_root() / name, TYPES[folder]), TYPES[folder])


@pytest.mark.parametrize("name", ["bentofile.yaml", ".pre-commit-config.yaml"])
def test_the_tools_yaml_can_be_read(name: str) -> None:
    assert isinstance(yaml.safe_load(page(name)), dict)


def test_the_guide_names_every_setting_of_a_training() -> None:
    named = first_cells(section("docs/guide-ml.md", "Settings"))
    assert named == {field.name for kind in (TrainingConfig, HeadConfig) for field in dataclasses.fields(kind)}


@pytest.mark.parametrize(("heading", "codes"), [("Rank", Mode), ("Confirm, just before you send", StopCode)])
def test_the_guide_of_senders_names_every_code(heading: str, codes: type[Mode | StopCode]) -> None:
    assert first_cells(section("docs/guide-backend.md", heading)) == {code.value for code in codes}


def test_the_guide_of_senders_names_every_event() -> None:
    assert first_cells(section("docs/guide-backend.md", "Events")) == {kind.value for kind in EventType}


def test_the_guide_of_senders_names_every_variable_that_is_read() -> None:
    code = [path.read_text(encoding="utf-8") for part in ("src", "training") for path in (ROOT / part).rglob("*.py")]
    read = {name for text in code for name in re.findall(r"\b(?:PUSHRANK_[A-Z_]+|MLFLOW_[A-Z]+_URI)\b", text)}
    assert first_cells(section("docs/guide-backend.md", "Running it")) == read


def layers() -> list[set[str]]:
    contracts = tomllib.loads(page("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    return [set(layer.split(" | ")) for layer in contracts[0]["layers"]]


def test_the_page_of_the_house_names_every_room_and_the_floors_that_imports_keep_to() -> None:
    drawn = [line for line in section("docs/architecture.md", "Floors").splitlines() if line.startswith("    ")]
    floors = [re.findall(r"pushrank\.(\w+)", line) for line in drawn]
    named = [set(floor) for floor in floors if floor]
    assert named == layers()
    rooms = {path.parent.name for path in (ROOT / "src" / "pushrank").glob("*/__init__.py")}
    assert first_cells(section("docs/architecture.md", "Rooms")) == rooms


def test_every_noun_of_the_glossary_stands_once_and_in_its_place() -> None:
    nouns = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", page("docs/glossary.md"), re.MULTILINE)[1:]
    assert len(nouns) > 50
    assert nouns == sorted(set(nouns), key=str.lower)


def test_the_answer_on_the_first_page_is_the_kept_one_with_entries_cut() -> None:
    kept = json.loads((PICTURES / "decision.json").read_text(encoding="utf-8"))
    (shown,) = (json.loads(block.text) for block in blocks(ROOT / "README.md") if block.language == "json")
    answer, counts = kept["answer"], []
    for name in ("slate", "passed_over", "excluded"):
        cut = shown.pop(name)
        whole = answer.pop(name)
        assert cut == whole[: len(cut)] != []
        counts.append(len(whole))
    assert shown == answer
    text = " ".join(page("README.md").split())
    assert counts[0] == 1
    assert "({} message was chosen, {} passed over, {} excluded)".format(*counts) in text
    assert json.dumps(kept["question"]) in text


def test_the_picture_is_small_and_is_made_anew_by_its_command(tmp_path: Path) -> None:
    command = [sys.executable, str(PICTURES / "make.py"), "--out", str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT)
    before, after = (imread(folder / "decision.png") for folder in (PICTURES, tmp_path))
    assert (PICTURES / "decision.png").stat().st_size <= 120_000
    assert before.shape == after.shape
    assert abs(before - after).mean() < 0.01


def options() -> list[tuple[str, Any]]:
    return [(name, option) for name, command in commands().items() for option in command.params]


@pytest.mark.parametrize("name", commands())
def test_a_command_says_what_it_does(name: str) -> None:
    assert (commands()[name].help or "").strip().endswith((".", "1.", "0."))


@pytest.mark.parametrize("name", commands())
def test_help_names_every_option(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    commands()[name].main(["--help"], prog_name=name, standalone_mode=False)
    shown = capsys.readouterr().out
    for option in commands()[name].params:
        assert option.opts[0] in shown


@pytest.mark.parametrize(("name", "option"), options(), ids=lambda value: getattr(value, "name", value))
def test_an_option_says_what_it_is_its_unit_and_its_default(name: str, option: Any) -> None:
    assert option.help, f"{name} {option.opts}"
    assert option.required or option.default in (None, False, "") or option.show_default
    if option.metavar == "TIME":
        assert "ISO 8601 with offset" in option.help


MARKS = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
REGISTRIES = re.compile("|".join(("py" + r"pi\.org", "python" + r"hosted\.org", r"conda\.", "npm" + r"js\.")))
PLACES = re.compile(
    r"(?<![\w.])/(?:" + "|".join(("ro" + "ot", "ho" + "me", "wo" + "rk", "Us" + "ers", "fa" + "rm")) + r")/\w"
)


def texts() -> Iterator[Path]:
    """Every text of the tree, apart from what a run or a tool makes."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in LEFT_OUT and (name[0] != "." or name == ".ci")]
        yield from (Path(folder, name) for name in names if Path(name).suffix in TEXTS)


def test_no_file_leaves_work_for_later_or_names_a_registry_or_a_place_on_one_machine() -> None:
    named = []
    for path in texts():
        text = path.read_text(encoding="utf-8", errors="replace")
        for pattern in (MARKS, REGISTRIES, PLACES):
            named += [f"{path.relative_to(ROOT)}: {found[0]}" for found in pattern.finditer(text)]
    assert named == []
