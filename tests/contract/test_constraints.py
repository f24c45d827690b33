"""What every constraint of the table keeps to, whoever the user is and whatever the candidates are."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushrank.config.types import CapRule, Minors, RampStep, RampUp
from pushrank.domain.codes import ExclusionCode, HoldState, Kind, Purpose, QuietAction, Urgency
from pushrank.domain.decision import Frequency
from pushrank.domain.instants import DAY, HOUR, Instant
from pushrank.domain.message import Message
from pushrank.domain.record import Presence, Push, UserRecord
from pushrank.domain.user import Consent, Preferences, QuietWindow, UserFacts
from pushrank.policy import Ask, Eligible, effective_caps
from pushrank.policy.ask import Unlisted
from pushrank.policy.categories import CategoryTree
from pushrank.policy.constraints import CONSTRAINTS
from pushrank.policy.constraints.capping import Capping
from tests.small_policies import NOON, shipped_categories, shipped_config

CATEGORIES = ["news", "news.local", "promo", "survey.short", "account", "elsewhere"]
NAMES = ["a", "b", "c", "d"]
EVENTS = ["", "x"]
CODES = pytest.mark.parametrize("code", CONSTRAINTS)

moments = st.integers(NOON - 8 * DAY, NOON + 8 * DAY) | st.sampled_from([NOON - 1, NOON, NOON + 1])
windows = st.builds(
    QuietWindow, st.integers(0, 1439), st.integers(0, 1439), st.lists(st.integers(0, 6), min_size=1).map(tuple)
)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


messages = st.builds(
    Message,
    st.sampled_from(NAMES),
    st.sampled_from(CATEGORIES),
    purpose=maybe(st.sampled_from(Purpose)),
    kind=st.sampled_from(Kind),
    published_at=maybe(moments),
    expires_at=maybe(moments),
    urgency=st.sampled_from(Urgency),
    event_key=st.sampled_from([None, "x"]),
) | st.builds(Unlisted, st.sampled_from(["ghost-1", "ghost-2"]))


def push_of(name: str, event: str, state: HoldState, at: Instant, lasts: Instant) -> Push:
    expires_at = at + lasts if state is HoldState.HELD else None
    return Push(f"{name}{event}{at}", f"{name}#{event}", name, "news", Kind.INFORM, state, at, "d", expires_at)


pushes = st.builds(
    replace,
    st.builds(
        push_of,
        st.sampled_from(NAMES),
        st.sampled_from(EVENTS),
        st.sampled_from(HoldState),
        moments,
        st.integers(1, 30 * HOUR),
    ),
    category=st.sampled_from(CATEGORIES),
    kind=st.sampled_from(Kind),
    channel=st.sampled_from(["push", "email"]),
)
rules = st.one_of(
    st.builds(CapRule, st.integers(0, 3), st.sampled_from(["90m", "24h", "3d", "day", "week"])),
    st.builds(CapRule, st.integers(0, 3), st.just("2d"), category=st.sampled_from(["*", "news", "news.local"])),
    st.builds(CapRule, st.integers(0, 3), st.just("day"), kind=st.sampled_from(["*", "offer", "inform"])),
    st.builds(CapRule, st.integers(0, 3), st.just("1h"), channel=st.sampled_from(["*", "push", "email"])),
)
ramps = st.builds(
    RampUp,
    st.integers(2, 40),
    st.integers(0, 3).map(lambda most: (RampStep(3, most), RampStep(9, most + 2))),
)
preferences = st.builds(
    Preferences,
    push=st.booleans(),
    muted_until=maybe(moments),
    categories=st.dictionaries(st.sampled_from([*CATEGORIES, "*"]), st.booleans(), max_size=3),
    max_per_day=maybe(st.integers(0, 4)),
    max_per_week=maybe(st.integers(0, 8)),
    quiet_hours=maybe(st.lists(windows, max_size=2).map(tuple)),
    in_quiet_hours=maybe(st.sampled_from(QuietAction)),
    consents=st.dictionaries(st.sampled_from(Purpose), st.builds(Consent, st.booleans())),
    objected=st.booleans(),
    personalisation=st.booleans(),
)
presences = st.builds(
    Presence,
    st.sets(st.integers(NOON // DAY - 40, NOON // DAY), max_size=16).map(lambda days: tuple(sorted(days))[::-1]),
)
records = st.builds(
    UserRecord,
    st.just("u"),
    facts=st.builds(
        UserFacts,
        registered_at=maybe(moments),
        minor=maybe(st.booleans()),
        age_band=st.sampled_from([None, "13-17", "18-24"]),
    ),
    preferences=preferences,
    reachable=st.booleans(),
    presence=presences,
    pushes=st.lists(pushes, max_size=8).map(tuple),
)
configs = st.builds(
    replace,
    st.sampled_from([shipped_config("default"), shipped_config("open")]),
    repeat_after_days=maybe(st.floats(0.1, 10)),
    service_passes=st.sampled_from([(), tuple(code for code, one in CONSTRAINTS.items() if one.passable)]),
    caps=st.lists(rules, max_size=4).map(tuple),
    min_gap_minutes=maybe(st.sampled_from([1.0, 60.0, 1440.0])),
    ramp_up=maybe(ramps),
    minors=maybe(st.sampled_from([Minors("21:00", "08:00"), Minors("11:00", "13:30")])),
)
TREE = CategoryTree(shipped_categories())
asks = st.builds(
    Ask,
    records,
    moments,
    st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"]),
    configs,
    st.just(TREE),
    st.booleans(),
    st.sampled_from(["push", "email"]),
    frequency=maybe(st.builds(Frequency, *[maybe(st.integers(0, 4))] * 2, *[st.just(0.0)] * 4)),
)
rows_of = st.lists(st.builds(Eligible, messages, moments), max_size=8)
EXAMPLES = settings(max_examples=25, deadline=None)


def as_constraint_sees_it(code: str, ask: Ask) -> Ask:
    # Every constraint but this one is asked only where the zone is known.
    return replace(ask, zone=None) if code == "no_timezone" and ask.record.reachable else ask


@CODES
@given(ask=asks, rows=rows_of)
@EXAMPLES
def test_every_candidate_is_kept_or_removed_in_order_under_the_own_code(
    code: str, ask: Ask, rows: list[Eligible]
) -> None:
    kept, out = CONSTRAINTS[code].check(as_constraint_sees_it(code, ask), rows)
    assert {exclusion.code for exclusion in out} <= {ExclusionCode(code)}
    kept_names, out_names = [row.message for row in kept], [exclusion.message_id for exclusion in out]
    merged = []
    for row in rows:
        if kept_names and kept_names[0] is row.message:
            merged.append(kept_names.pop(0).message_id)
        else:
            merged.append(out_names.pop(0))
    assert merged == [row.message.message_id for row in rows]
    assert not kept_names
    assert not out_names


@CODES
@given(ask=asks, rows=rows_of)
@EXAMPLES
def test_nothing_that_was_asked_is_changed_and_asking_twice_says_the_same(
    code: str, ask: Ask, rows: list[Eligible]
) -> None:
    ask = as_constraint_sees_it(code, ask)
    record, before = deepcopy(ask.record), list(rows)
    first = CONSTRAINTS[code].check(ask, rows)
    assert CONSTRAINTS[code].check(ask, rows) == first
    assert (ask.record, rows) == (record, before)


@CODES
@given(ask=asks, rows=rows_of, more=st.lists(pushes, max_size=4))
@EXAMPLES
def test_more_pushes_never_allow_more(code: str, ask: Ask, rows: list[Eligible], more: list[Push]) -> None:
    ask = as_constraint_sees_it(code, ask)
    fuller = replace(ask, record=replace(ask.record, pushes=(*ask.record.pushes, *more)))
    allowed = {id(row.message) for row in CONSTRAINTS[code].check(ask, rows)[0]}
    assert {id(row.message) for row in CONSTRAINTS[code].check(fuller, rows)[0]} <= allowed


@CODES
@given(ask=asks, rows=rows_of, data=st.data())
@EXAMPLES
def test_the_order_of_candidates_does_not_decide_who_is_removed(
    code: str, ask: Ask, rows: list[Eligible], data: st.DataObject
) -> None:
    ask = as_constraint_sees_it(code, ask)
    kept, out = CONSTRAINTS[code].check(ask, rows)
    shuffled_kept, shuffled_out = CONSTRAINTS[code].check(ask, data.draw(st.permutations(rows)))
    assert sorted(map(repr, shuffled_kept)) == sorted(map(repr, kept))
    assert sorted(map(repr, shuffled_out)) == sorted(map(repr, out))


@CODES
@given(ask=asks, rows=rows_of)
@EXAMPLES
def test_an_end_lies_ahead(code: str, ask: Ask, rows: list[Eligible]) -> None:
    now = [row._replace(send_at=ask.as_of) for row in rows]
    for exclusion in CONSTRAINTS[code].check(as_constraint_sees_it(code, ask), now)[1]:
        assert exclusion.until is None or exclusion.until > ask.as_of


@pytest.mark.parametrize("code", [code for code, one in CONSTRAINTS.items() if isinstance(one, Capping)])
@given(ask=asks, rows=rows_of)
@EXAMPLES
def test_a_cap_that_service_messages_pass_is_never_what_the_user_set(code: str, ask: Ask, rows: list[Eligible]) -> None:
    passing = replace(ask, config=replace(ask.config, service_passes=(code,)))
    strict = replace(ask, config=replace(ask.config, service_passes=()))
    kept, without = CONSTRAINTS[code].check(passing, rows)[0], CONSTRAINTS[code].check(strict, rows)[0]
    assert all(row in kept for row in without)
    assert all(ask.is_service(row.message) for row in kept if row not in without)
    caps = effective_caps(ask.record.preferences, ask.config, ask.frequency)
    own = {"cap_day": caps.day.decided_by, "cap_week": caps.week.decided_by}
    if own.get(code) in ("user", "ceiling") and not ask.config.caps:
        assert kept == without


@CODES
def test_no_candidates_are_no_failure(code: str) -> None:
    ask = Ask(UserRecord("u"), NOON, "UTC", shipped_config("default"), TREE)
    kept, out = CONSTRAINTS[code].check(ask, [])
    assert (list(kept), list(out)) == ([], [])


@CODES
def test_a_constraint_stands_under_its_own_code_and_after_codes_that_exist(code: str) -> None:
    constraint = CONSTRAINTS[code]
    assert constraint.code == code
    assert constraint.code not in constraint.after
    assert all(earlier in CONSTRAINTS for earlier in constraint.after)


def test_every_exclusion_code_has_its_constraint() -> None:
    assert set(CONSTRAINTS) == {code.value for code in ExclusionCode}
