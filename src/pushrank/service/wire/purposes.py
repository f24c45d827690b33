"""What consents are for."""

from __future__ import annotations

from pushrank.domain.codes import Purpose
from pushrank.service.wire.values import Answer


class PurposeAnswer(Answer, frozen=True):
    """A purpose as it is shown before anybody is asked.

    A yes must name this `version`, or none; a yes to another one counts as no word at all, and then `default` holds.
    """

    purpose: Purpose
    version: str
    title: str
    text: str
    default: bool


class PurposesAnswer(Answer, frozen=True):
    """All purposes in one language."""

    language: str
    purposes: tuple[PurposeAnswer, ...]
