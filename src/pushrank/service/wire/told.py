"""A user's decisions in words."""

from __future__ import annotations

from pushrank.domain.codes import OutcomeCode, ReasonCode, RemedyCode, SilenceCode
from pushrank.service.wire.preferences import PreferencesBody
from pushrank.service.wire.values import Answer


class RemedyAnswer(Answer, frozen=True):
    """What the user may change in one step: send `patch` as it stands to `PATCH /v1/users/{id}/preferences`."""

    code: RemedyCode
    text: str
    patch: PreferencesBody


class ToldReasonAnswer(Answer, frozen=True):
    """Why a message was chosen; `tag` is the interest or category that this speaks of."""

    code: ReasonCode
    text: str
    tag: str | None


class OutcomeAnswer(Answer, frozen=True):
    """What became of a message that was chosen."""

    code: OutcomeCode
    text: str


class ToldSilenceAnswer(Answer, frozen=True):
    """Why places stayed empty."""

    code: SilenceCode
    text: str


class ToldPushAnswer(Answer, frozen=True):
    """A message that was chosen. `title`, `category` and its title are null where the catalogue has it no more.

    `send_at` is when it went or was to go, `when` the same by the user's clock, `hour` the local hour of it.
    """

    message_id: str
    title: str | None
    category: str | None
    category_title: str | None
    send_at: str
    when: str
    hour: int | None
    reasons: tuple[ToldReasonAnswer, ...]
    outcome: OutcomeAnswer
    remedies: tuple[RemedyAnswer, ...]


class ToldGroupAnswer(Answer, frozen=True):
    """Messages that were not chosen, all for one reason: how many, a few titles, and what can be done about it.

    `code` is that of the exclusion or, for what was allowed and passed over, of that. `until` is when the reason ends,
    where that is one moment for all of them.
    """

    code: str
    text: str
    count: int
    titles: tuple[str, ...]
    category: str | None
    category_title: str | None
    until: str | None
    remedies: tuple[RemedyAnswer, ...]


class ToldAnswer(Answer, frozen=True):
    """One decision in words; `when` is told by the user's clock in `zone`, and in UTC where that is null."""

    decision_id: str
    at: str
    when: str
    zone: str | None
    chosen: tuple[ToldPushAnswer, ...]
    not_sent: tuple[ToldGroupAnswer, ...]
    silence: ToldSilenceAnswer | None
    not_considered: int


class ToldPage(Answer, frozen=True):
    """The user's decisions, the newest first, without those that only looked; `next_cursor` is null on the last page.

    A page may hold fewer than `limit` and still have a next one.
    """

    language: str
    decisions: tuple[ToldAnswer, ...]
    next_cursor: str | None
