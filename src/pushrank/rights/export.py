"""Everything that is known of one user, in one file that a machine can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pushrank.config.service import PrivacyConfig
from pushrank.config.types import PurposeSpec
from pushrank.domain.codes import Purpose
from pushrank.domain.instants import Instant, iso
from pushrank.domain.preferences_json import to_json as preferences_json
from pushrank.domain.record import UserRecord
from pushrank.rights.stored_json import opened
from pushrank.rights.why import Told
from pushrank.rights.why import to_json as told_json
from pushrank.store.register import OWNED, REGISTER
from pushrank.wording.outside import OUTSIDE, said

FORMAT = "pushrank-export"
FORMAT_VERSION = 1
"""Raised whenever a reader of the last version would read something wrong."""


@dataclass(frozen=True, slots=True)
class Maker:
    """Who makes an export and when; `key_id` names the secret behind the pseudonym and tells nothing about it."""

    software: str
    at: Instant
    key_id: str
    privacy: PrivacyConfig
    purposes: Mapping[Purpose, PurposeSpec]
    language: str


def export(  # noqa: PLR0913 - what there is of a user
    maker: Maker,
    user_id: str,
    record: UserRecord,
    stored: Mapping[str, Sequence[Mapping[str, Any]]],
    profile: Mapping[str, Any],
    decisions: Sequence[Told],
    models: Sequence[str] = (),
) -> dict[str, Any]:
    """Bring everything together.

    `stored` are the user's rows by table and column, `profile` and `decisions` the same as the user reads it. Of a user
    who is not known every list is empty, and the form is the same. `models` are the versions that were trained with the
    user, as far as their lists are kept.
    """
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "about": _about(maker),
        "user": {
            "user_id": user_id,
            "pseudonym": record.user_key,
            "known": record.known or any(stored.values()),
        },
        "preferences": preferences_json(record.preferences),
        "profile": profile,
        "decisions": [told_json(one) for one in decisions],
        "stored": {table: [opened(row) for row in rows] for table, rows in stored.items()},
        "models": list(models),
        "outside": said(OUTSIDE, maker.language),
    }


def _about(maker: Maker) -> dict[str, Any]:
    privacy = maker.privacy
    return {
        "made_by": maker.software,
        "made_at": iso(maker.at),
        "language": maker.language,
        "sender": privacy.sender.get(maker.language),
        "contact": privacy.contact,
        "key_id": maker.key_id,
        "purposes": {purpose.value: _purpose(spec, maker.language) for purpose, spec in maker.purposes.items()},
        "kept_for_days": {
            "decisions": privacy.decisions_days,
            "feature_rows": privacy.features_days,
            "events": privacy.events_days,
        },
        "columns": {table: {name: asdict(column) for name, column in REGISTER[table].items()} for table in OWNED},
    }


def _purpose(spec: PurposeSpec, language: str) -> dict[str, Any]:
    return {"version": spec.version, "title": spec.title.get(language), "text": spec.text.get(language)}
