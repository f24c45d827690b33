"""The life of a message: in the catalogue, published, not yet expired."""

from __future__ import annotations

from typing import ClassVar

from pushrank.domain.codes import ExclusionCode
from pushrank.policy.ask import Ask, Checked, Constraint, Rows, Unlisted


class UnknownMessage(Constraint):
    """Removes ids that the catalogue doesn't hold."""

    code = ExclusionCode.UNKNOWN_MESSAGE
    after: ClassVar[tuple[ExclusionCode, ...]] = ()

    def check(self, ask: Ask, rows: Rows) -> Checked:
        """Keep what the catalogue holds."""
        del ask
        return self.without(rows, {id(row): None for row in rows if type(row.message) is Unlisted})


class NotLive(Constraint):
    """Removes messages until the moment at which they are published."""

    code = ExclusionCode.NOT_LIVE

    def check(self, ask: Ask, rows: Rows) -> Checked:
        """Keep what was published at `as_of` or before, or has no such moment."""
        as_of = ask.as_of
        return self.without(
            rows, {id(row): at for row in rows if (at := row.message.published_at) is not None and at > as_of}
        )


class Expired(Constraint):
    """Removes messages from the moment at which they expire."""

    code = ExclusionCode.EXPIRED

    def check(self, ask: Ask, rows: Rows) -> Checked:
        """Keep what expires after `as_of`, or never."""
        as_of = ask.as_of
        return self.without(
            rows, {id(row): None for row in rows if (at := row.message.expires_at) is not None and at <= as_of}
        )
