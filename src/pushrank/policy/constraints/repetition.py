"""No content twice: what was sent, what says nearly the same, what was met elsewhere, what another decision holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, NamedTuple

from pushrank.domain.codes import ExclusionCode, HoldState
from pushrank.domain.instants import DAY, Instant
from pushrank.domain.message import Message
from pushrank.domain.record import Push
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


class _Said(NamedTuple):
    """That a push spoke of an event, or of none, and until when nothing like it may come."""

    event: str
    until: Instant


class NearDuplicate(Constraint):
    """Removes what says nearly the same as a push of the last `days`, sent or held, of itself or of another message.

    Two that each carry an `event_key` tell of two events where the keys differ, however alike their words are. A
    message is always like itself, so one that may be repeated sooner waits as long.
    """

    code = ExclusionCode.NEAR_DUPLICATE
    after: ClassVar[tuple[ExclusionCode, ...]] = (
        ExclusionCode.UNKNOWN_MESSAGE,
        ExclusionCode.ALREADY_SENT,
        ExclusionCode.HELD,
    )
    binding = False
    crowding = True

    def check(self, ask: Ask, rows: Rows) -> Checked:
        """Look for twins among the messages that were pushed."""
        setting = ask.config.near_duplicate
        if setting is None or not ask.counting:
            return rows, ()
        # Likeness is mutual, so what a push is like is looked up once, and not once for each candidate.
        pushed = {push.message_id for push in ask.counting}
        near = pushed.union(*(ask.twins[name] for name in pushed if name in ask.twins))
        rows_near = [row for row in rows if row.message.message_id in near]
        if not rows_near:
            return rows, ()
        said = _said(ask.counting, ask.as_of, int(setting.days * DAY))
        ends: dict[int, Instant | None] = {}
        for row in rows_near:
            alike = _alike(ask, row.message, said)
            if alike:
                ends[id(row)] = max(one.until for one in alike)
        return self.without(rows, ends)


def _said(pushes: Iterable[Push], as_of: Instant, rest: Instant) -> dict[str, list[_Said]]:
    """What was said lately, by message. A hold that was never sent says nothing any more once it ends."""
    said: dict[str, list[_Said]] = {}
    for push in pushes:
        if as_of < push.at + rest:
            until = push.at + rest if push.expires_at is None else push.expires_at
            said.setdefault(push.message_id, []).append(_Said(_event_of(push), until))
    return said


def _alike(ask: Ask, message: Message, said: Mapping[str, list[_Said]]) -> list[_Said]:
    name, event = message.message_id, message.event_key
    twins = ask.twins.get(name, ())
    found = [one for other, ones in said.items() if other == name or other in twins for one in ones]
    return [one for one in found if not event or not one.event or one.event == event]


def _event_of(push: Push) -> str:
    """Read the event from a content key; an archived one has more behind it."""
    return push.content_key.removeprefix(f"{push.message_id}#").split("#", 1)[0]


class SeenElsewhere(Constraint):
    """Removes what the user met within `days` over another channel, or in the app.

    A message counts as met where it was sent over another channel than the request's, opened or clicked there outside
    of a push, or where all of its items were seen in the app since its publication. Who may not be profiled is
    not watched: for them what was sent is `already_sent`, over whichever channel.
    """

    code = ExclusionCode.SEEN_ELSEWHERE
    binding = False

    def check(self, ask: Ask, rows: Rows) -> Checked:
        """Compare content keys with sends and meetings elsewhere, and items with those seen."""
        setting = ask.config.seen_elsewhere
        if setting is None or not ask.record.profiled:
            return rows, ()
        rest = int(setting.days * DAY)
        ends = _same_content(rows, {key: until for key, until in _met(ask, rest).items() if until > ask.as_of})
        seen = ask.record.presence.seen
        if seen:
            for row in [row for row in rows if row.message.items and row.message.items[0] in seen]:
                until = _all_seen(row.message, seen) + rest
                if until > ask.as_of:
                    ends[id(row)] = max(until, ends.get(id(row)) or until)
        return self.without(rows, ends)


def _met(ask: Ask, rest: Instant) -> dict[str, Instant]:
    """Content that went out or was met over another channel, by its key, and until when it is no news."""
    met: dict[str, Instant] = {}
    for push in ask.record.pushes:
        if push.state is HoldState.CONFIRMED and push.channel != ask.channel:
            key = f"{push.message_id}#{_event_of(push)}"
            met[key] = max(met.get(key, 0), push.at + rest)
    for name, at in ask.record.presence.seen.items():
        if "#" not in name:
            continue
        key, _, channel = name.rpartition("@")
        if channel != ask.channel:
            met[key] = max(met.get(key, 0), at + rest)
    return met


def _all_seen(message: Message, seen: Mapping[str, Instant]) -> Instant:
    """When the last item was seen that was longest ago; far back where one was not seen since the publication."""
    never = -(1 << 62)
    least = min(seen.get(item, never) for item in message.items)
    return least if message.published_at is None or least >= message.published_at else never


def _same_content(rows: Rows, ends: Mapping[str, Instant | None]) -> dict[int, Instant | None]:
    if not ends:
        return {}
    return {id(row): ends[key] for row in rows if (key := row.message.content_key) in ends}
