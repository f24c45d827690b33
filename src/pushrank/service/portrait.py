"""What the preference centre is filled with: the rules of the house, and all that is known of who looks at it."""

from __future__ import annotations

from pushrank.policy import effective_caps, zone_of
from pushrank.ranking.standing import standing_of
from pushrank.service import telling
from pushrank.service.deployment import Deployment
from pushrank.service.handlers.profile import known_of, told
from pushrank.service.pages.centre import House, Person
from pushrank.service.pages.decisions import MOST_DECISIONS, decided
from pushrank.service.pages.history import Teller
from pushrank.service.pages.known import fact_rows, interest_rows
from pushrank.service.visiting import Visit


def house_of(deployment: Deployment) -> House:
    """Bring together what is the same for everybody."""
    return House(deployment.policy.config, deployment.categories, deployment.purposes)


def teller_of(deployment: Deployment, seen: Visit) -> Teller:
    """Tell a person what they said, by their own clock."""
    zone = zone_of(seen.record, deployment.policy.config) or "UTC"
    return Teller(deployment.categories, deployment.purposes, seen.frame.language, zone, seen.now)


def person_of(deployment: Deployment, seen: Visit) -> Person:
    """Bring together what is known of a person."""
    policy, language, teller = deployment.policy, seen.frame.language, teller_of(deployment, seen)
    suits = standing_of(deployment.ranker.served, policy, seen.record, seen.now).frequency
    decisions, _ = telling.latest(deployment, seen.record, language, MOST_DECISIONS)
    known = known_of(deployment, seen.user_key)
    words = told(deployment, known, language)
    usage = "" if words["usage"] is None else words["usage"]["text"]
    return Person(
        record=seen.record,
        caps=effective_caps(seen.record.preferences, policy.config, suits),
        words=deployment.store.words(seen.user_key),
        now=seen.now,
        told=decided(decisions, language),
        interests=interest_rows(known, words["interests"], teller),
        facts=fact_rows(known, usage, teller),
        until=seen.until,
    )
