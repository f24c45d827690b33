"""The pages of the documentation, cut into blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

_BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>[^\n]*?) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_INDENTED = re.compile(r"(?<=\n\n)(?: {4}[^\n]*\n)+")


@dataclass(frozen=True)
class Block:
    """One block of code, the comment above it, and the line on which it begins."""

    page: str
    line: int
    language: str
    text: str
    mark: str = ""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> tuple[Path, ...]:
    """Every page, the first one first, then what one reads next."""
    first = [ROOT / "README.md", *(ROOT / "docs" / f"guide-{name}.md" for name in ("ml", "analyst", "backend"))]
    others = [*sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("models/**/*.md"))]
    return tuple(dict.fromkeys([*first, *others]))


def blocks(page: Path) -> Iterator[Block]:
    """Fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(name_of(page), line, found["language"], found["text"], found["mark"] or "")


def indented(page: Path) -> Iterator[Block]:
    """Blocks of a page that are set off by four spaces."""
    text = page.read_text(encoding="utf-8")
    outside = _BLOCK.sub(lambda found: "\n" * found[0].count("\n"), text)
    for found in _INDENTED.finditer(outside):
        line = outside.count("\n", 0, found.start()) + 1
        yield Block(name_of(page), line, "", re.sub(r"^ {4}", "", found[0], flags=re.MULTILINE))


def name_of(page: Path) -> str:
    """Path of a page as readers write it."""
    return page.relative_to(ROOT).as_posix()
