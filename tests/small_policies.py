"""The smallest policies, users and messages that a constraint can be asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import yaml

from pushrank.config import Category, PolicyConfig, load
from pushrank.config.home import shipped
from pushrank.domain.codes import HoldState, Kind
from pushrank.domain.decision import Exclusion
from pushrank.domain.instants import DAY, Instant, instant
from pushrank.domain.message import Message
from pushrank.domain.record import Push, UserRecord
from pushrank.domain.user import Preferences
from pushrank.policy import Eligible, Policy, exclude, zone_of

NOON = instant("2026-11-23T12:00:00+00:00")  # a Monday
UTC = "UTC"
# What leaves a policy with the caps of day and week alone.
NO_PACE: dict[str, Any] = {"caps": (), "min_gap_minutes": None, "ramp_up": None}


def shipped_config(name: str) -> PolicyConfig:
    return load(shipped("policy", name), PolicyConfig)


def shipped_categories() -> dict[str, Category]:
    tree = yaml.safe_load(shipped("policy", "categories").read_text(encoding="utf-8"))
    return msgspec.convert(tree, dict[str, Category])


def policy(name: str = "open", **changes: Any) -> Policy:
    return Policy.of(replace(shipped_config(name), **changes), shipped_categories())


def message(name: str = "m-1", category: str = "news", **fields: Any) -> Message:
    return Message(name, category, **fields)


def user(pushes: Sequence[Push] = (), *, reachable: bool = True, **preferences: Any) -> UserRecord:
    return UserRecord(
        "u-1", known=True, preferences=Preferences(**preferences), reachable=reachable, pushes=tuple(pushes)
    )


def sent(name: str, at: Instant = NOON - 30 * DAY, event: str = "") -> Push:
    return Push(f"p-{name}-{at}", f"{name}#{event}", name, "news", Kind.INFORM, HoldState.CONFIRMED, at)


def held(name: str, at: Instant, expires_at: Instant, event: str = "") -> Push:
    return replace(sent(name, at, event), state=HoldState.HELD, decision_id="d-1", expires_at=expires_at)


def divided(
    asked: Policy, record: UserRecord, messages: Sequence[Message], as_of: Instant = NOON, *, now_only: bool = False
) -> tuple[list[Eligible], list[Exclusion]]:
    candidates = [(one.message_id, one) for one in messages]
    return exclude(asked, record, candidates, as_of, zone_of(record, asked.config), now_only=now_only)


def only_exclusion(asked: Policy, record: UserRecord, one: Message, as_of: Instant = NOON) -> Exclusion | None:
    kept, excluded = divided(asked, record, [one], as_of)
    assert len(kept) + len(excluded) == 1
    return excluded[0] if excluded else None
