"""A decision in words: what came and why, what became of it, what did not come and why not."""

# Chinese punctuation is meant.
# ruff: noqa: RUF001

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pushrank.domain.codes import EventType, ExclusionCode, Mode, OutcomeCode, PassedCode, ReasonCode, SilenceCode
from pushrank.domain.decision import Decision, Exclusion, Passed, Reason, Versions
from pushrank.domain.instants import HOUR, MINUTE
from pushrank.domain.user import UserFacts
from pushrank.rights.why import MOST_NAMED, Told, to_json, told
from tests.small_house import House
from tests.small_policies import NOON, message
from tests.small_views import pushes_of, tell, view_of

SHANGHAI = UserFacts(timezone="Asia/Shanghai")


@pytest.fixture
def house(tmp_path: Path) -> House:
    built = House(tmp_path)
    built.settle(facts=SHANGHAI)
    built.put(*(message(f"m-{place}", "sport.tennis", title=f"Title {place}") for place in range(5)))
    return built


def decided(excluded: tuple[Exclusion, ...] = (), passed: tuple[Passed, ...] = ()) -> Decision:
    """A decision that chose nothing."""
    silence = SilenceCode.ALL_EXCLUDED if excluded else SilenceCode.BELOW_VALUE
    versions = Versions(None, "open", None)
    return Decision("d-1", "u", NOON, Mode.HOLD, 1, "Asia/Shanghai", (), passed, excluded, silence, 1.0, versions)


def outcome(one: Told) -> tuple[str, str]:
    (push,) = one.chosen
    return push.outcome.code, push.outcome.text


def test_a_push_is_told_with_title_topic_and_the_hour_of_the_user(house: House) -> None:
    (push,) = tell(house, house.rank("m-1")).chosen
    assert (push.message_id, push.title) == ("m-1", "Title 1")
    assert (push.category, push.category_title) == ("sport.tennis", "Sport")
    assert (push.send_at, push.when, push.hour) == (NOON, "20:00", 20)


def test_a_message_that_the_catalogue_forgot_still_has_its_topic_from_the_push(house: House) -> None:
    decision = house.rank("m-1")
    view, pushes = view_of(house), pushes_of(house, decision)
    forgetful = type(view)(view.record, view.policy, view.purposes, view.words, lambda _: None, view.now)
    (push,) = told(decision, forgetful, pushes).chosen
    assert (push.title, push.category) == (None, "sport.tennis")
    (push,) = told(decision, forgetful).chosen
    assert (push.title, push.category, push.category_title) == (None, None, None)


def test_a_reservation_is_planned_until_its_time_has_run_out(house: House) -> None:
    decision = house.rank("m-1")
    assert outcome(tell(house, decision)) == (OutcomeCode.PLANNED, "We plan to send it at 20:00.")
    assert outcome(tell(house, decision, NOON + HOUR))[0] == OutcomeCode.LAPSED


def test_what_was_handed_over_was_sent_at_that_moment(house: House) -> None:
    decision = house.rank("m-1")
    house.holds.confirm(decision.decision_id, None, NOON + 2 * MINUTE)
    assert outcome(tell(house, decision, NOON + HOUR)) == (OutcomeCode.SENT, "We sent it at 20:02.")
    assert outcome(tell(house, decision, NOON + HOUR, "zh")) == (OutcomeCode.SENT, "我们在20:02发给了你。")


def test_what_was_stopped_says_why(house: House) -> None:
    decision = house.rank("m-1")
    house.settle(facts=SHANGHAI, push=False)
    house.holds.confirm(decision.decision_id, None, NOON + MINUTE)
    assert outcome(tell(house, decision)) == (
        OutcomeCode.STOPPED,
        "We did not send it after all. You have turned off our messages.",
    )
    assert outcome(tell(house, decision, language="zh"))[1] == "我们最后没有发送。你已关闭我们的消息。"


def test_what_was_given_back_was_not_sent(house: House) -> None:
    decision = house.rank("m-1")
    house.holds.release(decision.decision_id, None, NOON + MINUTE)
    assert outcome(tell(house, decision)) == (
        OutcomeCode.STOPPED,
        "We did not send it after all. The place kept for this message was given back.",
    )


def test_what_could_not_be_delivered_is_told_as_that(house: House) -> None:
    decision = house.rank("m-1", mode=Mode.CONFIRM)
    house.take(house.event(EventType.FAILED, NOON + MINUTE, message_id="m-1", decision_id=decision.decision_id))
    assert outcome(tell(house, decision))[0] == OutcomeCode.FAILED


def test_of_what_nobody_kept_nothing_is_claimed(house: House) -> None:
    decision = house.rank("m-1")
    assert outcome(told(decision, view_of(house)))[0] == OutcomeCode.FORGOTTEN


def test_a_hundred_messages_with_one_reason_are_one_line(house: House) -> None:
    house.put(*(message(f"n-{place}", title=f"Note {place}") for place in range(100)))
    house.settle(facts=SHANGHAI, muted_until=NOON + HOUR)
    one = tell(house, house.rank(*(f"n-{place}" for place in range(100))))
    (group,) = one.not_sent
    assert (group.code, group.count, group.until) == (ExclusionCode.MUTED, 100, NOON + HOUR)
    assert group.text == "You have paused messages until 21:00."
    assert len(group.titles) == MOST_NAMED
    assert one.silence is not None
    assert one.silence.code == SilenceCode.MUTED


def test_reasons_come_in_order_of_how_many_they_kept_away(house: House) -> None:
    out = [Exclusion(f"m-{place}", ExclusionCode.CATEGORY_OFF, about="sport") for place in range(3)]
    out += [Exclusion("x", ExclusionCode.EXPIRED), Exclusion("y", ExclusionCode.CATEGORY_OFF, about="promo")]
    groups = told(decided(tuple(out)), view_of(house)).not_sent
    assert [(group.category, group.count) for group in groups] == [("sport", 3), (None, 1), ("promo", 1)]
    assert groups[0].text == "Messages from Sport are turned off."
    assert groups[0].titles == ("Title 0", "Title 1", "Title 2")


def test_a_moment_is_named_only_where_it_is_one_for_all(house: House) -> None:
    out = [Exclusion(f"m-{place}", ExclusionCode.MIN_GAP, until=NOON + place * HOUR) for place in range(2)]
    (group,) = told(decided(tuple(out)), view_of(house)).not_sent
    assert (group.until, group.text) == (None, "You have only just heard from us, so we wait a little.")


def test_messages_for_different_purposes_have_different_ways_out(house: House) -> None:
    house.put(message("offer", "promo"), message("survey", "survey"), message("another", "promo"))
    out = [Exclusion(name, ExclusionCode.NO_CONSENT) for name in ("offer", "survey", "another")]
    groups = told(decided(tuple(out)), view_of(house)).not_sent
    assert [(group.count, [remedy.text for remedy in group.remedies]) for group in groups] == [
        (2, ["Say yes to: Offers and advertising."]),
        (1, ["Say yes to: Questions and surveys."]),
    ]


def test_what_was_allowed_and_not_chosen_is_counted_by_reason(house: House) -> None:
    passed = tuple(Passed(f"m-{place}", 0.1, 0.0, 0.1, PassedCode.BELOW_VALUE) for place in range(4))
    passed += (Passed("m-4", 0.1, 0.0, 0.1, PassedCode.EXPLORED),)
    one = told(decided(passed=passed), view_of(house))
    assert [(group.code, group.count) for group in one.not_sent] == [("below_value", 4), ("explored", 1)]
    assert one.silence is not None
    assert one.silence.text == "Not worth interrupting you for."


def test_reasons_are_told_in_the_language_of_the_reader(house: House) -> None:
    decision = house.rank("m-1")
    reasons = (Reason(ReasonCode.INTEREST, "tennis"), Reason(ReasonCode.NEW_TOPIC, "sport.tennis"))
    chosen = type(decision.slate[0])(decision.slate[0].scored, 1, NOON, 1.0, None, None, reasons)
    rebuilt = Decision(
        "d-2", "u", NOON, Mode.HOLD, 1, "UTC", (chosen,), (), (), None, 1.0, Versions(None, "open", None)
    )
    (push,) = told(rebuilt, view_of(house, language="zh")).chosen
    assert [(reason.text, reason.tag) for reason in push.reasons] == [
        ("你常常打开关于“tennis”的消息。", "tennis"),
        ("“体育”对你来说是新话题，也许你会喜欢。", "sport.tennis"),
    ]


def test_where_nobody_knows_the_clock_it_is_told_in_utc_and_no_hour_is_offered(tmp_path: Path) -> None:
    house = House(tmp_path, default_timezone=None)
    house.put(message("m-1"))
    one = tell(house, house.rank("m-1"))
    assert (one.zone, one.when) == (None, "12:00 (UTC)")
    assert [group.remedies for group in one.not_sent] == [()]


def test_what_was_told_is_json_with_moments_in_iso(house: House) -> None:
    tree = json.loads(json.dumps(to_json(tell(house, house.rank("m-1", "unknown")))))
    assert tree["at"] == "2026-11-23T12:00:00+00:00"
    assert tree["chosen"][0]["send_at"] == "2026-11-23T20:00:00+08:00"
    assert tree["not_sent"][0]["until"] is None
