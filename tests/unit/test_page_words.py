"""The words of the pages hold in both languages."""

from __future__ import annotations

from itertools import chain
from zoneinfo import available_timezones

import pytest

from pushrank.wording.centre import CENTRE
from pushrank.wording.pages import PAGES, page_text
from pushrank.wording.public import LINKS, PUBLIC
from pushrank.wording.said import SAID
from pushrank.wording.text import placeholders
from pushrank.wording.zones import ZONES

TABLES = (CENTRE, LINKS, PUBLIC, SAID)


def test_no_name_stands_for_two_texts() -> None:
    assert len(PAGES) == sum(map(len, TABLES))


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_of_a_page_speak_of_the_same_facts(name: str) -> None:
    english, chinese = PAGES[name]
    assert placeholders(english) == placeholders(chinese)
    assert english
    assert chinese


@pytest.mark.parametrize("name", PAGES)
def test_the_english_of_a_page_has_no_chinese_and_its_chinese_has_some(name: str) -> None:
    assert not any("\u3000" <= letter <= "\uffef" for letter in PAGES[name][0])
    signs = placeholders(PAGES[name][1]) or name == "between"
    assert signs or any("\u4e00" <= letter <= "\u9fff" for letter in PAGES[name][1])


def test_a_text_is_filled_in_with_any_fact_even_one_that_is_called_like_an_argument() -> None:
    assert page_text("said_language", "en", name="{中文}") == "Language: {中文}."


def test_every_zone_of_the_list_is_one_of_the_database_and_named_in_both_languages() -> None:
    assert set(ZONES) <= available_timezones()
    assert all(chain.from_iterable(ZONES.values()))
