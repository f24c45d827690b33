"""Everything that is known of one user."""

from __future__ import annotations

from typing import Any

from pushrank.domain.codes import Purpose
from pushrank.service.wire.preferences import ChosenAnswer
from pushrank.service.wire.profile import ProfileAnswer
from pushrank.service.wire.told import ToldAnswer
from pushrank.service.wire.values import Answer


class ExportedPurpose(Answer, frozen=True):
    """What a consent is for, as it reads now."""

    version: str
    title: str | None
    text: str | None


class ExportedColumn(Answer, frozen=True):
    """What a column of the store is for, how long it stays, and what it says about a person."""

    purpose: str
    retention: str
    personal: str


class ExportedAbout(Answer, frozen=True):
    """Who made this file and when, and what the columns under `stored` are.

    `key_id` names the secret behind the pseudonym and tells nothing about it.
    """

    made_by: str
    made_at: str
    language: str
    sender: str | None
    contact: str | None
    key_id: str
    purposes: dict[Purpose, ExportedPurpose]
    kept_for_days: dict[str, int]
    columns: dict[str, dict[str, ExportedColumn]]


class ExportedUser(Answer, frozen=True):
    """Who this is about: the id as it was asked for, and the pseudonym under which everything is stored."""

    user_id: str
    pseudonym: str
    known: bool


class ExportedOutside(Answer, frozen=True):
    """Something that no call of this service reaches."""

    code: str
    text: str


class ExportAnswer(Answer, frozen=True):
    """Everything that is known of one user: in words, and row by row as it is stored.

    `stored` has every row of the user by table and column: what is JSON is opened, moments are ISO 8601 in UTC, and the
    summary of behaviour is written as named numbers. `models` are the versions of the model that were trained with the
    user. `outside` lists what is not in this file.
    """

    format: str
    format_version: int
    about: ExportedAbout
    user: ExportedUser
    preferences: ChosenAnswer
    profile: ProfileAnswer
    decisions: tuple[ToldAnswer, ...]
    stored: dict[str, tuple[dict[str, Any], ...]]
    models: tuple[str, ...]
    outside: tuple[ExportedOutside, ...]
