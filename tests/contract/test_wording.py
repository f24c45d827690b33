"""Every code has words in every language, and they hold with any facts or none."""

from __future__ import annotations

from enum import StrEnum
from itertools import chain

import pytest

from pushrank.domain.codes import (
    ExclusionCode,
    OutcomeCode,
    PassedCode,
    ReasonCode,
    RemedyCode,
    SilenceCode,
    StopCode,
)
from pushrank.wording import LANGUAGES, TABLE, text
from pushrank.wording.text import placeholders

CODES: list[StrEnum] = list(
    chain[StrEnum](ExclusionCode, StopCode, SilenceCode, PassedCode, ReasonCode, OutcomeCode, RemedyCode)
)
FACTS = {"tag": "{running}", "category": "Sport", "limit": 3, "suits": 2, "until": "8:00"} | {
    "start": "8:00",
    "end": "9:00",
    "purpose": "Offers",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CODES)
def test_every_code_has_words_with_and_without_facts(code: StrEnum, language: str) -> None:
    plain, full = text(code, language), text(code, language, **FACTS)
    assert plain.endswith("." if language == "en" else "。")
    assert "{" not in plain
    assert full.endswith(plain[-1])


@pytest.mark.parametrize("code", CODES)
def test_both_languages_speak_of_the_same_facts(code: StrEnum) -> None:
    spoken = {language: [placeholders(variant) for variant in TABLE[code][language]] for language in LANGUAGES}
    assert spoken["en"] == spoken["zh"]
    assert spoken["en"][-1] == set()
    assert all(facts <= FACTS.keys() for facts in spoken["en"])


@pytest.mark.parametrize("code", CODES)
def test_english_has_no_chinese_and_chinese_is_chinese(code: StrEnum) -> None:
    assert text(code, "en").isascii()
    assert not text(code, "zh").isascii()


def test_there_are_no_words_for_codes_that_do_not_exist() -> None:
    assert set(TABLE) == {str(code) for code in CODES}


def test_a_code_that_two_vocabularies_share_says_the_same_in_both() -> None:
    assert text(ExclusionCode.MUTED, "en", until="noon") == text(SilenceCode.MUTED, "en", until="noon")


@pytest.mark.parametrize(
    ("language", "like"), [("zh-CN", "zh"), ("ZH_Hans", "zh"), ("fr", "en"), ("", "en"), (None, "en")]
)
def test_an_unknown_language_is_read_as_english(language: str | None, like: str) -> None:
    assert text("expired", language) == text("expired", like)


def test_a_fact_is_filled_in_as_it_is() -> None:
    assert text("interest", "en", tag="{running}") == "You often open messages about {running}."
    assert text("interest", "en", tag=None) == text("interest", "en", tag="") == text("interest", "en")


def test_a_code_without_words_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(
        ValueError, match=r"code: expected one that has words, got 'quite_hours', did you mean 'quiet_hours'"
    ):
        text("quite_hours", "en")
