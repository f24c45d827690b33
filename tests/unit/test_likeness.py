from __future__ import annotations

import pytest

from pushrank.content.likeness import LEAST_CHARACTERS, MOST_CHARACTERS, Likeness, bands, normalised, similarity

SHOES = "Only today: 30% off all running shoes"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Only\ttoday:\n30% OFF! ", "only today 30 off"),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER F}ull\N{IDEOGRAPHIC SPACE}width", "full width"),
        ("Straße", "strasse"),
        ("明天有雨,记得带伞!", "明天有雨记得带伞"),
        ("明天有雨,记得带伞。", "明天有雨记得带伞"),
        ("Sale \N{PARTY POPPER}\ufe0f now", "sale now"),
        ("zero\u200bwidth", "zerowidth"),
        ("…!?", ""),
    ],
)
def test_case_width_spaces_and_punctuation_make_no_difference(text: str, expected: str) -> None:
    assert normalised(text) == expected
    assert normalised(expected) == expected


def test_likeness_is_the_share_of_runs_that_both_texts_have() -> None:
    # Runs of four: "abcdefghijkl" has 9, of which "abcdefghijkx" has 8; together they have 10.
    assert similarity("abcdefghijkl", "abcdefghijkx") == 8 / 10
    # Runs of two ideographs: nine each, two of them touch the character that differs.
    assert similarity("今天上海有大雨要带伞", "今天上海有小雨要带伞") == 7 / 11
    assert similarity(SHOES, SHOES.upper() + "!!") == 1.0
    assert similarity(SHOES, "A quiet evening in the old town") < 0.1


def test_short_texts_are_like_identical_ones_only() -> None:
    assert similarity("New mail", "New mail!") == 1.0
    assert similarity("New mail", "New mails") == 0.0
    assert similarity("明天有雨", "明天有雨") == 1.0
    assert similarity("明天有雨", "明天有雪") == 0.0


@pytest.mark.parametrize("text", ["", "...", "abc", "a b c", "有雨!"])
def test_what_is_hardly_a_text_is_like_nothing_not_even_itself(text: str) -> None:
    assert len(normalised(text).replace(" ", "")) < LEAST_CHARACTERS
    assert similarity(text, text) == 0.0
    assert Likeness(0.5).brought_to({"a": text, "b": text}) == {}


def test_only_the_beginning_of_a_long_text_is_compared() -> None:
    start = "".join(chr(0x4E00 + place) for place in range(MOST_CHARACTERS))
    assert similarity(start + "one end", start + "quite another") == 1.0


def test_twins_are_all_that_are_alike_enough_themselves_among_them() -> None:
    texts = {"a": SHOES, "b": SHOES.replace("30", "50"), "c": "A quiet evening in the old town", "d": SHOES + "!"}
    assert similarity(texts["a"], texts["b"]) == pytest.approx(0.7777, abs=1e-4)
    assert Likeness(0.77).brought_to(texts) == dict.fromkeys("abd", frozenset("abd"))
    assert Likeness(0.78).brought_to(texts) == dict.fromkeys("ad", frozenset("ad"))
    assert Likeness(1.0).brought_to(texts) == dict.fromkeys("ad", frozenset("ad"))


def test_being_alike_is_not_handed_on() -> None:
    texts = {"a": "abcdefghijkl", "b": "abcdefghijkx", "c": "abcdefghijyx"}
    twins = Likeness(0.8).brought_to(texts)
    assert twins == {"a": frozenset("ab"), "b": frozenset("ab")}
    assert similarity(texts["b"], texts["c"]) == 7 / 11


def test_a_message_that_changes_or_goes_leaves_no_twin_behind() -> None:
    likeness = Likeness(0.8)
    first = likeness.brought_to({"a": SHOES, "b": SHOES, "c": SHOES + "!"})
    assert first["a"] == frozenset("abc")
    assert likeness.brought_to({"a": SHOES, "b": "Something else altogether", "c": SHOES}) == dict.fromkeys(
        "ac", frozenset("ac")
    )
    assert likeness.brought_to({"a": SHOES}) == {}
    assert likeness.brought_to({"a": SHOES, "z": SHOES}) == dict.fromkeys("az", frozenset("az"))
    assert first["a"] == frozenset("abc")


@pytest.mark.parametrize("percent", range(10, 101, 5))
def test_bands_hardly_ever_miss_a_pair_at_the_threshold(percent: int) -> None:
    number, rows = bands(percent / 100)
    assert number * rows <= 128
    assert (1 - (percent / 100) ** rows) ** number <= 1e-3
