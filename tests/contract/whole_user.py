"""A user of whom every table holds something, with a word in each field by which it can be found again."""

from __future__ import annotations

from pushrank.domain.codes import EventType, FeedbackReason, HoldState, Kind, Mode, Purpose, StopCode
from pushrank.domain.event import Event
from pushrank.domain.ledger import Entry
from pushrank.domain.record import Change, DecisionRow, FeatureRow, Presence, Push, Slot, StoredEvent, UserRecord
from pushrank.domain.user import Consent, Preferences, UserFacts
from pushrank.store import Answer, Store

ROUTE = "POST /v1/rank"


def canary(place: str, of: str = "") -> str:
    """Give a word that is found nowhere else."""
    return f"canary{of}{place}"


def record(user_key: str, of: str = "") -> UserRecord:
    return UserRecord(
        user_key,
        known=True,
        facts=UserFacts(
            timezone=canary("zone", of), tier=canary("tier", of), attributes={"a": canary("attribute", of)}
        ),
        preferences=Preferences(
            categories={canary("category", of): False},
            consents={Purpose.MARKETING: Consent(granted=True, policy_version=canary("version", of), at=9)},
            tags={canary("blocked", of): False},
        ),
        state=canary("state", of).encode(),
        last_event_at=99,
        presence=Presence((20_000,), {canary("seen", of): 7}, (98,)),
        forgotten={canary("forgotten", of): 5},
    )


def event(user_key: str, number: int, of: str = "") -> StoredEvent:
    told = Event(
        canary(f"event{number}", of),
        EventType.FEEDBACK,
        user_key,
        100 + number,
        canary("message", of),
        canary("decided", of),
        reason=FeedbackReason.OFFENSIVE,
        comment=canary("comment", of) * 40,
        tags=(canary("interest", of),),
    )
    return StoredEvent(told, 28_800, canary("digest", of))


def push(push_id: str, state: HoldState, of: str = "") -> Push:
    return Push(
        push_id,
        canary(push_id, of),
        canary("message", of),
        canary("topic", of),
        Kind.OFFER,
        state,
        200,
        canary("decision", of),
        None,
        canary("channel", of),
        (canary("tag", of),),
        StopCode.HOLD_EXPIRED,
        300,
    )


def fill(store: Store, user_key: str, of: str = "", events: int = 3) -> None:
    """Let every table of a store hold something of a user."""
    decision_id, held, freed = canary("decision", of), canary("held", of), canary("freed", of)
    change = Change(
        None,
        record(user_key, of),
        tuple(event(user_key, number, of) for number in range(events)),
        (push(held, HoldState.HELD, of), push(freed, HoldState.RELEASED, of)),
        decision=DecisionRow(
            decision_id, user_key, 100, Mode.HOLD, f'{{"user_id":"{user_key}","a":"{canary("body", of)}"}}'.encode()
        ),
        slots={held: (Slot(canary("cap", of), 200, 100, 300, 2),)},
        ledger=(Entry(user_key, "push", canary("before", of), canary("after", of), 7, "api"),),
        features=FeatureRow(decision_id, user_key, 100, canary("view", of), canary("figures", of).encode()),
    )
    store.transact(user_key, lambda _: change, 0)
    store.claim(canary("key", of), ROUTE, "abc", canary("subject", of), 5, 0, user_key)
    store.remember(canary("key", of), ROUTE, "abc", Answer(200, canary("answer", of).encode(), 6))
