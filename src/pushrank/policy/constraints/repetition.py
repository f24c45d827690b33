"""No content twice: what was sent, and what another decision holds."""

from __future__ import annotations

from collections.abc import Mapping

from pushrank.domain.codes import ExclusionCode, HoldState
from pushrank.domain.instants import DAY, Instant
from pushrank.policy.ask import Ask, Checked, Constraint, Rows


class AlreadySent(Constraint):
    """Removes content that the user was sent, for `repeat_after_days` where the policy has that, else for good."""

    code = ExclusionCode.ALREADY_SENT
    crowding = True

    def check(self, ask: Ask, rows: Rows) -> Checked:
        """Compare content keys with those of confirmed pushes."""
        days = ask.config.repeat_after_days
        rest = None if days is None else int(days * DAY)
        sent: dict[str, Instant | None] = {}
        for push in ask.record.pushes:
            if push.state is HoldState.CONFIRMED and (rest is None or ask.as_of < push.at + rest):
                sent[push.content_key] = None if rest is None else max(push.at + rest, sent.get(push.content_key) or 0)
        return self.without(rows, _same_content(rows, sent))


class Held(Constraint):
    """Removes content that a hold reserves, until that hold ends."""

    code = ExclusionCode.HELD
    crowding = True

    def check(self, ask: Ask, rows: Rows) -> Checked:
        """Compare content keys with those of holds that still count."""
        held = {
            push.content_key: push.expires_at
            for push in ask.record.pushes
            if push.state is HoldState.HELD and push.counts(ask.as_of)
        }
        return self.without(rows, _same_content(rows, held))


def _same_content(rows: Rows, ends: Mapping[str, Instant | None]) -> dict[int, Instant | None]:
    if not ends:
        return {}
    return {id(row): ends[key] for row in rows if (key := row.message.content_key) in ends}
