"""The rows that compete for the places of a slate, best first, as they stand after those already chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf

import numpy as np

from pushrank.domain.decision import Exclusion, Scored
from pushrank.domain.instants import Instant
from pushrank.policy.ask import Ask, Constraint, Eligible, Rows
from pushrank.policy.exploration import Chance
from pushrank.policy.policy import Policy, hold_of
from pushrank.policy.value import Scores, net_value
from pushrank.policy.variety import factors

_NEXT_ASKED = 16  # rows that are looked at together cost little more than one


class Field:
    """Rows and what they are worth for the next place. Several rows of one content are one message at several moments.

    `net` has the net value of each row, `waiting` the places of rows that may still be chosen from best to worst, `out`
    what the messages chosen so far rule out, and `bonus` what is in every net value for keeping in touch.
    """

    def __init__(self, policy: Policy, ask: Ask, rows: Rows, scores: Scores) -> None:
        _refuse_other_lengths(rows, scores)
        self.rows = rows
        self.out: dict[int, Exclusion] = {}
        self.bonus = ask.bonus
        self._policy, self._ask = policy, ask
        self._scores = scores._replace(permission_value=policy.config.permission_value or scores.permission_value)
        self._figures = scores.p_click.tolist(), scores.p_opt_out.tolist()
        self._worth = np.array([row.message.worth for row in rows])
        self._messages = [row.message.content_key for row in rows]
        self._taken: set[str] = set()
        self._crowd = _Crowd((), ask, rows)
        self._left = factors(ask, rows)
        self.waiting: list[int] = []
        self.net: list[float] = []
        self._rank(list(range(len(rows))))

    def options(self, chance: Chance) -> list[int]:
        """Messages among which the next place is given, each by its best allowed row, best first."""
        found: dict[str, int] = {}
        worths: list[float] = []
        for place in self.waiting:
            name = self._messages[place]
            if place in self.out or name in found:
                continue
            if not chance.admits(self.net[place], worths):
                break
            removed = self._crowd.removes(place, self.waiting)
            if removed is None:
                found[name] = place
                worths.append(self.net[place])
            else:
                self.out[place] = removed
        return list(found.values())

    def take(self, place: int, *, last: bool) -> None:
        """Give the place to a row: its message is gone, and unless it was the `last` the others are asked anew."""
        self._taken.add(self._messages[place])
        self.waiting = [one for one in self.waiting if self._messages[one] not in self._taken and one not in self.out]
        if last:
            return
        self._ask = _with_hold(self._ask, self.rows[place])
        self._crowd = _Crowd(self._policy.constraints, self._ask, self.rows)
        before, self._left = self._left, factors(self._ask, self.rows)
        anew = before is not None or self._left is not None or self.bonus != 0.0
        self.bonus = 0.0
        if anew:
            self._rank(self.waiting)

    def scored(self, place: int) -> Scored:
        """Give a row with its figures as they are now."""
        p_click, p_opt_out = self._figures
        return Scored(self.rows[place].message.message_id, p_click[place], p_opt_out[place], self.net[place])

    def passed_over(self) -> tuple[Scored, ...]:
        """Messages that may still be chosen, each by its best row."""
        best: dict[str, int] = {}
        for place in self.waiting:
            if place not in self.out:
                best.setdefault(self._messages[place], place)
        return tuple([self.scored(place) for place in best.values()])

    def excluded(self) -> tuple[Exclusion, ...]:
        """Messages of which no row may be chosen any more, each for the reason that met the best of them."""
        if not self.out:
            return ()
        left = {self._messages[place] for place in self.waiting if place not in self.out} | self._taken
        first: dict[str, Exclusion] = {}
        for place, removed in self.out.items():
            first.setdefault(self._messages[place], removed)
        return tuple([removed for name, removed in first.items() if name not in left])

    def above(self, floor: float) -> list[str]:
        """Ids of messages that may still be chosen and have a row worth more than `floor`."""
        open_ones = [place for place in self.waiting if place not in self.out]
        names = [self.rows[place].message.message_id for place in open_ones if floor < self.net[place] < inf]
        return list(dict.fromkeys(names))

    def _rank(self, places: Sequence[int]) -> None:
        """Work out net values, and put `places` in order: net value, message id, event, the earlier moment."""
        found = net_value(self._worth, self._scores, self._left, self.bonus)
        self.net = found.tolist()
        cost = np.where(np.isfinite(found), -found, inf)[places]
        order = np.argsort(cost, kind="stable")
        ranked = cost[order]
        if (ranked[1:] != ranked[:-1]).all():
            self.waiting = [places[one] for one in order.tolist()]
        else:
            keys = dict(zip(places, cost.tolist(), strict=True))
            self.waiting = sorted(places, key=lambda place: (keys[place], *_name(self.rows[place]), place))


def _name(row: Eligible) -> tuple[str, str, Instant]:
    return row.message.message_id, row.message.event_key or "", row.send_at


def _refuse_other_lengths(rows: Rows, scores: Scores) -> None:
    given = len(scores.p_click), len(scores.p_opt_out)
    if given != (len(rows), len(rows)):
        msg = f"scores: expected one of each head for each of {len(rows)} rows, got {given[0]} and {given[1]}"
        raise ValueError(msg)


class _Crowd:
    """What the messages chosen so far rule out, by place.

    Once they rule out one, the rows that come next are asked about too, at each further question twice as many.
    """

    def __init__(self, constraints: Sequence[Constraint], ask: Ask, rows: Rows) -> None:
        self._constraints = [constraint for constraint in constraints if constraint.crowding]
        self._ask = ask
        self._rows = rows
        self._known: dict[int, Exclusion | None] = {}
        self._at_once = 1

    def removes(self, place: int, waiting: Sequence[int]) -> Exclusion | None:
        """Why the row of `place` may not join; those of `waiting` behind it may be asked about too."""
        if not self._constraints:
            return None
        if place not in self._known:
            first = waiting.index(place)
            asked = [one for one in waiting[first : first + self._at_once] if one not in self._known]
            removed = self._removed(asked)
            self._known.update((one, removed.get(one)) for one in asked)
            if removed:
                self._at_once = max(2 * self._at_once, _NEXT_ASKED)
        return self._known[place]

    def _removed(self, places: list[int]) -> dict[int, Exclusion]:
        removed: dict[int, Exclusion] = {}
        for constraint in self._constraints:
            kept, out = constraint.check(self._ask, [self._rows[place] for place in places])
            if out:
                left = {id(row) for row in kept}
                gone = [place for place in places if id(self._rows[place]) not in left]
                removed.update(zip(gone, out, strict=True))
                places = [place for place in places if place not in removed]
        return removed


def _with_hold(ask: Ask, row: Eligible) -> Ask:
    """Ask with one more hold. A row stands for its own moment, so within a slate nothing is put off to another one."""
    hold = hold_of(ask.config, row, "", "", ask.channel)
    return replace(ask, record=replace(ask.record, pushes=(*ask.record.pushes, hold)), now_only=True)
