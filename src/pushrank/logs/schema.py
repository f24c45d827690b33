"""The tables of a log: which columns there are, what each holds, and which of them make a row unique."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """What the cells of a column hold, whatever the file format."""

    ID = "id"
    TEXT = "text"
    TIME = "time"
    FLAG = "flag"
    NUMBER = "number"
    LIST = "list"
    JSON = "json"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table. Of each group in `required` at least one column must be there; `key` makes a row unique.

    Columns in `lazy` appear in the normal form only where the log has them.
    """

    name: str
    columns: Mapping[str, Form]
    required: tuple[tuple[str, ...], ...]
    key: tuple[str, ...] = ()
    optional: bool = True
    lazy: tuple[str, ...] = ()

    def form(self, column: str) -> Form | None:
        """Tell what `column` holds; None for a column the format does not know."""
        return self.columns.get(column)


LABELS = ("clicked", "opted_out", "opened", "dismissed", "converted", "category_opted_out")
"""What may have come of a push; each is `<label>` (a flag), `<label>_at` (a time) or both."""

HEADS = {"click": "clicked", "opt_out": "opted_out"}
"""The label that each head of the model learns."""

_ID, _TEXT, _TIME, _FLAG, _NUMBER, _LIST, _JSON, _DATE = Form

OUTCOMES = TableSpec(
    name="outcomes",
    columns={
        "user_id": _ID,
        "message_id": _ID,
        "sent_at": _TIME,
        **dict.fromkeys(LABELS, _FLAG),
        **{f"{label}_at": _TIME for label in LABELS},
        "conversion_value": _NUMBER,
        "channel": _TEXT,
        "decision_id": _ID,
        "propensity": _NUMBER,
        "candidates": _LIST,
    },
    required=(("user_id",), ("message_id",), ("sent_at",), ("clicked", "clicked_at")),
    key=("user_id", "message_id", "sent_at"),
    optional=False,
    lazy=("candidates",),
)

DECISIONS = TableSpec(
    name="decisions",
    columns={
        "decision_id": _ID,
        "user_id": _ID,
        "decided_at": _TIME,
        "candidates": _LIST,
        "chosen": _LIST,
        "propensity": _NUMBER,
    },
    required=(("decision_id",), ("user_id",), ("decided_at",), ("candidates",), ("chosen",), ("propensity",)),
    key=("decision_id",),
)

MESSAGES = TableSpec(
    name="messages",
    columns={
        "message_id": _ID,
        "category": _TEXT,
        "purpose": _TEXT,
        "kind": _TEXT,
        "title": _TEXT,
        "body": _TEXT,
        "language": _TEXT,
        "tags": _LIST,
        "items": _LIST,
        "published_at": _TIME,
        "expires_at": _TIME,
        "worth": _NUMBER,
        "campaign": _TEXT,
        "urgency": _TEXT,
        "event_key": _TEXT,
        "occasion": _TEXT,
        "link": _TEXT,
        "image": _TEXT,
        "actions": _LIST,
        "sender": _TEXT,
        "ad_label": _TEXT,
        "price": _NUMBER,
        "list_price": _NUMBER,
        "in_stock": _FLAG,
        "questions": _LIST,
    },
    required=(("message_id",), ("category",)),
    key=("message_id",),
    optional=False,
)

USERS = TableSpec(
    name="users",
    columns={
        "user_id": _ID,
        "timezone": _TEXT,
        "language": _TEXT,
        "country": _TEXT,
        "birthday": _TEXT,
        "birth_date": _DATE,
        "age_band": _TEXT,
        "minor": _FLAG,
        "registered_at": _TIME,
        "tier": _TEXT,
        "personalisation": _FLAG,
    },
    required=(("user_id",),),
    key=("user_id",),
    lazy=("birth_date",),
)

ACTIVITY = TableSpec(
    name="activity",
    columns={"user_id": _ID, "at": _TIME, "kind": _TEXT, "tags": _LIST, "items": _LIST},
    required=(("user_id",), ("at",), ("kind",)),
)

PREFERENCES = TableSpec(
    name="preferences",
    columns={
        "user_id": _ID,
        "push": _FLAG,
        "muted_until": _TIME,
        "categories": _JSON,
        "max_per_day": _NUMBER,
        "max_per_week": _NUMBER,
        "quiet_hours": _JSON,
        "in_quiet_hours": _TEXT,
        "timezone": _TEXT,
        "language": _TEXT,
        "personalisation": _FLAG,
        "objected": _FLAG,
        "category_caps": _JSON,
        "tags": _JSON,
        "version": _NUMBER,
    },
    required=(("user_id",),),
    key=("user_id",),
)

CONSENTS = TableSpec(
    name="consents",
    columns={"user_id": _ID, "purpose": _TEXT, "granted": _FLAG, "policy_version": _TEXT, "at": _TIME},
    required=(("user_id",), ("purpose",), ("granted",)),
    key=("user_id", "purpose"),
)

TABLES: Mapping[str, TableSpec] = {
    spec.name: spec for spec in (OUTCOMES, DECISIONS, MESSAGES, USERS, ACTIVITY, PREFERENCES, CONSENTS)
}
