from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pushrank.config import ConfigError, PurposeSpec, ServiceConfig, load
from pushrank.config.home import shipped
from pushrank.domain.codes import Purpose
from pushrank.rights.purposes import digest_of, refuse_changed_texts, shown
from pushrank.store import Store
from pushrank.store.memory import MemoryStore

LANGUAGES = load(shipped("service", "default"), ServiceConfig).languages
PURPOSES = load(shipped("policy", "purposes"), dict[Purpose, PurposeSpec])
MARKETING = PURPOSES[Purpose.MARKETING]


def refusal(store: Store, **changes: Any) -> str:
    other = {**PURPOSES, Purpose.MARKETING: replace(MARKETING, **changes)}
    with pytest.raises(ConfigError) as refused:
        refuse_changed_texts(store, other, LANGUAGES)
    return str(refused.value)


def test_the_shipped_purposes_have_words_in_every_language_and_start_again_and_again() -> None:
    store = MemoryStore()
    refuse_changed_texts(store, PURPOSES, LANGUAGES)
    refuse_changed_texts(store, PURPOSES, LANGUAGES)
    assert store.marker("purpose/marketing/2026-11") == digest_of(MARKETING)


@pytest.mark.parametrize("field", ["title", "text"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_other_words_under_the_same_version_stop_the_start(field: str, language: str) -> None:
    store = MemoryStore()
    refuse_changed_texts(store, PURPOSES, LANGUAGES)
    words = {**getattr(MARKETING, field), language: "We also sell your address."}
    assert "marketing: expected another version than '2026-11'" in refusal(store, **{field: words})
    later = {**PURPOSES, Purpose.MARKETING: replace(MARKETING, version="2027-01", **{field: words})}
    refuse_changed_texts(store, later, LANGUAGES)
    refuse_changed_texts(store, PURPOSES, LANGUAGES)


def test_a_purpose_without_words_in_a_language_of_the_service_stops_the_start() -> None:
    assert refusal(MemoryStore(), text={"en": "Offers.", "zh": " "}) == (
        "purposes: marketing: text: expected words in 'zh', got none"
    )
    assert (
        refusal(MemoryStore(), title={"zh": "优惠"}) == "purposes: marketing: title: expected words in 'en', got none"
    )
    with pytest.raises(ConfigError, match="expected 'service' among them, got marketing"):
        refuse_changed_texts(MemoryStore(), {Purpose.MARKETING: MARKETING}, LANGUAGES)


def test_each_purpose_is_shown_with_what_holds_for_who_said_nothing() -> None:
    told = list(shown(PURPOSES, {Purpose.SERVICE: True}, "zh"))
    assert [one.purpose for one in told] == list(Purpose)
    assert [one.default for one in told] == [True, False, False, False]
    assert {one.version for one in told} == {"2026-11"}
    assert all(not one.text.isascii() and not one.title.isascii() for one in told)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_are_short_enough_to_be_read(language: str) -> None:
    for one in shown(PURPOSES, {}, language):
        sentences = [part for part in one.text.replace("。", ". ").split(". ") if part.strip()]
        assert len(sentences) <= 4
        assert all(len(part.split()) <= 32 for part in sentences)
