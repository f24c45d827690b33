"""Topics: the category tree with what a person said about each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pushrank.config.types import Category, PolicyConfig, PurposeSpec
from pushrank.domain.codes import Purpose
from pushrank.domain.message import lineage
from pushrank.domain.user import Preferences
from pushrank.policy.categories import CategoryTree
from pushrank.policy.constraints.permission import granted
from pushrank.rights.wishes import FEWER
from pushrank.service.pages.frame import Choice, said_in
from pushrank.wording.pages import page_text

_MOST_NAMED = 3
_TOLD = ("fewer", "off")
_ASLEEP = "asleep"
_MOST_UNLISTED = 12


class Rules(Protocol):
    """What of a deployment is looked at here."""

    @property
    def config(self) -> PolicyConfig:
        """The policy."""

    @property
    def categories(self) -> Mapping[str, Category]:
        """The category tree."""

    @property
    def purposes(self) -> Mapping[Purpose, PurposeSpec]:
        """What consents are for."""


@dataclass(frozen=True, slots=True)
class TopicRow:
    """One topic, how far below another it hangs, what holds for it, and what can be chosen."""

    name: str
    title: str
    depth: int
    state: str
    choices: tuple[Choice, ...]
    note: str = ""


def topic_rows(said: Preferences, rules: Rules, language: str) -> tuple[TopicRow, ...]:
    """Every topic of the tree, what else a person spoke of, and all others."""
    tree = CategoryTree(rules.categories)
    spoken = dict.fromkeys((*said.categories, *said.category_caps))
    unlisted = [name for name in spoken if name != "*" and name not in rules.categories][:_MOST_UNLISTED]
    names = sorted({*rules.categories, *unlisted}, key=lambda name: _place(name, list(rules.categories)))
    rows = [_row(name, said, tree, rules, language) for name in names]
    return (*rows, _others(said, language))


def _place(name: str, order: list[str]) -> tuple[int, str]:
    root = lineage(name)[-1]
    return (order.index(root) if root in order else len(order), name)


def _row(name: str, said: Preferences, tree: CategoryTree, rules: Rules, language: str) -> TopicRow:
    title, note = topic_title(rules.categories, name, language), _missing(name, said, rules, language)
    wanted = _state(name, said, tree)
    # Where a yes is missing nothing comes, and no button may look as if the yes had been given.
    state = _ASLEEP if note and wanted != "off" else wanted
    choices = _choices(name, state, language)
    return TopicRow(name, title, min(name.count("."), 1), state, choices, note or _cap(name, said, language))


def topic_title(categories: Mapping[str, Category], name: str, language: str) -> str:
    """Title of a topic; one that is not listed is told by what it hangs under: `Sport / tennis`."""
    listed = next((one for one in lineage(name) if one in categories), None)
    if listed is None:
        return name
    title, rest = said_in(categories[listed].title, language, listed), name[len(listed) + 1 :]
    return f"{title} / {rest}" if rest else title


def _state(name: str, said: Preferences, tree: CategoryTree) -> str:
    spoken = "*" in said.categories or any(one in said.categories for one in lineage(name))
    if not (said.wants(name) if spoken else tree.default(name)):
        return "off"
    return "fewer" if any(one in said.category_caps for one in lineage(name)) else "on"


def _choices(
    name: str, state: str, language: str, wishes: tuple[str, ...] = ("on", "fewer", "off")
) -> tuple[Choice, ...]:
    return tuple(Choice(f"{wish}:{name}", page_text(f"topic_{wish}", language), wish == state) for wish in wishes)


def _missing(name: str, said: Preferences, rules: Rules, language: str) -> str:
    """Say what has to be said before any message of a topic may come; empty where nothing is missing."""
    listed = next((rules.categories[one] for one in lineage(name) if one in rules.categories), None)
    purpose = Purpose.RECOMMENDATION if listed is None else listed.purpose
    if said.objected and purpose is Purpose.MARKETING:
        return page_text("object_stands", language)
    versions = {one: spec.version for one, spec in rules.purposes.items()}
    if purpose in rules.purposes and not granted(said, rules.config, purpose, versions):
        return page_text("topic_needs_yes", language, purpose=said_in(rules.purposes[purpose].title, language))
    return ""


def _cap(name: str, said: Preferences, language: str) -> str:
    """Say how many a person wants of a topic, where that is not what `fewer` means."""
    cap = said.category_caps.get(name, FEWER)
    return "" if cap == FEWER else page_text("most_week", language, week=cap)


def _others(said: Preferences, language: str) -> TopicRow:
    state = "on" if said.categories.get("*", True) else "off"
    title = page_text("topic_others", language)
    return TopicRow("*", title, 0, state, _choices("*", state, language, ("on", "off")))


def topics_told(rows: tuple[TopicRow, ...], language: str) -> str:
    """Say in few words what is not simply on."""
    if rows[-1].state == "off":
        return page_text("topic_only", language)
    told = [page_text(f"topic_is_{row.state}", language, title=row.title) for row in rows if row.state in _TOLD]
    if not told:
        return page_text("topics_all", language)
    return page_text("between", language).join(told[:_MOST_NAMED]) + (" …" if len(told) > _MOST_NAMED else "")
