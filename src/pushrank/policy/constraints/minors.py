"""What protects a minor, whatever anybody chose."""

from __future__ import annotations

from typing import ClassVar

from pushrank.domain.codes import ExclusionCode, Purpose
from pushrank.domain.instants import Instant
from pushrank.policy.ask import Ask, Checked, Rows
from pushrank.policy.constraints.hours import Hushing, nights, passes_quiet_hours, quiet_among, quiet_ends


class MinorProtected(Hushing):
    """Removes marketing for a minor, and keeps the night quiet: what can wait moves to its end.

    The night binds beside quiet hours, whosever they are, and service messages pass it never.
    """

    code = ExclusionCode.MINOR_PROTECTED
    after: ClassVar[tuple[ExclusionCode, ...]] = (ExclusionCode.UNKNOWN_MESSAGE, ExclusionCode.NO_TIMEZONE)

    permission = True

    def still(self, ask: Ask, rows: Rows) -> Checked:
        """Ask about marketing alone: a night that came after the confirm takes nothing back."""
        return self.without(rows, self._marketing(ask, rows))

    def _marketing(self, ask: Ask, rows: Rows) -> dict[int, Instant | None]:
        if ask.config.minors is None or not ask.record.facts.is_minor:
            return {}
        purpose_of = ask.tree.purpose_of
        return {id(row): None for row in rows if purpose_of(row.message) is Purpose.MARKETING}

    def check(self, ask: Ask, rows: Rows) -> Checked:
        """Look only where the policy protects minors and the user is one."""
        if ask.config.minors is None or not ask.record.facts.is_minor:
            return rows, ()
        marketing = self._marketing(ask, rows)
        return self.hushed(ask, rows, _late(ask, [row for row in rows if id(row) not in marketing]), marketing)


def _late(ask: Ask, rows: Rows) -> dict[int, Instant | None]:
    """When the night ends for rows that fall into it, and the quiet hours that follow it where they are not passed."""
    night = quiet_among(nights(ask), ask, {row.send_at for row in rows})
    if not night:
        return {}
    whole, passing = quiet_ends(ask, set(night)), passes_quiet_hours(ask)
    return {
        id(row): (night if passing and ask.is_service(row.message) else whole)[row.send_at]
        for row in rows
        if row.send_at in night
    }
