"""Old rows go."""

from __future__ import annotations

from pushrank.domain.instants import Instant
from pushrank.domain.record import Push
from pushrank.store.memory.content import Content
from pushrank.store.memory.totals import Catalogue

What = tuple[str, Instant, int]
"""A table, a moment before which rows are old, and how many may go."""


def expire(content: Content, catalogue: Catalogue, what: What) -> int:
    """Delete the oldest rows of a table; return how many."""
    table, before, most = what
    if table == "pushes":
        return _pushes(content, catalogue, before, most)
    ages = (
        [(row.decided_at, name) for name, row in content.decisions.items()]
        if table == "decisions"
        else [(row.at, name) for name, row in content.features.items()]
    )
    gone = [name for at, name in sorted(ages)[:most] if at < before]
    if table == "decisions":
        content.drop_decisions(gone)
    for name in gone:
        content.features.pop(name, None)
    return len(gone)


def _pushes(content: Content, catalogue: Catalogue, before: Instant, most: int) -> int:
    def old(push: Push) -> bool:
        message = catalogue.live.get(push.message_id)
        ended = message is None or (message.expires_at is not None and message.expires_at < before)
        return push.at < before and ended

    found = (push for person in content.people.values() for push in person.pushes.values() if old(push))
    gone = sorted((push.at, push.push_id) for push in found)[:most]
    for _, push_id in gone:
        content.drop_push(push_id)
    return len(gone)
