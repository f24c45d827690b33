"""What the store holds, as a log: the next training's input. Users appear by pseudonym."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from pushrank.domain.codes import EventType
from pushrank.domain.event import Event
from pushrank.domain.instants import Instant
from pushrank.domain.message import Message
from pushrank.domain.preferences_json import to_json
from pushrank.domain.record import UserRecord
from pushrank.features.events import EVERYTHING
from pushrank.features.profile import kept_tags
from pushrank.features.tallies import taken_back
from pushrank.logs import write_table
from pushrank.rights.snapshots import note_export, rewrite
from pushrank.store.protocol import Store
from pushrank.transfer.told import unlisted

ABOUT = "export.json"
_NAME = "exported_as"

_FIRST = {
    EventType.CLICKED: "clicked_at",
    EventType.OPENED: "opened_at",
    EventType.DISMISSED: "dismissed_at",
    EventType.CONVERTED: "converted_at",
}
_TIMES = ("sent_at", *_FIRST.values(), "opted_out_at", "category_opted_out_at")


@dataclass(slots=True)
class _Told:
    """Rows gathered from one user's events."""

    outcomes: list[dict[str, Any]] = field(default_factory=list)
    activity: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class About:
    """What an exported log says of itself, beside its tables.

    `key_id` names the key of the pseudonyms, `store` the store it came from, `deleted` the messages that were taken out
    of the catalogue: they explain what was sent, and nobody gets them any more.
    """

    key_id: str
    store: str
    deleted: tuple[str, ...] = ()


def export_log(store: Store, out: Path, since: Instant, key_id: str, name: str) -> dict[str, int]:
    """Write all tables of a log below `out`; gives the number of rows of each.

    Sends at or after `since` with what came of them, activity, decisions and their propensities, users, preferences,
    consents and the whole catalogue. Of whoever is not profiled no activity goes out, and of nobody a tag that they
    blocked or deleted. `key_id` names the key of the pseudonyms, so that a load of this log knows them;
    the store bears `name` from its first export on.
    """
    note_export(store, out)
    buried = store.count("tombstones")
    told = _gather(store, since)
    decisions = list(_decisions(store, since))
    _complete(told.outcomes, decisions)
    tables = {
        "outcomes": _frame(told.outcomes, ["user_id", "message_id", *_TIMES], _TIMES),
        "activity": _frame(told.activity, ["user_id", "at", "kind", "tags", "items"], ("at",)),
        "decisions": _frame(decisions, _DECISION, ("decided_at",)),
        "messages": _messages(store),
        **_people(store),
    }
    for table, frame in tables.items():
        write_table(out, table, frame)
    if store.count("tombstones") != buried:
        rewrite([str(out)], _erased(store, tables.values()))
    deleted = tuple(message.message_id for message in store.messages(deleted=True))
    (out / ABOUT).write_bytes(msgspec.json.encode(About(key_id, _named(store, name), deleted)))
    return {table: len(frame) for table, frame in tables.items()}


def _erased(store: Store, tables: Iterable[pd.DataFrame]) -> list[str]:
    """Those who were erased while their rows were on the way into the files."""
    named = {user for table in tables if "user_id" in table for user in table["user_id"]}
    return sorted(user for user in named if store.user(user, 0).erased)


def about_export(log: Path, store: Store, key_id: str) -> About | None:
    """What an exported log says of itself; None for a log from elsewhere.

    Raises ValueError where its users are pseudonyms under another key, so that nobody could be recognised, and where it
    came from this very store, which would count everything twice.
    """
    path = log / ABOUT
    if not path.exists():
        return None
    try:
        about = msgspec.json.decode(path.read_bytes(), type=About)
    except msgspec.DecodeError as error:
        msg = f"{path}: expected what export-log writes, got something else ({error})"
        raise ValueError(msg) from None
    if about.key_id != key_id:
        msg = f"{path}: expected pseudonyms under this deployment's key {key_id!r}, got {about.key_id!r}"
        raise ValueError(msg)
    if about.store == store.marker(_NAME):
        msg = f"{path}: expected a log of another store, got an export of this one, which knows all of it"
        raise ValueError(msg)
    return about


def _named(store: Store, name: str) -> str:
    """The name of a store, `name` where it has none yet."""
    known = store.marker(_NAME)
    if known is None:
        store.mark(_NAME, name)
    return known or name


def _gather(store: Store, since: Instant) -> _Told:
    events: dict[str, list[Event]] = {}
    for stored in store.events_since(since):
        events.setdefault(stored.event.user_id, []).append(stored.event)
    told = _Told()
    for user_key in sorted(events):
        _tell(told, sorted(_to_be_told(store.user(user_key, since), events[user_key]), key=_by_moment))
    return told


def _to_be_told(record: UserRecord, events: Iterable[Event]) -> Iterator[Event]:
    """The user's events without what may not be remembered of what they did by themselves."""
    keep = kept_tags(record)
    for event in events:
        if event.type is not EventType.ACTIVITY:
            yield event
        elif record.profiled:
            yield event if keep is None else replace(event, tags=tuple(keep(event.tags, event.at)))


def _by_moment(event: Event) -> tuple[Instant, bool, str]:
    return event.at, event.type is not EventType.SENT, event.event_id


def _tell(told: _Told, events: list[Event]) -> None:
    """Add one user's events, in order of time: each send is a row, what follows is noted on the row it is about."""
    failed = taken_back(events)
    rows: dict[tuple[str | None, str | None], dict[str, Any]] = {}
    last: dict[str, Any] | None = None
    for event in events:
        if event.type is EventType.ACTIVITY:
            told.activity.append(_activity(event))
        elif event.type is EventType.SENT and event.event_id not in failed:
            last = rows[event.message_id, event.decision_id] = rows[event.message_id, None] = _sent(event)
            told.outcomes.append(last)
            continue
        # The push of the decision that is named, else the newest of the message.
        about = rows.get((event.message_id, event.decision_id)) or rows.get((event.message_id, None))
        if event.type in _FIRST and about is not None:
            _note(about, event)
        elif event.type is EventType.OPTED_OUT:
            _note_opt_out(about, last, event)


def _activity(event: Event) -> dict[str, Any]:
    kind = event.kind or "activity"
    return {
        "user_id": event.user_id,
        "at": event.at,
        "kind": kind,
        "tags": list(event.tags),
        "items": list(event.items),
    }


def _sent(event: Event) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(_TIMES)
    row |= {"user_id": event.user_id, "message_id": event.message_id, "sent_at": event.at}
    return row | {"channel": event.channel, "decision_id": event.decision_id, "conversion_value": None}


def _note(row: dict[str, Any], event: Event) -> None:
    name = _FIRST[event.type]
    if row[name] is None:
        row[name] = event.at
        if event.type is EventType.CONVERTED:
            row["conversion_value"] = event.amount


def _note_opt_out(about: dict[str, Any] | None, last: dict[str, Any] | None, event: Event) -> None:
    everything = event.scope in (None, EVERYTHING)
    row = last if everything else about or last
    name = "opted_out_at" if everything else "category_opted_out_at"
    if row is not None and row[name] is None:
        row[name] = event.at


_DECISION = ["decision_id", "user_id", "decided_at", "candidates", "chosen", "propensity"]


def _decisions(store: Store, since: Instant) -> Iterator[dict[str, Any]]:
    for row in store.decisions_since(since):
        if row.mode == "look":
            continue
        body = msgspec.json.decode(row.body)
        chosen = [entry["message_id"] for entry in body["slate"]]
        yield {
            "decision_id": row.decision_id,
            "user_id": row.user_key,
            "decided_at": row.decided_at,
            "candidates": [*chosen, *(entry["message_id"] for entry in body["passed_over"])],
            "chosen": chosen,
            "propensity": body["propensity"],
        }


def _complete(outcomes: list[dict[str, Any]], decisions: list[dict[str, Any]]) -> None:
    """Give each send the candidates and the propensity of the decision it came from."""
    by_id = {decision["decision_id"]: decision for decision in decisions}
    for row in outcomes:
        decision = by_id.get(row["decision_id"])
        row["candidates"] = decision["candidates"] if decision else None
        row["propensity"] = decision["propensity"] if decision else None


def _frame(rows: list[dict[str, Any]], columns: list[str], times: tuple[str, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows) if rows else pd.DataFrame({name: pd.Series(dtype="object") for name in columns})
    for name in times:
        frame[name] = pd.to_datetime(frame[name].astype("Int64"), unit="us", utc=True)
    return frame


def _messages(store: Store) -> pd.DataFrame:
    rows = []
    deleted = (message for message in store.messages(deleted=True) if message != unlisted(message.message_id))
    for message in (*store.messages(), *deleted):
        row = asdict(message)
        row |= row.pop("attributes")
        rows.append({name: _cell(value) for name, value in row.items()})
    columns = list(Message.__dataclass_fields__)
    return _frame(rows, columns, ("published_at", "expires_at")).dropna(axis=1, how="all")


def _cell(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def _people(store: Store) -> dict[str, pd.DataFrame]:
    users, preferences, consents = [], [], []
    for user_key in store.users():
        record = store.user(user_key, since=0)
        users.append(_user(user_key, record))
        chosen = to_json(record.preferences)
        granted = chosen.pop("consents", {})
        preferences.append({"user_id": user_key, **chosen, "muted_until": record.preferences.muted_until})
        consents += [{"user_id": user_key, "purpose": purpose, **consent} for purpose, consent in granted.items()]
    tables = {"users": _frame(_of_one_kind(users), ["user_id"], ("registered_at",) if users else ())}
    tables["preferences"] = _frame(preferences, ["user_id"], ("muted_until",) if preferences else ())
    if consents:
        tables["consents"] = _frame(consents, ["user_id", "purpose", "granted"], ())
    return tables


def _user(user_key: str, record: UserRecord) -> dict[str, Any]:
    """A user's row; an attribute that is named as a column of the log stays out, above all one named `user_id`."""
    facts = asdict(record.facts)
    attributes, own = facts.pop("attributes"), {"user_id": user_key, **facts}
    return {**own, **{name: value for name, value in attributes.items() if name not in {*own, "attributes"}}}


def _of_one_kind(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write as texts all values of an attribute of which backends sent several kinds: a column has one."""
    kinds: dict[str, set[type]] = {}
    for row in rows:
        for name, value in row.items():
            if value is not None:
                kinds.setdefault(name, set()).add(type(value))
    mixed = {name for name, found in kinds.items() if len(found) > 1 and not found <= {int, float}}
    return [{name: _as_text(value) if name in mixed else value for name, value in row.items()} for row in rows]


def _as_text(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else msgspec.json.encode(value).decode()
