"""Language and time zone as lists to choose from."""

from __future__ import annotations

from collections.abc import Sequence

from pushrank.service.pages.frame import Choice
from pushrank.wording.pages import NAMES, page_text
from pushrank.wording.tables import LANGUAGES
from pushrank.wording.zones import ZONES


def zone_name(zone: str, language: str) -> str:
    """Name a zone by its cities, else as the database of zones does."""
    return ZONES[zone][LANGUAGES.index(language)] if zone in ZONES else zone


def zone_choices(chosen: str | None, language: str) -> tuple[Choice, ...]:
    """Zones from west to east; the chosen one is there in any case."""
    known = [*ZONES] if chosen is None or chosen in ZONES else [chosen, *ZONES]
    unset = Choice("", page_text("place_unset", language), chosen is None)
    return (unset, *(Choice(zone, zone_name(zone, language), zone == chosen) for zone in known))


def language_choices(known: Sequence[Choice], chosen: str | None, language: str) -> tuple[Choice, ...]:
    """Languages by their own names; the chosen one is there in any case."""
    names = {one.value: one.label for one in known}
    base = (chosen or "").split("-")[0].lower()
    picked = base if base in names else chosen
    more = {} if picked is None or picked in names else {picked: picked}
    unset = Choice("", page_text("place_unset_language", language), chosen is None)
    return (unset, *(Choice(value, name, value == picked) for value, name in {**more, **names}.items()))


def place_told(spoken: str, zone: str | None, language: str) -> str:
    """Say both in few words."""
    where = page_text("place_unknown", language) if zone is None else zone_name(zone, language)
    return f"{NAMES.get(spoken.partition('-')[0].lower(), spoken)} · {where}"
