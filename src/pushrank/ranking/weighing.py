"""What each candidate is worth to one user: at the first moment at which it may go, the best also at later ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pushrank.domain.instants import Instant, utc_offset
from pushrank.features.columns import from_moments, from_request
from pushrank.features.definitions import Column
from pushrank.features.facts import MessageFacts, user_row
from pushrank.features.state import Floats, Ints
from pushrank.policy import Ask, Policy, Rows, Scores, later, net_value
from pushrank.ranking.catalogue import Catalogue
from pushrank.ranking.explanations import Grounds
from pushrank.ranking.served import Served
from pushrank.ranking.standing import Standing


class Weighed(NamedTuple):
    """Rows for further moments of the best candidates; all else has a row for each candidate, then these.

    `matrix` is what the scorer read, float64[rows, features of the view].
    """

    later: Rows
    scores: Scores
    grounds: Grounds | None
    matrix: Floats


class _Table(NamedTuple):
    """The raw columns of some rows, what the scorer read, and their two probabilities."""

    columns: Mapping[str, Column]
    matrix: Floats
    p_click: Floats
    p_opt_out: Floats


@dataclass(frozen=True, slots=True)
class Weighing:
    """Scores for one user who is asked about. Who may not be known is scored by the item-only scorer, as of now.

    For everybody else features are as of the moment at which a row would go; how messages did with everyone is as known
    now. The moment at which a row may go depends on the user's clock, so it says nothing about who may not be known.
    """

    catalogue: Catalogue
    policy: Policy
    served: Served
    standing: Standing
    ask: Ask

    def weigh(self, kept: Rows, slots: int) -> Weighed:
        """Score candidates, and where the policy has `hours` the best of them for `slots` places at every hour too."""
        value = self.standing.cohort.value
        if not kept:
            return Weighed(
                (), Scores(np.empty(0), np.empty(0), value), None, np.empty((0, len(self.served.view.names)))
            )
        facts = self.catalogue.facts(self.served.view, [row.message for row in kept])
        figures = self.catalogue.figures(facts, self.ask.as_of)
        first = self._first(kept, facts, figures)
        scores, state = Scores(first.p_click, first.p_opt_out, value), self.standing.state
        grounds = Grounds(first.columns, state if self.standing.personal else None)
        best = self._best(kept, scores, slots)
        further = later(self.policy.constraints, self.ask, [kept[place] for place in best])
        if not further:
            return Weighed((), scores, grounds, first.matrix)
        place_of = {kept[place].message.message_id: place for place in best}
        places = np.array([place_of[row.message.message_id] for row in further], dtype=np.int64)
        then = self._at(self._moments(further), facts.take(places), figures[places])
        matrix, p_click, p_opt_out = (np.concatenate(pair) for pair in zip(first[1:], then[1:], strict=True))
        grounds = grounds.and_later(len(kept), then.columns)
        return Weighed(further, Scores(p_click, p_opt_out, value), grounds, matrix)

    def _first(self, kept: Rows, facts: MessageFacts, figures: Floats) -> _Table:
        """Score candidates at the first moments at which they may go; one for all is the usual case."""
        moments = self._moments(kept)
        (at, *others) = set(moments.tolist())
        if others:
            return self._at(moments, facts, figures)
        view, state = self.served.view, self.standing.state
        return self._scored(from_request(view, state, self._user, at, self._offset(at), facts, figures))

    def _at(self, moments: Ints, facts: MessageFacts, figures: Floats) -> _Table:
        offsets = {at: self._offset(at) for at in set(moments.tolist())}
        offset = np.array([offsets[at] for at in moments.tolist()], dtype=np.int64)
        view, state = self.served.view, self.standing.state
        return self._scored(from_moments(view, state, self._user, moments, offset, facts, figures))

    def _moments(self, rows: Rows) -> Ints:
        """As of when rows are scored."""
        if self.standing.personal and self.ask.config.hours is not None:
            return np.array([row.send_at for row in rows], dtype=np.int64)
        return np.full(len(rows), self.ask.as_of)

    def _scored(self, columns: Mapping[str, Column]) -> _Table:
        scorer = self.served.scorer if self.standing.personal else self.served.item_only
        matrix = self.served.view.matrix(columns)
        found = scorer.score(matrix)
        return _Table(columns, matrix, found.p_click, found.p_opt_out)

    def _offset(self, at: Instant) -> int:
        zone = self.ask.zone if self.standing.personal else None
        return utc_offset(zone or self.served.view.default_timezone, at)

    @property
    def _user(self) -> Mapping[str, float]:
        return user_row(self.standing.facts, self.served.view.attributes)

    def _best(self, kept: Rows, scores: Scores, slots: int) -> list[int]:
        """Places of the candidates whose hours are weighed: `shortlist` for each slot, best first."""
        hours = self.ask.config.hours
        if hours is None or self.ask.now_only:
            return []
        value = self.policy.config.permission_value or scores.permission_value
        worth = np.array([row.message.worth for row in kept])
        net = np.nan_to_num(net_value(worth, scores._replace(permission_value=value)), nan=-np.inf).tolist()
        order = sorted(range(len(kept)), key=lambda place: (-net[place], kept[place].message.message_id))
        return order[: slots * hours.shortlist]
