"""Every command that readers may type: which there are, and which options each has."""

from __future__ import annotations

import importlib
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import typer

from pushrank.cli import app as pushrank
from tests.pages import ROOT

RECIPES = tuple(sorted(path.stem for path in (ROOT / "training").glob("*.py") if "@app.command" in path.read_text()))
_ASSIGNMENT = re.compile(r"[A-Z_]+=\S*")
_SYNOPSIS = re.compile(r"[\[\]]")


@cache
def recipe(name: str) -> Any:
    """The command behind `python -m training.NAME`."""
    return typer.main.get_command(importlib.import_module(f"training.{name}").app)


@cache
def commands() -> dict[str, Any]:
    """Every command of ours by the words that call it."""
    found = {f"python -m training.{name}": recipe(name) for name in RECIPES}
    return found | dict(_leaves("pushrank", typer.main.get_command(pushrank)))


def _leaves(name: str, command: Any) -> list[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        return [(name, command)]
    return [leaf for word, deeper in inner.items() for leaf in _leaves(f"{name} {word}", deeper)]


def lines_of(text: str) -> list[list[str]]:
    """Commands of a block, each as words: continued lines joined, comments and assignments in front taken off."""
    lines = text.replace("\\\n", " ").splitlines()
    found = [shlex.split(_SYNOPSIS.sub(" ", line), comments=True) for line in lines]
    return [words for line in found if (words := _without_assignments(line))]


def _without_assignments(words: list[str]) -> list[str]:
    while words and _ASSIGNMENT.fullmatch(words[0]):
        words = words[1:]
    return words


def fault_of(words: list[str]) -> str | None:
    """What is wrong with a command, None where it may be typed as it stands."""
    program, arguments = words[0].removeprefix(".venv/bin/"), words[1:]
    if program == "python" and arguments[:1] == ["-m"]:
        return _module_fault(arguments[1], arguments[2:])
    if program == "python":
        return None if (ROOT / arguments[0]).is_file() else f"{arguments[0]}: no such file"
    if program == "pushrank":
        return _own_fault(words[:1] if not arguments else ["pushrank", *arguments])
    if words[0].startswith(".venv/bin/") or program in ("bentoml", "curl", "make"):
        return None
    return f"{program}: nobody knows this command"


def _module_fault(module: str, arguments: list[str]) -> str | None:
    if module.startswith("training."):
        return _own_fault([f"python -m {module}", *arguments])
    if module == "pytest" or (ROOT / Path(*module.split(".")).with_suffix(".py")).is_file():
        return None
    return f"{module}: no such module"


def _own_fault(words: list[str]) -> str | None:
    """Compare options with those that the command has."""
    line = " ".join(words)
    name = max((name for name in commands() if f"{line} ".startswith(f"{name} ")), key=len, default=None)
    if name is None:
        return f"{line}: no such command of ours"
    known = {option for parameter in commands()[name].params for option in parameter.opts} | {"--help"}
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known]
    return f"{name}: no option {unknown[0]}" if unknown else None
