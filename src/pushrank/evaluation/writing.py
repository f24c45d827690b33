"""The report as two files: `report.json` for machines, `report.html` for people."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pushrank.evaluation.figures import Tree
from pushrank.evaluation.page import render


def write_report(out: Path, report: Tree, title: str = "Evaluation") -> None:
    """Write `report.json` and `report.html` into the folder `out`, which is made; each whole or not at all.

    Raises ValueError for a tree that holds nan or infinity, which JSON cannot.
    """
    text = json.dumps(report, allow_nan=False, indent=1, ensure_ascii=False)
    page = render(report, title)
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "report.json", text + "\n")
    _write(out / "report.html", page)


def _write(target: Path, text: str) -> None:
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
