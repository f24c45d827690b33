"""Read one YAML file into one frozen type."""

from __future__ import annotations

import dataclasses
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec
import yaml

T = TypeVar("T")


class ConfigError(ValueError):
    """A configuration that cannot be used; the text names the file, the key, what was expected and what came."""


def load(path: Path, cls: type[T]) -> T:
    """Read `path` into `cls`, a frozen dataclass. Keys left out keep the defaults of the type.

    Raises ConfigError for a missing file, broken YAML, an unknown key or a value of the wrong type or range.
    """
    tree = _read(path)
    _refuse_unknown(tree, cls, str(path))
    try:
        return msgspec.convert(tree, cls, str_keys=True)
    except msgspec.ValidationError as error:
        msg = f"{path}: {error}"
        raise ConfigError(msg) from None
    except ValueError as error:
        msg = f"{path}: {error}"
        raise ConfigError(msg) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror})"
        raise ConfigError(msg) from None
    except yaml.YAMLError as error:
        msg = f"{path}: not YAML: {error}"
        raise ConfigError(msg) from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        msg = f"{path}: expected keys and values, got {type(tree).__name__}"
        raise ConfigError(msg)
    return tree


def _refuse_unknown(tree: Any, cls: Any, where: str) -> None:
    """Walk the tree beside the type, so that the error can name the nearest key that exists."""
    if isinstance(tree, dict) and dataclasses.is_dataclass(cls):
        hints = get_type_hints(cls)
        for key, value in tree.items():
            if key not in hints:
                near = get_close_matches(str(key), hints, n=1, cutoff=0.0)
                msg = f"{where}: unknown key {key!r}, did you mean {near[0]!r}?"
                raise ConfigError(msg)
            _refuse_unknown(value, hints[key], f"{where}: {key}")
    elif isinstance(tree, dict):
        _refuse_in_values(tree, cls, where)
    elif isinstance(tree, list):
        for place, item in enumerate(tree):
            _refuse_in_values({place: item}, cls, where)


def _refuse_in_values(tree: dict[Any, Any], cls: Any, where: str) -> None:
    for inner in get_args(cls):
        if dataclasses.is_dataclass(inner):
            for key, value in tree.items():
                _refuse_unknown(value, inner, f"{where}[{key}]")
        elif get_args(inner):
            _refuse_in_values(tree, inner, where)
