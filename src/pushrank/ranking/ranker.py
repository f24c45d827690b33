"""The whole path of a request, on one screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pushrank.domain.codes import Mode
from pushrank.domain.decision import Decision, RankingRequest
from pushrank.domain.record import Change, DecisionRow, FeatureRow, Reading, UserRecord
from pushrank.policy import Circumstances, Policy, exclude, zone_of
from pushrank.ranking.catalogue import Catalogue
from pushrank.ranking.deciding import Question, decide
from pushrank.ranking.decision_json import row
from pushrank.ranking.seen import seen
from pushrank.ranking.served import Served
from pushrank.ranking.standing import standing_of
from pushrank.ranking.weighing import Weighing
from pushrank.store.errors import ConflictError
from pushrank.store.protocol import Store


@dataclass(slots=True)
class Ranker:
    """Answers requests. `served` may be exchanged at any time; a request keeps the one it began with.

    `pseudonym` turns a raw user id into the key under which the store knows the user. Of `features_share` of the
    decisions it is kept what the scorer read. May be shared by threads.
    """

    store: Store
    catalogue: Catalogue
    policy: Policy
    pseudonym: Callable[[str], str]
    served: Served
    features_share: float = 0.0

    def _keep(self, told: DecisionRow, saw: FeatureRow | None, record: UserRecord) -> None:
        """Store what a look considered; nothing of a user who was erased, be it in this moment."""
        if record.erased:
            return
        try:
            self.store.append_decision(told, saw)
        except ConflictError:
            if not self.store.user(record.user_key, told.decided_at).erased:
                raise

    def rank(self, request: RankingRequest, decision_id: str) -> Decision:
        """Answer a request and store the decision, with its holds in the same transaction; a look holds nothing.

        The decision names the user as the request does, the stored one by pseudonym; of an erased user none is stored.
        Raises ValueError where the request names a message twice, StoreError where the store does not answer: then
        nothing may be sent.
        """
        served, user_key, since = self.served, self.pseudonym(request.user_id), request.as_of - self.policy.look_back
        considered = self.catalogue.consider(request, self.policy.config.consider)
        content_keys = considered.content_keys()
        record = self.store.user(user_key, since, content_keys)
        zone, now_only = zone_of(record, self.policy.config), request.mode is Mode.CONFIRM
        standing = standing_of(served, self.policy, record, request.as_of)
        around = Circumstances(
            now_only=now_only,
            channel=request.channel,
            twins=considered.twins,
            personal=not served.degraded,
            frequency=standing.frequency,
            bonus=standing.bonus,
        )
        kept, out = exclude(self.policy, record, considered.candidates, request.as_of, zone, **around)
        ask = self.policy.ask(record, request.as_of, zone, **around)
        weighed = Weighing(self.catalogue, self.policy, served, standing, ask).weigh(kept, request.slots)
        rest = considered.not_considered
        question = Question(decision_id, request, served, record, kept, out, weighed, rest, around)
        saw = seen(question, user_key, self.features_share)

        def hold(reading: Reading) -> Change[Decision]:
            decision, pushes, slots = decide(self.policy, question, reading.record)
            if reading.record.erased:
                return Change(decision)
            return Change(decision, pushes=pushes, slots=slots, decision=row(decision, user_key), features=saw)

        if request.mode is not Mode.LOOK:
            return self.store.transact(user_key, hold, since, content_keys)
        decision, *_ = decide(self.policy, question, record)
        self._keep(row(decision, user_key), saw, record)
        return decision
