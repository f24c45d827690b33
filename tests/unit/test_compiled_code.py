"""Compiled code is kept under the name of all sources that it is made from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pushrank.features.compiled import cache_folder


def sources(folder: Path, fold: str) -> Path:
    (folder / "fold.py").write_text(fold, encoding="utf-8")
    (folder / "columns.py").write_text("from fold import apply", encoding="utf-8")
    return folder


def test_a_change_in_what_is_called_moves_the_cache_of_the_caller(tmp_path: Path) -> None:
    before = cache_folder(sources(tmp_path, "one"), None)
    same = cache_folder(sources(tmp_path, "one"), None)
    after = cache_folder(sources(tmp_path, "two"), None)

    assert before == same
    assert before != after


def test_an_operator_may_choose_where_compiled_code_lies(tmp_path: Path) -> None:
    folder = cache_folder(sources(tmp_path, "one"), "/srv/cache")

    assert folder is not None
    assert folder.parent == Path("/srv/cache")


def test_nothing_is_kept_where_nothing_may_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)

    assert cache_folder(sources(tmp_path, "one"), None) is None
