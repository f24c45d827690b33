"""The users, preferences and consents tables as values of the domain."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from pushrank.domain.codes import Purpose
from pushrank.domain.instants import iso, time_zone
from pushrank.domain.preferences_json import PreferencesError, from_json
from pushrank.domain.user import Consent, Preferences, UserFacts
from pushrank.logs.attributes import attributes_of
from pushrank.logs.catalogue import code, flag, moment, number, text
from pushrank.logs.normal import UNREADABLE
from pushrank.logs.schema import PREFERENCES, USERS, Form

_BIRTHDAY = r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"


def read_users(frame: pd.DataFrame) -> dict[str, UserFacts]:
    """Turn rows in normal form into facts by user id; a zone or birthday that cannot be read is left out."""
    extra = [str(column) for column in frame.columns if column not in USERS.columns]
    attributes = attributes_of(frame, extra)
    frame = frame.assign(birthday=frame["birthday"].where(is_birthday(frame["birthday"])))
    return {
        row["user_id"]: _facts(row, own) for row, own in zip(frame.to_dict(orient="records"), attributes, strict=True)
    }


def _facts(row: Mapping[Hashable, Any], attributes: Mapping[str, Any]) -> UserFacts:
    zone = text(row["timezone"])
    return UserFacts(
        timezone=zone if zone is not None and is_zone(zone) else None,
        language=text(row["language"]),
        country=text(row["country"]),
        birthday=text(row["birthday"]),
        age_band=text(row["age_band"]),
        minor=flag(row["minor"]),
        registered_at=moment(row["registered_at"]),
        tier=text(row["tier"]),
        attributes=attributes,
    )


def is_zone(name: str) -> bool:
    """Whether `name` is an IANA zone that this machine knows."""
    try:
        time_zone(name)
    except ValueError:
        return False
    return True


def is_birthday(texts: pd.Series[Any]) -> pd.Series[Any]:
    """Tell which texts are a month and a day, MM-DD."""
    return texts.str.fullmatch(_BIRTHDAY).fillna(False).astype(bool)  # noqa: FBT003


def read_consents(frame: pd.DataFrame | None) -> dict[str, dict[Purpose, Consent]]:
    """Turn rows in normal form into the last words of users by purpose; an unknown purpose is left out."""
    found: dict[str, dict[Purpose, Consent]] = {}
    for row in [] if frame is None else frame.to_dict(orient="records"):
        purpose = code(Purpose, row["purpose"])
        if purpose is not None:
            word = Consent(row["granted"] == 1, text(row["policy_version"]), moment(row["at"]))
            found.setdefault(row["user_id"], {})[purpose] = word
    return found


def read_preferences(
    frame: pd.DataFrame | None, consents: Mapping[str, Mapping[Purpose, Consent]], users: pd.DataFrame | None
) -> dict[str, Preferences]:
    """Join what users set with their consents and with `personalisation` of the users table."""
    rows = [] if frame is None else frame.to_dict(orient="records")
    found = {row["user_id"]: preferences_of(row)[0] for row in rows}
    said = set() if frame is None else set(frame["user_id"][frame["personalisation"] >= 0])
    if users is not None:
        for user in users["user_id"][users["personalisation"] == 0]:
            if user not in said:
                found[user] = replace(found.get(user, Preferences()), personalisation=False)
    for user, words in consents.items():
        found[user] = replace(found.get(user, Preferences()), consents=words)
    return found


def preferences_of(row: Mapping[Hashable, Any]) -> tuple[Preferences, tuple[PreferencesError, ...]]:
    """Turn one row in normal form into preferences, and name what could not be read.

    With anything unread `push` is off: what cannot be read counts as a no.
    """
    tree = {column: _plain(form, row[column]) for column, form in PREFERENCES.columns.items() if column != "user_id"}
    tree = {column: value for column, value in tree.items() if value is not None}
    errors: list[PreferencesError] = []
    while True:
        try:
            read = from_json(tree)
            break
        except PreferencesError as error:
            errors.append(error)
            del tree[error.field.split("/")[0]]
    return (replace(read, push=False) if errors or row[UNREADABLE] else read), tuple(errors)


def _plain(form: Form, cell: Any) -> Any:
    if form is Form.FLAG:
        return flag(cell)
    if form is Form.TIME:
        return None if cell < 0 else iso(cell)
    if form is Form.NUMBER:
        found = number(cell)
        return int(found) if found is not None and found.is_integer() else found
    return text(cell) if form is Form.TEXT else cell
