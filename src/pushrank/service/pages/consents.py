"""Consents: what each is for, what a person said, and what holds until they do."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pushrank.config.types import PurposeSpec
from pushrank.domain.codes import Purpose
from pushrank.domain.user import Consent, Preferences
from pushrank.service.pages.frame import Choice, said_in
from pushrank.service.pages.history import Teller
from pushrank.service.pages.topics import Rules
from pushrank.wording.moments import day
from pushrank.wording.pages import page_text


@dataclass(frozen=True, slots=True)
class PurposeRow:
    """One purpose: its text and version, what was said about it, and a yes and a no to this very text."""

    name: str
    title: str
    text: str
    version: str
    said: str
    holds: bool
    choices: tuple[Choice, ...]


def purpose_rows(said: Preferences, rules: Rules, teller: Teller) -> tuple[PurposeRow, ...]:
    """Every purpose, in the order of the configuration."""
    return tuple(_row(purpose, spec, said, rules, teller) for purpose, spec in rules.purposes.items())


def _row(purpose: Purpose, spec: PurposeSpec, said: Preferences, rules: Rules, teller: Teller) -> PurposeRow:
    language, word = teller.language, said.consents.get(purpose)
    objected = said.objected and purpose is Purpose.MARKETING
    stands = None if word is None or (word.granted and word.policy_version != spec.version) else word
    default = rules.config.default_consents.get(purpose, False)
    return PurposeRow(
        name=purpose.value,
        title=said_in(spec.title, language),
        text=said_in(spec.text, language),
        version=spec.version,
        said=_told(word, stands, default=default, teller=teller),
        holds=(default if stands is None else stands.granted) and not objected,
        choices=tuple(
            Choice(
                _patch(purpose, spec, granted=yes),
                page_text(name, language),
                stands is not None and stands.granted is yes,
            )
            for name, yes in (("yes", True), ("no", False))
        ),
    )


def _patch(purpose: Purpose, spec: PurposeSpec, *, granted: bool) -> str:
    """Say yes or no to the text that stands on the page, not to one that may have come since."""
    word = {"granted": granted, "policy_version": spec.version}
    return json.dumps({"consents": {purpose.value: word}}, separators=(",", ":"))


def _told(word: Consent | None, stands: Consent | None, *, default: bool, teller: Teller) -> str:
    unsaid = page_text("allow_unsaid_yes" if default else "allow_unsaid_no", teller.language)
    if stands is None:
        return unsaid if word is None else f"{page_text('allow_changed', teller.language)} {unsaid}"
    at = None if stands.at is None else day(stands.at, teller.zone, teller.language)
    name = "allow_said_yes" if stands.granted else "allow_said_no"
    return page_text(name, teller.language, at=at) if at else page_text(f"{name}_once", teller.language)


def agreed(rows: tuple[PurposeRow, ...], language: str) -> str:
    """Say in few words what may be sent."""
    names = [row.title for row in rows if row.holds]
    if not names:
        return page_text("allow_nothing", language)
    return page_text("allow_sum", language, names=page_text("between", language).join(names))
