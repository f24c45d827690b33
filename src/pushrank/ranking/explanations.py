"""Why a message was chosen, by simple rules over the columns and habits that the scorer read, or passed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from sys import maxsize

import numpy as np

from pushrank.domain.codes import PassedCode, ReasonCode, SilenceCode, Urgency
from pushrank.domain.decision import Passed, Reason, Scored
from pushrank.domain.message import Message
from pushrank.features.definitions import Column
from pushrank.features.keys import key
from pushrank.features.state import SLOT_ACTIVITY, SLOT_CLICKS, UserState
from pushrank.policy import Eligible, Policy, Scores, Selection

MOST_REASONS = 2
_LEAST_CLICKS = 2.0  # of one tag, category or hour, before we call it a habit
_LEAST_ACTIVITY = 3.0
_LEAST_SENDS = 20.0
_KNOWN_AFTER = 5.0  # pushes after which a topic can be new to a user
_LIFT = 1.2
_FRESH_HOURS = 6.0
_HOUR_US = 3.6e9


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a decision read: raw columns, and the user's state where it was used (None for item-only scoring).

    Rows from `first_later` on are for further moments of candidates and stand in the columns `later`.
    """

    columns: Mapping[str, Column]
    state: UserState | None
    first_later: int = maxsize
    later: Mapping[str, Column] = field(default_factory=dict)

    def at(self, name: str, row: int) -> float:
        """One raw column of one row."""
        columns, place = (self.columns, row) if row < self.first_later else (self.later, row - self.first_later)
        column = columns[name]
        return float(column[place]) if isinstance(column, np.ndarray) else float(column)

    def and_later(self, first: int, columns: Mapping[str, Column]) -> Grounds:
        """Add the columns of rows from `first` on."""
        return replace(self, first_later=first, later=columns)


def reasons(grounds: Grounds, row: int, message: Message) -> tuple[Reason, ...]:
    """At most two reasons, the most personal first; none where nothing simple can be said."""
    found = [*_personal(grounds, row, message), *_of_message(grounds, row, message)]
    return tuple(found[:MOST_REASONS])


def keeping_in_touch(found: tuple[Reason, ...], rank: int, bonus: float) -> tuple[Reason, ...]:
    """Add to the reasons for the first message that the user had heard nothing for long, where that had its part."""
    if rank > 1 or not bonus:
        return found
    return (*found[: MOST_REASONS - 1], Reason(ReasonCode.KEEP_IN_TOUCH))


def passed_over(policy: Policy, selection: Selection, kept: Sequence[Eligible], scores: Scores) -> tuple[Passed, ...]:
    """Say why each candidate that was allowed was not chosen. `kept` are all that were allowed.

    `explored`: it was worth more than what chance chose. Else `repetitive`: without the penalty of variety its net
    value would have been above that of the message that got the last place, or above the floor where places stayed
    empty. Else `outranked` above the floor, and `below_value`.
    """
    if selection.silence is SilenceCode.NOT_CERTIFIED:
        return tuple([_passed(one, PassedCode.NOT_CERTIFIED) for one in selection.passed_over])
    floor = selection.floor
    bar = floor if selection.silence is not None else max(floor, selection.slate[-1].scored.net_value)
    value, bonus = policy.config.permission_value or scores.permission_value, selection.bonus
    worths = {} if policy.config.variety is None else {row.message.message_id: row.message.worth for row in kept}
    codes = (
        PassedCode.EXPLORED
        if one.message_id in selection.explored
        else PassedCode.REPETITIVE
        if worths and worths[one.message_id] * one.p_click - one.p_opt_out * value + bonus > bar
        else PassedCode.OUTRANKED
        if one.net_value > floor and isfinite(one.net_value)
        else PassedCode.BELOW_VALUE
        for one in selection.passed_over
    )
    return tuple(map(_passed, selection.passed_over, codes))


def _passed(one: Scored, code: PassedCode) -> Passed:
    return Passed(one.message_id, one.p_click, one.p_opt_out, one.net_value, code)


def _personal(grounds: Grounds, row: int, message: Message) -> list[Reason]:
    if grounds.state is None:
        return []
    found = []
    tag = _favourite(grounds.state, message.tags)
    if tag is not None:
        found.append(Reason(ReasonCode.INTEREST, tag))
    elif _likes_category(grounds, row):
        found.append(Reason(ReasonCode.CATEGORY_INTEREST, message.category))
    elif _new_topic(grounds, row):
        found.append(Reason(ReasonCode.NEW_TOPIC, message.category))
    if _good_hour(grounds, row):
        found.append(Reason(ReasonCode.GOOD_HOUR))
    return found


def _of_message(grounds: Grounds, row: int, message: Message) -> list[Reason]:
    found = []
    if message.urgency is Urgency.BREAKING:
        found.append(Reason(ReasonCode.BREAKING))
    if _popular(grounds, row):
        found.append(Reason(ReasonCode.POPULAR))
    age = (grounds.at("as_of", row) - grounds.at("message_published_at", row)) / _HOUR_US
    if 0.0 <= age < _FRESH_HOURS:
        found.append(Reason(ReasonCode.FRESH))
    return found


def _favourite(state: UserState, tags: Sequence[str]) -> str | None:
    """The tag of the message that the user clicked or looked at most, if that is a habit."""
    places = {int(tag): place for place, tag in enumerate(state.tag_key) if tag}
    known = [(tag, state.tag[places[key(tag)]]) for tag in tags if key(tag) in places]
    liked = [
        (float(slots[SLOT_CLICKS]), float(slots[SLOT_ACTIVITY]), tag)
        for tag, slots in known
        if slots[SLOT_CLICKS] >= _LEAST_CLICKS or slots[SLOT_ACTIVITY] >= _LEAST_ACTIVITY
    ]
    return max(liked)[-1] if liked else None


def _likes_category(grounds: Grounds, row: int) -> bool:
    clicks, sends = grounds.at("pair_category_total_clicks", row), grounds.at("pair_category_total_sends", row)
    return clicks >= _LEAST_CLICKS and clicks / max(sends, 1.0) >= _LIFT * _own_rate(grounds, row)


def _good_hour(grounds: Grounds, row: int) -> bool:
    clicks, sends = grounds.at("hour_clicks", row), grounds.at("hour_sends", row)
    return clicks >= _LEAST_CLICKS and clicks / max(sends, 1.0) >= _LIFT * _own_rate(grounds, row)


def _own_rate(grounds: Grounds, row: int) -> float:
    return grounds.at("user_total_clicks", row) / max(grounds.at("user_total_sends", row), 1.0)


def _new_topic(grounds: Grounds, row: int) -> bool:
    known = grounds.at("user_total_sends", row) >= _KNOWN_AFTER
    return known and grounds.at("pair_category_total_sends", row) == 0.0


def _popular(grounds: Grounds, row: int) -> bool:
    clicks, sends = grounds.at("message_clicks", row), grounds.at("message_sends", row)
    everyone = grounds.at("everyone_clicks", row) / max(grounds.at("everyone_sends", row), 1.0)
    return sends >= _LEAST_SENDS and clicks / sends >= _LIFT * everyone
