"""An arm under the real ranker: asked, confirmed and told as a backend would, in strict order of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush

import numpy as np

from pushrank.domain.codes import EventType
from pushrank.domain.decision import Chosen, RankingRequest
from pushrank.domain.event import Event
from pushrank.domain.instants import HOUR, Instant
from pushrank.domain.message import Candidate
from pushrank.features.events import EVERYTHING
from pushrank.ranking.holds import Holds
from pushrank.ranking.identifiers import new_decision_id
from pushrank.ranking.intake import record_events
from pushrank.ranking.ranker import Ranker
from pushrank.town.activity import KINDS
from pushrank.town.loop.asks import Ask, Setting, asks_of
from pushrank.town.loop.outcome import Result
from pushrank.town.loop.past import Past
from pushrank.town.loop.world import Belief, Reaction, World
from pushrank.town.tables import decision_ids
from pushrank.town.weeks import NEVER
from pushrank.town.words import TAGS


class SentAfterLeavingError(RuntimeError):
    """The ranker let a push go to somebody who had left."""


class RefusedEventError(RuntimeError):
    """The store did not take what was reported."""


def live_on_ranked(
    past: Past, ranker: Ranker, setting: Setting | None = None, tick: Callable[[int], None] = lambda _: None
) -> Result:
    """Let a ranker decide after the log; `tick` hears of every finished day.

    Its store holds the log of `past` and nothing after it, under the town's user ids and the ranker's pseudonyms; here
    it gets what is published and what happens later. Raises SentAfterLeavingError, and RefusedEventError.
    """
    arm, plan = _Arm(past, ranker, setting or Setting()), past.town.plan
    arm.begin()
    for step, asks in enumerate(asks_of(past, arm.setting)):
        arm.live_hour(plan.log_end + step * HOUR, asks)
        if step % 24 == 23:  # noqa: PLR2004
            tick(step // 24 + 1)
    return arm.result()


class _Arm:
    """The hours of one arm.

    What happens to a person is reported before anything is asked or confirmed for that person, and at the latest by
    the end of the hour. Nobody can tell that from reporting at once: figures across users end with the last full hour.
    """

    def __init__(self, past: Past, ranker: Ranker, setting: Setting) -> None:
        self.setting = setting
        self._past, self._ranker = past, ranker
        self._holds = Holds(ranker.store, ranker.catalogue, ranker.policy)
        self._world = World.after(past)
        self._names = past.town.plan.chance("decisions")
        self._timeline: list[tuple[Instant, int, Callable[[Instant], None]]] = []
        self._planned = self._visited = self._asked = 0
        self._untold: dict[int, list[Event]] = {}
        self._silences, self._stops = Counter[str](), Counter[str]()
        self._place_of = {message.message_id: place for place, message in enumerate(past.town.catalogue.messages)}

    def begin(self) -> None:
        """Bring in what will be published, and the reactions to the log's last pushes that are still to come."""
        town = self._past.town
        end, messages = town.plan.log_end, town.catalogue.messages
        fresh = np.flatnonzero(town.catalogue.published >= end)
        self._ranker.store.put_messages([messages[place] for place in fresh], end)
        user, message, _ = self._past.pushed
        ids, became = decision_ids(np.flatnonzero(self._past.weeks.sent)), self._past.weeks.reactions
        moments = np.stack([became.clicked_at, became.dismissed_at, became.opted_out_at], axis=1)
        for place in np.flatnonzero((moments >= end).any(axis=1)).tolist():
            open_ones = (int(at) if at >= end else NEVER for at in moments[place])
            self._expect(int(user[place]), messages[message[place]].message_id, ids[place], Reaction(*open_ones))

    def live_hour(self, hour: Instant, asks: list[Ask]) -> None:
        """Everything that happens from `hour` on until the next one."""
        self._visit(hour + HOUR)
        for ask in asks:
            self._plan(ask.at, partial(self._ask, ask, new_decision_id(ask.at, self._names)))
        while self._timeline and self._timeline[0][0] < hour + HOUR:
            at, _, action = heappop(self._timeline)
            action(at)
        self._tell(*self._untold)

    def result(self) -> Result:
        """What this arm has come to."""
        return self._world.result(self.setting, self._asked, self._silences, self._stops)

    def _plan(self, at: Instant, action: Callable[[Instant], None]) -> None:
        # The number keeps what falls on one moment in the order in which it was planned.
        self._planned += 1
        heappush(self._timeline, (at, self._planned, action))

    def _visit(self, until: Instant) -> None:
        visits = self._past.visits
        first, self._visited = self._visited, int(np.searchsorted(visits.moment, until))
        for place in range(first, self._visited):
            user = int(visits.user[place])
            if self._past.followed[user]:
                tags = tuple(TAGS[tag] for tag in visits.tags[place] if tag >= 0)
                at, kind = int(visits.moment[place]), KINDS[visits.kind[place]]
                event = Event(f"visit-{place}", EventType.ACTIVITY, self._id(user), at, kind=kind, tags=tags)
                self._plan(at, partial(self._note, user, event))

    def _ask(self, ask: Ask, decision_id: str, at: Instant) -> None:
        self._tell(ask.user)
        messages = self._past.town.catalogue.messages
        candidates = tuple(Candidate(messages[place].message_id) for place in ask.candidates)
        request = RankingRequest(self._id(ask.user), at, candidates, slots=self.setting.slots)
        decision = self._ranker.rank(request, decision_id)
        self._asked += 1
        if not decision.slate:
            self._silences[str(decision.silence)] += 1
        for chosen in decision.slate:
            self._plan(max(chosen.send_at, at), partial(self._confirm, ask, decision_id, chosen))

    def _confirm(self, ask: Ask, decision_id: str, chosen: Chosen, at: Instant) -> None:
        self._tell(ask.user)
        name = chosen.scored.message_id
        answer = self._holds.confirm(decision_id, [name], at)
        self._stops.update(str(stop.code) for stop in answer.stop)
        if name in answer.send:
            self._send(ask, decision_id, chosen, at)

    def _send(self, ask: Ask, decision_id: str, chosen: Chosen, at: Instant) -> None:
        name = chosen.scored.message_id
        if self._world.gone(ask.user, at):
            msg = f"{self._id(ask.user)} left at {self._world.left_at[ask.user]}, yet {name} was let go at {at}"
            raise SentAfterLeavingError(msg)
        belief = Belief(ask.at, chosen.scored.net_value, chosen.propensity)
        self._note(ask.user, self._event(EventType.SENT, ask.user, name, decision_id, at), at)
        self._expect(ask.user, name, decision_id, self._world.push(ask.user, self._place_of[name], at, belief))

    def _expect(self, user: int, message_id: str, decision_id: str, reaction: Reaction) -> None:
        """Report a reaction when it happens; a leaving is told at once."""
        kinds = (EventType.CLICKED, EventType.DISMISSED, EventType.OPTED_OUT)
        for kind, at in zip(kinds, reaction, strict=True):
            if at != NEVER:
                action = self._leave if kind is EventType.OPTED_OUT else self._note
                self._plan(at, partial(action, user, self._event(kind, user, message_id, decision_id, at)))

    def _event(self, kind: EventType, user: int, message_id: str, decision_id: str, at: Instant) -> Event:
        return Event(
            event_id=f"{kind.value}-{decision_id}-{message_id}",
            type=kind,
            user_id=self._id(user),
            at=at,
            message_id=message_id,
            decision_id=decision_id,
            channel="push",
            scope=EVERYTHING if kind is EventType.OPTED_OUT else None,
        )

    def _id(self, user: int) -> str:
        return self._past.town.people.ids[user]

    def _note(self, user: int, event: Event, _: Instant) -> None:
        self._untold.setdefault(user, []).append(event)

    def _leave(self, user: int, event: Event, at: Instant) -> None:
        self._note(user, event, at)
        self._tell(user)

    def _tell(self, *users: int) -> None:
        """Report what was not yet told of these people."""
        events = [event for user in users for event in self._untold.pop(user, ())]
        if events:
            ranker = self._ranker
            answer = record_events(ranker.store, ranker.catalogue, ranker.policy, events, ranker.pseudonym)
            if answer.accepted != len(events):
                msg = f"expected {len(events)} events to be taken, got {answer.accepted}: {answer.rejected[:1]}"
                raise RefusedEventError(msg)
