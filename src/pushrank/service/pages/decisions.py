"""Why messages came or did not: decisions as they were told, cut to what a page can show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from pushrank.rights.remedies import Remedy
from pushrank.rights.why import Told, ToldGroup, ToldPush
from pushrank.service.pages.frame import Choice
from pushrank.wording.pages import page_text

MOST_DECISIONS = 4
_MOST_GROUPS = 4
_MOST_REMEDIES = 3
_MOST_CHARACTERS = 600  # of a patch; whoever has dozens of quiet hours changes them where they stand


@dataclass(frozen=True, slots=True)
class PushRow:
    """A message that was chosen, why, what became of it, and what can be done about it."""

    title: str
    lines: tuple[str, ...]
    outcome: str
    remedies: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class GroupRow:
    """Messages that were not sent for one reason."""

    title: str
    text: str
    remedies: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision: what was chosen, or why nothing was, and what was not sent."""

    when: str
    pushes: tuple[PushRow, ...]
    silence: str
    groups: tuple[GroupRow, ...]


def decided(told: Sequence[Told], language: str) -> tuple[Decided, ...]:
    """Decisions as rows of a page, the newest first."""
    return tuple(
        Decided(
            when=one.when,
            pushes=tuple(_push(push, language) for push in one.chosen),
            silence="" if one.silence is None else one.silence.text,
            groups=tuple(_group(group, language) for group in one.not_sent[:_MOST_GROUPS]),
        )
        for one in told[:MOST_DECISIONS]
    )


def _push(push: ToldPush, language: str) -> PushRow:
    return PushRow(
        title=push.title or page_text("why_unknown", language),
        lines=tuple(reason.text for reason in push.reasons),
        outcome=push.outcome.text,
        remedies=_choices(push.remedies),
    )


def _group(group: ToldGroup, language: str) -> GroupRow:
    names, more = page_text("between", language).join(group.titles), group.count - len(group.titles)
    if not names:
        names = page_text("why_one" if group.count == 1 else "why_count", language, count=group.count)
    elif more > 0:
        names = page_text("why_more", language, names=names, count=more)
    return GroupRow(names, group.text, _choices(group.remedies))


def _choices(remedies: Sequence[Remedy]) -> tuple[Choice, ...]:
    """A remedy as a button: its patch is what the page sends back, checked like any other change."""
    written = ((json.dumps(one.patch, separators=(",", ":"), ensure_ascii=False), one.text) for one in remedies)
    choices = (Choice(patch, text.rstrip(".。")) for patch, text in written if len(patch) <= _MOST_CHARACTERS)
    return tuple(islice(choices, _MOST_REMEDIES))
