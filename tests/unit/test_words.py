"""What a reader is told: the clock of the reader, the title of the category, the limit that was reached."""

# Chinese punctuation is meant.
# ruff: noqa: RUF001

from __future__ import annotations

import pytest

from pushrank.domain.codes import ExclusionCode, PassedCode, StopCode
from pushrank.domain.decision import Exclusion, Reason
from pushrank.domain.instants import DAY, MINUTE, SECOND, instant
from pushrank.ranking.holds import Stop
from pushrank.wording import clock
from pushrank.wording.words import Words
from tests.small_policies import shipped_categories

NOW = instant("2026-11-23T10:00:00+08:00")
ZONE = "Asia/Shanghai"


def words(language: str = "en") -> Words:
    return Words(shipped_categories(), language)


@pytest.mark.parametrize(
    ("moment", "english", "chinese"),
    [
        ("2026-11-23T18:05:00+08:00", "18:05", "18:05"),
        ("2026-11-23T10:00:30+08:00", "10:01", "10:01"),
        ("2026-11-23T20:00:00+00:00", "4:00 on 24 November", "11月24日4:00"),
        ("2026-11-24T00:00:00+08:00", "midnight", "11月24日0:00"),
        ("2026-11-25T00:00:00+08:00", "0:00 on 25 November", "11月25日0:00"),
        ("2027-01-02T08:00:00+08:00", "8:00 on 2 January 2027", "2027年1月2日8:00"),
        ("2026-11-23T00:00:00+08:00", "0:00", "0:00"),
        ("2026-11-22T23:59:00+08:00", "23:59 on 22 November", "11月22日23:59"),
    ],
)
def test_a_moment_is_told_by_the_readers_clock(moment: str, english: str, chinese: str) -> None:
    assert clock(instant(moment), ZONE, "en", NOW) == english
    assert clock(instant(moment), ZONE, "zh", NOW) == chinese


def test_a_moment_is_never_told_too_early() -> None:
    for seconds in (0, 1, 59, 60, 61):
        told = clock(NOW + seconds * SECOND, ZONE, "en", NOW)
        hours, minutes = (int(part) for part in told.split(":"))
        assert NOW + seconds * SECOND <= NOW + ((hours - 10) * 60 + minutes) * MINUTE < NOW + seconds * SECOND + MINUTE


def excluded(code: ExclusionCode, language: str = "en", zone: str | None = ZONE, **facts: object) -> str:
    return words(language).excluded(Exclusion("m", code, **facts), zone, NOW)  # type: ignore[arg-type]


def test_a_cap_names_its_limit() -> None:
    assert excluded(ExclusionCode.CAP_DAY, limit=3) == "Your limit of 3 a day is used up."
    assert excluded(ExclusionCode.CAP_DAY) == "You have had enough messages for one day."
    assert excluded(ExclusionCode.CAP_WEEK, "zh", limit=12) == "每周最多12条消息，已经够了。"


def test_what_suits_is_told_as_what_it_is_and_not_as_a_limit() -> None:
    day, week = ExclusionCode.CAP_DAY, ExclusionCode.CAP_WEEK
    told = "You have had as many messages for one day as usually suit you (2)."
    assert excluded(day, limit=2, decided_by="adaptive") == told
    assert excluded(day, "zh", limit=2, decided_by="adaptive") == "这一天给你的消息已经达到通常适合你的数量（2条）。"
    told = "You have had as many messages for one week as usually suit you (7)."
    assert excluded(week, limit=7, decided_by="adaptive") == told
    assert excluded(week, "zh", limit=7, decided_by="adaptive") == "这一周给你的消息已经达到通常适合你的数量（7条）。"
    for word in ("user", "ceiling", "policy"):
        assert excluded(day, limit=2, decided_by=word) == "Your limit of 2 a day is used up."


def test_a_category_is_named_by_its_title_in_the_language_of_the_sentence() -> None:
    assert excluded(ExclusionCode.CATEGORY_OFF, about="promo") == "Messages from Offers are turned off."
    assert excluded(ExclusionCode.CATEGORY_OFF, "zh", about="sport.tennis") == "“体育”类消息已关闭。"
    assert excluded(ExclusionCode.CATEGORY_OFF, about="of.no.list") == "Messages from of.no.list are turned off."


def test_a_full_category_says_until_when() -> None:
    until = NOW + DAY
    told = excluded(ExclusionCode.CAP_CATEGORY, about="promo", until=until)
    assert told == "You have had enough messages from Offers for now; the next may come at 10:00 on 24 November."
    assert excluded(ExclusionCode.CAP_CATEGORY, until=until) == "You have had enough messages of this topic for now."


def test_without_a_zone_no_clock_is_told() -> None:
    assert excluded(ExclusionCode.MUTED, until=NOW + MINUTE) == "You have paused messages until 10:01."
    assert excluded(ExclusionCode.MUTED, zone=None, until=NOW + MINUTE) == "You have paused messages."


def test_a_stop_says_from_when_a_message_may_go() -> None:
    early = Stop("m", StopCode.TOO_EARLY, NOW + 10 * MINUTE)
    assert words().stop(early, ZONE, NOW) == "It is too early for this message. It may go from 10:10 on."
    assert words("zh").stop(Stop("m", StopCode.HOLD_EXPIRED), ZONE, NOW).startswith("为这条消息保留的名额已经过期")


def test_a_reason_names_its_tag_as_it_is_and_its_category_by_title() -> None:
    assert words().reason(Reason("interest", "rain")) == "You often open messages about rain."
    assert words("zh").reason(Reason("category_interest", "news.world")) == "你喜欢看“新闻”类的消息。"


def test_what_was_passed_over_has_words() -> None:
    assert words().passed(PassedCode.OUTRANKED) == "Another message was worth more to you."
    assert len({words(language).passed(code) for language in ("en", "zh") for code in PassedCode}) == 2 * len(
        PassedCode
    )
