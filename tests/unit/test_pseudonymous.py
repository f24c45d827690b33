"""Whoever has the key can tell whose a pseudonym is: so nothing that is kept of people is ever called anonymous."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages import ROOT

ENDINGS = {".py", ".html", ".css", ".yaml", ".md", ".toml"}
FOLDERS = ("src", "configs", "docs", "training", "examples", "benchmarks", "models")
_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n\s*\n|。")
_WORD = re.compile(r"anonym|de-?identif|匿名|去标识", re.IGNORECASE)
# What is told of many at once, few of them left out, is of no person; and it may be said what does not hold.
_SOUND = re.compile(r"\b(not|never|nor|suppressed|aggregates?)\b|不是|并非|汇总", re.IGNORECASE)


def claims(text: str) -> Iterator[str]:
    """Sentences that call something anonymous."""
    for sentence in _SENTENCES.split(text.replace("pseudonym", "")):
        if _WORD.search(sentence) and not _SOUND.search(sentence):
            yield " ".join(sentence.split())


def texts() -> Iterator[Path]:
    """Everything that readers, operators or users may read."""
    yield from (path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in ENDINGS)
    yield from ROOT.glob("*.md")


def test_no_text_calls_data_of_people_anonymous() -> None:
    found = {path.relative_to(ROOT).as_posix(): list(claims(path.read_text(encoding="utf-8"))) for path in texts()}
    assert len(found) > 400
    assert {"docs/privacy.md", "configs/policy/purposes.yaml", "src/pushrank/wording/public.py"} <= set(found)
    assert {name: said for name, said in found.items() if said} == {}


@pytest.mark.parametrize(
    "claim",
    [
        "Your data is stored. Your data is anonymous.",
        "We anonymise\n  every user id; and that is all.",
        "Logs are Anonymized",
        "我们不卖数据。你的数据是匿名的。",
        "Users are de-identified",
    ],
)
def test_a_claim_is_found(claim: str) -> None:
    assert len(list(claims(claim))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Users are pseudonymous, and not anonymous.",
        "Counts are anonymous aggregates: groups of fewer than 20 are suppressed.",
        "代号不是匿名。",
        "Events are kept by pseudonym.",
    ],
)
def test_what_is_true_may_be_said(text: str) -> None:
    assert list(claims(text)) == []
