"""What every page has, and the small values that pages are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pushrank.config.service import PrivacyConfig
from pushrank.wording.pages import NAMES


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several things to choose: what is sent, what is read, and whether it is what holds."""

    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame around a page. `private`: its address belongs to one person; `csrf` goes into its forms."""

    language: str
    sender: str
    languages: tuple[Choice, ...]
    contact: str | None = None
    private: bool = True
    csrf: str = ""

    @classmethod
    def of(
        cls, privacy: PrivacyConfig, languages: Sequence[str], language: str, *, csrf: str = "", private: bool = True
    ) -> Frame:
        """Frame of a page in `language`, with a switch to the others."""
        choices = tuple(Choice(one, NAMES.get(one, one), one == language) for one in languages)
        return cls(language, said_in(privacy.sender, language), choices, privacy.contact, private, csrf)


@dataclass(frozen=True, slots=True)
class Word:
    """A page that says one thing."""

    frame: Frame
    title: str
    text: str


def said_in(texts: Mapping[str, str], language: str, otherwise: str = "") -> str:
    """Text of a configuration in `language`, else in English, else in any."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), otherwise)
