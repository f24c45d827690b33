"""Every step that is offered can be taken as it stands, and the next decision shows that it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from pushrank.config.types import UserCeiling
from pushrank.domain.codes import EventType, Mode, Purpose, QuietAction, ReasonCode, RemedyCode
from pushrank.domain.decision import Decision, Reason
from pushrank.domain.instants import DAY, HOUR, MINUTE, instant
from pushrank.domain.user import Consent, QuietWindow, UserFacts
from pushrank.ranking.served import Served
from pushrank.rights.preferences import change_preferences
from pushrank.rights.remedies import Remedy, of_push
from pushrank.rights.terms import Terms
from pushrank.rights.why import Told
from pushrank.scoring.bundle import load, save
from tests.small_house import House, codes_of, slate_of
from tests.small_models import small_trained
from tests.small_policies import NOON, message, shipped_categories
from tests.small_views import tell, view_of

NIGHT = QuietWindow(22 * 60, 8 * 60)
SIESTA = QuietWindow(11 * 60, 14 * 60)
ALL_DAY = QuietWindow(0, 0)


def offered(one: Told) -> dict[str, Remedy]:
    """All steps of a decision, by code."""
    found = [part.remedies for part in one.chosen] + [part.remedies for part in one.not_sent]
    return {remedy.code: remedy for remedies in found for remedy in remedies}


def take(house: House, remedy: Remedy) -> None:
    """Patch the preferences as the step says, and expect that something changed."""
    _, changed = change_preferences(house.store, house.pseudonyms.of("u-1"), remedy.patch, NOON, terms=terms_of(house))
    assert changed


def terms_of(house: House) -> Terms:
    """The terms under which a deployment takes a patch."""

    def in_use() -> set[str]:
        return {message.category for message in house.catalogue.messages()}

    return Terms.of(house.policy, shipped_categories(), in_use, house.catalogue.lookup())


def names() -> list[str]:
    return ["first", "second"]


def house_of(folder: Path, **changes: Any) -> House:
    house = House(folder, **changes)
    house.put(*(message(name, "promo.flash", title=name.title(), tags=("tennis",)) for name in names()))
    return house


@dataclass(frozen=True)
class Case:
    """What a user had said, and what the decision after the step is like."""

    code: RemedyCode
    then: Callable[[Decision], bool]
    preferences: dict[str, Any] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)


def excluded(code: str) -> Callable[[Decision], bool]:
    return lambda decision: codes_of(decision) == {"second": code}


def sent(decision: Decision) -> bool:
    return slate_of(decision) == ["second"] and decision.slate[0].send_at == NOON


def put_off(decision: Decision) -> bool:
    return slate_of(decision) == ["second"] and decision.slate[0].send_at > NOON


AFTER_A_PUSH = [
    Case(RemedyCode.FEWER, excluded("cap_category")),
    Case(RemedyCode.FEWER, excluded("cap_category"), {"category_caps": {"promo.flash": 3}}),
    Case(RemedyCode.OFF, excluded("category_off"), {"category_caps": {"promo.flash": 1}}),
    Case(RemedyCode.NOT_THIS_HOUR, put_off),
    Case(RemedyCode.NOT_THIS_HOUR, put_off, {"quiet_hours": (NIGHT,)}),
    Case(RemedyCode.MUTE, excluded("muted")),
    Case(RemedyCode.MUTE, excluded("muted"), {"muted_until": NOON - 1}),
]


@pytest.mark.parametrize("case", AFTER_A_PUSH, ids=lambda case: case.code)
def test_a_step_after_a_push_keeps_the_next_one_back(tmp_path: Path, case: Case) -> None:
    house = house_of(tmp_path, **case.policy)
    house.settle(**case.preferences)
    remedies = offered(tell(house, house.rank("first")))
    take(house, remedies[case.code])
    assert case.then(house.rank("second"))


IN_PLACE_OF_A_PUSH = [
    Case(RemedyCode.PUSH_ON, sent, {"push": False}),
    Case(RemedyCode.UNMUTE, sent, {"muted_until": NOON + HOUR}),
    Case(RemedyCode.ON, sent, {"categories": {"promo": False}}),
    Case(RemedyCode.ON, sent, {"categories": {"*": False}}),
    Case(RemedyCode.CONSENT, sent, {"consents": {Purpose.MARKETING: Consent(granted=False)}}),
    Case(RemedyCode.CONSENT, sent, {}, {"default_consents": dict.fromkeys(Purpose, False)}),
    Case(RemedyCode.MORE_A_DAY, sent, {"max_per_day": 0}),
    Case(RemedyCode.MORE_A_DAY, sent, {}, {"max_per_day": 0}),
    Case(RemedyCode.MORE_A_WEEK, sent, {"max_per_week": 0}),
    Case(RemedyCode.MORE_OF_CATEGORY, sent, {"category_caps": {"promo": 0}}),
    Case(
        RemedyCode.WAIT, put_off, {"quiet_hours": (QuietWindow(60 * 11, 60 * 14),), "in_quiet_hours": QuietAction.DROP}
    ),
    Case(RemedyCode.ALLOW_THIS_HOUR, sent, {"quiet_hours": (ALL_DAY,)}),
    Case(RemedyCode.ALLOW_THIS_HOUR, sent, {"quiet_hours": (NIGHT, ALL_DAY), "in_quiet_hours": QuietAction.DROP}),
]


@pytest.mark.parametrize("case", IN_PLACE_OF_A_PUSH, ids=lambda case: case.code)
def test_a_step_in_place_of_a_push_lets_the_next_one_come(tmp_path: Path, case: Case) -> None:
    house = house_of(tmp_path, **case.policy)
    house.settle(**case.preferences)
    before = house.rank("first")
    assert not before.slate
    take(house, offered(tell(house, before))[case.code])
    assert case.then(house.rank("second"))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Served:
    folder = tmp_path_factory.mktemp("bundle") / "bundle"
    save(small_trained(), folder)
    return Served.of(load(folder))


def habitual(folder: Path, model: Served) -> House:
    """A house with a user who opened every message about tennis."""
    house = house_of(folder, served=model)
    house.put(*(message(f"old-{place}", "sport", tags=("tennis",)) for place in range(4)))
    for place in range(4):
        at = NOON - (place + 1) * DAY
        sent = house.event(EventType.SENT, at, message_id=f"old-{place}")
        house.take(sent, house.event(EventType.CLICKED, at + MINUTE, message_id=f"old-{place}"))
    return house


def reasons_of(decision: Decision) -> set[str]:
    return {reason.code for reason in decision.slate[0].reasons}


def test_an_interest_that_is_taken_back_is_no_reason_any_more(tmp_path: Path, model: Served) -> None:
    house = habitual(tmp_path, model)
    before = house.rank("first")
    assert ReasonCode.INTEREST in reasons_of(before)
    remedy = offered(tell(house, before))[RemedyCode.NOT_THIS_INTEREST]
    assert remedy.text == "Stop choosing messages for me because of tennis."
    take(house, remedy)
    after = house.rank("second")
    assert slate_of(after) == ["second"]
    assert ReasonCode.INTEREST not in reasons_of(after)


def test_who_stops_being_known_gets_pushes_for_no_reason_of_their_own(tmp_path: Path, model: Served) -> None:
    house = habitual(tmp_path, model)
    take(house, offered(tell(house, house.rank("first")))[RemedyCode.NOT_PERSONAL])
    after = house.rank("second")
    assert slate_of(after) == ["second"]
    assert reasons_of(after) <= {ReasonCode.POPULAR, ReasonCode.FRESH, ReasonCode.BREAKING}


def test_the_policys_night_stays_quiet_when_an_hour_is_added(tmp_path: Path) -> None:
    house = House(tmp_path, "default", default_timezone="Asia/Shanghai")
    house.put(message("first"))
    decision = house.rank("first", mode=Mode.CONFIRM)
    windows = offered(tell(house, decision))[RemedyCode.NOT_THIS_HOUR].patch["quiet_hours"]
    assert [(window["from"], window["to"]) for window in windows] == [("22:00", "08:00"), ("20:00", "21:00")]


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-23T12:00:00+08:00", "2026-11-24T08:00:00+08:00"),
        ("2026-11-23T23:59:00+08:00", "2026-11-24T08:00:00+08:00"),
        ("2026-11-24T04:59:00+08:00", "2026-11-24T08:00:00+08:00"),
        ("2026-11-24T05:00:00+08:00", "2026-11-25T08:00:00+08:00"),
    ],
)
def test_a_pause_lasts_until_the_next_morning_of_the_user(tmp_path: Path, now: str, until: str) -> None:
    house = House(tmp_path)
    house.settle(timezone="Asia/Shanghai")
    (remedy,) = of_push(view_of(house, instant(now)), None, (), None)
    assert (remedy.code, remedy.patch) == (RemedyCode.MUTE, {"muted_until": until})


NOTHING_TO_OFFER: list[tuple[RemedyCode, dict[str, Any]]] = [
    (RemedyCode.MUTE, {"muted_until": NOON + 2 * DAY}),
    (RemedyCode.NOT_THIS_HOUR, {"quiet_hours": (ALL_DAY,)}),
    (RemedyCode.NOT_THIS_INTEREST, {"tags": {"tennis": False}}),
    (RemedyCode.NOT_THIS_INTEREST, {"personalisation": False}),
    (RemedyCode.NOT_PERSONAL, {"personalisation": False}),
    (RemedyCode.FEWER, {"category_caps": {"promo": 1}}),
    (RemedyCode.OFF, {"category_caps": {"promo": 1}, "categories": {"promo": False}}),
]


@pytest.mark.parametrize(("code", "preferences"), NOTHING_TO_OFFER)
def test_what_stands_already_is_not_offered(tmp_path: Path, code: RemedyCode, preferences: dict[str, Any]) -> None:
    house = House(tmp_path)
    reasons = (Reason(ReasonCode.INTEREST, "tennis"),)
    fresh = {remedy.code for remedy in of_push(view_of(house), "promo", reasons, 12)}
    house.settle(**preferences)
    now = {remedy.code for remedy in of_push(view_of(house), "promo", reasons, 12)}
    assert code in fresh or code is RemedyCode.OFF
    assert code not in now


def test_nothing_is_offered_against_an_objection_or_for_a_message_that_nobody_knows(tmp_path: Path) -> None:
    house = house_of(tmp_path)
    house.settle(objected=True)
    decision = house.rank("first", "unknown")
    assert set(codes_of(decision).values()) == {"objected", "unknown_message"}
    assert not offered(tell(house, decision))


def test_a_minor_is_not_asked_to_agree_to_advertising(tmp_path: Path) -> None:
    house = house_of(tmp_path, default_consents=dict.fromkeys(Purpose, False))
    house.put(message("survey", "survey"))
    house.settle(facts=UserFacts(minor=True))
    decision = house.rank("first", "survey")
    assert set(codes_of(decision).values()) == {"no_consent"}
    assert [remedy.text for remedy in offered(tell(house, decision)).values()] == ["Say yes to: Questions and surveys."]


def test_nobody_is_offered_more_than_the_policy_lets_anybody_have(tmp_path: Path) -> None:
    house = house_of(tmp_path, user_ceiling=UserCeiling(0, 7000))
    house.settle(max_per_day=9)
    decision = house.rank("first")
    assert codes_of(decision) == {"first": "cap_day"}
    assert not offered(tell(house, decision))


def test_what_was_asked_for_since_is_not_offered_again(tmp_path: Path) -> None:
    house = house_of(tmp_path)
    house.settle(max_per_day=0, muted_until=None)
    decision = house.rank("first")
    house.settle(max_per_day=3)
    assert not offered(tell(house, decision))


@pytest.mark.parametrize("category", ["nowhere.at.all", "promo.x", "known.to.messages", "x" * 65])
def test_only_a_category_that_can_be_named_is_offered(tmp_path: Path, category: str) -> None:
    house = House(tmp_path)
    house.put(message("first", "known.by.a.message"))
    view = replace(view_of(house), terms=terms_of(house))
    codes = {remedy.code for remedy in of_push(view, category, (), None)}
    assert (RemedyCode.FEWER in codes) == (category in {"promo.x", "known.to.messages"})


def patch_of(house: House, code: RemedyCode, category: str) -> Any:
    found = {remedy.code: remedy.patch for remedy in of_push(view_of(house), category, (), None)}
    return found[code]


def test_the_topic_that_a_sentence_names_is_the_one_that_the_step_changes(tmp_path: Path) -> None:
    house = House(tmp_path)
    assert patch_of(house, RemedyCode.FEWER, "sport.tennis.women") == {"category_caps": {"sport": 1}}
    house.settle(category_caps={"sport": 1})
    assert patch_of(house, RemedyCode.OFF, "sport.tennis.women") == {"categories": {"sport": False}}


def test_a_closer_word_of_the_user_is_the_one_that_a_step_changes(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.settle(categories={"sport": False, "sport.tennis": True}, category_caps={"sport.tennis": 1})
    assert patch_of(house, RemedyCode.OFF, "sport.tennis.women") == {"categories": {"sport.tennis": False}}


def test_every_step_that_there_is_was_taken_above() -> None:
    taken = {case.code for case in (*AFTER_A_PUSH, *IN_PLACE_OF_A_PUSH)}
    assert taken | {RemedyCode.NOT_THIS_INTEREST, RemedyCode.NOT_PERSONAL} == set(RemedyCode)
