"""Who has heard nothing for long is worth a message: silence for ever is forgetting, not kindness."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite

from pushrank.config.types import KeepInTouch, PolicyConfig
from pushrank.domain.codes import Purpose
from pushrank.domain.instants import DAY, Instant
from pushrank.domain.record import UserRecord
from pushrank.features.state import FIRST_EVENT, LAST_SENT, UserState
from pushrank.policy.ask import NO_VERSIONS
from pushrank.policy.constraints.permission import granted

MOST_DAYS = 366
_FOR_PEOPLE = tuple(purpose for purpose in Purpose if purpose is not Purpose.SERVICE)


def starved(setting: KeepInTouch, record: UserRecord, state: UserState, as_of: Instant) -> bool:
    """Whether a user has had no push for `after_days`; who never had one counts from the registration.

    A push was had once it is reported as sent, and while it is held or confirmed. Where nobody knows the registration,
    the first event counts; of whom nothing is known, nobody can say how long they have waited.
    """
    had = [push.at for push in record.pushes if push.counts(as_of)]
    had += [int(at) for at in (state.clock[LAST_SENT],) if at]
    known = (record.facts.registered_at, int(state.clock[FIRST_EVENT]) or None)
    since = max(had) if had else next((at for at in known if at is not None), None)
    return since is not None and as_of - since >= setting.after_days * DAY


def may_hear(
    record: UserRecord, config: PolicyConfig, as_of: Instant, versions: Mapping[Purpose, str] = NO_VERSIONS
) -> bool:
    """Whether a push can reach the user, who wants pushes, paused none, and agreed to a purpose beyond service.

    `versions` are those of `granted`.
    """
    wanted = record.preferences
    paused = wanted.muted_until is not None and as_of < wanted.muted_until
    if not record.reachable or not wanted.push or paused:
        return False
    refused = {Purpose.MARKETING} if wanted.objected else set()
    return any(granted(wanted, config, purpose, versions) for purpose in _FOR_PEOPLE if purpose not in refused)


def touch_faults(config: PolicyConfig) -> Iterator[str]:
    """Name what makes no sense in `keep_in_touch`."""
    touch = config.keep_in_touch
    if touch is None:
        return
    if not 1 <= touch.after_days <= MOST_DAYS:
        yield f"keep_in_touch.after_days: expected from 1 to {MOST_DAYS} days, got {touch.after_days}"
    if not isfinite(touch.bonus):
        yield f"keep_in_touch.bonus: expected a finite number of ordinary clicks, got {touch.bonus}"
