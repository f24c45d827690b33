"""The messages, and how each has done with everybody so far."""

from __future__ import annotations

from collections.abc import Sequence

from pushrank.domain.message import Message
from pushrank.domain.record import CountDelta


class Catalogue:
    """Messages by id, the deleted ones apart, and a number that grows with every change."""

    def __init__(self) -> None:
        self.version = 0
        self.live: dict[str, Message] = {}
        self.deleted: dict[str, Message] = {}

    def put(self, messages: Sequence[Message]) -> None:
        """Insert or replace messages by id; a deleted one comes back."""
        self.version += 1
        for message in messages:
            self.deleted.pop(message.message_id, None)
            self.live[message.message_id] = message

    def delete(self, message_id: str) -> bool:
        """Take a message out; False if it was not in it."""
        message = self.live.pop(message_id, None)
        if message is None:
            return False
        self.version += 1
        self.deleted[message_id] = message
        return True


class Totals:
    """Counts of messages and hours, those that changed last at the end."""

    def __init__(self) -> None:
        self.version = 0
        self._rows: dict[tuple[str, int], tuple[int, CountDelta]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, deltas: Sequence[CountDelta]) -> None:
        """Add to the totals, all under one new version."""
        self.version += 1
        for delta in deltas:
            place = delta.message_id, delta.bucket
            _, known = self._rows.pop(place, (0, None))
            self._rows[place] = self.version, delta if known is None else _sum(known, delta)

    def since(self, version: int) -> list[CountDelta]:
        """Give the totals that changed after a version, by version, message and hour."""
        found: list[tuple[int, str, int, CountDelta]] = []
        for (message_id, bucket), (changed, total) in reversed(self._rows.items()):
            if changed <= version:
                break
            found.append((changed, message_id, bucket, total))
        return [total for *_, total in sorted(found, key=lambda row: row[:3])]

    def all(self) -> list[CountDelta]:
        """Give all totals by message and hour."""
        return [total for _, (_, total) in sorted(self._rows.items())]


def _sum(known: CountDelta, delta: CountDelta) -> CountDelta:
    return CountDelta(
        known.message_id,
        known.bucket,
        known.sends + delta.sends,
        known.clicks + delta.clicks,
        known.opt_outs + delta.opt_outs,
        known.dismissals + delta.dismissals,
    )
