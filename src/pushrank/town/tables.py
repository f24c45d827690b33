"""The town's log as tables of the log format: what a sender would have, and not a figure more."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pandas as pd

from pushrank.domain.instants import Instant
from pushrank.town.activity import KINDS, Activity
from pushrank.town.people import TIERS
from pushrank.town.place import Town
from pushrank.town.plan import Flags, Ints
from pushrank.town.weeks import Weeks
from pushrank.town.words import TAGS, TOPICS, ZONES

_ROWS = 100_000
_POLICY_VERSION = "2026-11"  # the shipped purposes, so that a yes counts


def users(town: Town) -> pd.DataFrame:
    """One row per person who is there by the end of the log."""
    people, here = town.people, _here(town)
    zones = np.array(list(ZONES), dtype=object)
    countries = np.array([country for _, _, country in ZONES.values()], dtype=object)
    return pd.DataFrame(
        {
            "user_id": [people.ids[row] for row in here],
            "timezone": zones[people.zone[here]],
            "language": np.where(people.chinese[here], "zh", "en"),
            "country": countries[people.zone[here]],
            "registered_at": people.registered[here],
            "tier": np.array(TIERS, dtype=object)[people.tier[here]],
        }
    )


def messages(town: Town) -> pd.DataFrame:
    """One row per message that was published before the end of the log."""
    columns = ("message_id", "category", "purpose", "kind", "title", "body", "language", "tags", "published_at",
               "expires_at", "worth")  # fmt: skip
    rows = [message for message in town.catalogue.messages if (message.published_at or 0) < town.plan.log_end]
    return pd.DataFrame({name: [_plain(getattr(message, name)) for message in rows] for name in columns})


def _plain(value: object) -> object:
    return str(value) if isinstance(value, str) else value


def preferences(town: Town) -> pd.DataFrame:
    """One row per person who switched a category off, before the log began."""
    here = _here(town)
    rows = here[town.people.rights.off[here].any(axis=1)]
    return pd.DataFrame(
        {
            "user_id": [town.people.ids[row] for row in rows],
            "categories": [_switched_off(town.people.rights.off[row]) for row in rows],
            "version": np.ones(len(rows), dtype=np.int64),
        }
    )


def _switched_off(off: Flags) -> str:
    return json.dumps({TOPICS[place].name: False for place in np.flatnonzero(off)})


def consents(town: Town) -> pd.DataFrame:
    """One row per person and purpose that was asked about, as of registration."""
    parts = [_consents(town, purpose, getattr(town.people.rights, purpose)) for purpose in ("marketing", "research")]
    return pd.concat(parts, ignore_index=True)


def _consents(town: Town, purpose: str, answers: Ints) -> pd.DataFrame:
    here = _here(town)
    asked = here[answers[here] >= 0]
    return pd.DataFrame(
        {
            "user_id": [town.people.ids[row] for row in asked],
            "purpose": purpose,
            "granted": answers[asked] == 1,
            "policy_version": _POLICY_VERSION,
            "at": town.people.registered[asked],
        }
    )


def activity(town: Town, visits: Activity) -> Iterator[pd.DataFrame]:
    """One row per visit before the end of the log, in order of time, in parts."""
    ids, kinds = np.array(town.people.ids, dtype=object), np.array(KINDS, dtype=object)
    for rows in _parts(int(np.searchsorted(visits.moment, town.plan.log_end))):
        yield pd.DataFrame(
            {
                "user_id": ids[visits.user[rows]],
                "at": visits.moment[rows],
                "kind": kinds[visits.kind[rows]],
                "tags": _lists(np.array(TAGS, dtype=object), visits.tags[rows]),
            }
        )


def decisions(town: Town, weeks: Weeks) -> Iterator[pd.DataFrame]:
    """One row per decision of the sender, silence included, in parts."""
    users, messages = _ids(town)
    made = weeks.decisions
    for rows in _parts(len(made.user)):
        yield pd.DataFrame(
            {
                "decision_id": decision_ids(np.arange(len(made.user))[rows]),
                "user_id": users[made.user[rows]],
                "decided_at": made.moment[rows],
                "candidates": _lists(messages, made.candidates[rows]),
                "chosen": _lists(messages, made.chosen[rows, None]),
                "propensity": made.propensity[rows],
            }
        )


def outcomes(town: Town, weeks: Weeks) -> Iterator[pd.DataFrame]:
    """One row per push with what was known of it at the end of the log, in parts."""
    users, messages = _ids(town)
    made, became = weeks.decisions, weeks.reactions
    places = np.flatnonzero(weeks.sent)
    for part in _parts(len(places)):
        rows = places[part]
        yield pd.DataFrame(
            {
                "user_id": users[made.user[rows]],
                "message_id": messages[made.chosen[rows]],
                "sent_at": made.moment[rows],
                "clicked_at": _known(became.clicked_at[part], town.plan.log_end),
                "opted_out_at": _known(became.opted_out_at[part], town.plan.log_end),
                "dismissed_at": _known(became.dismissed_at[part], town.plan.log_end),
                "channel": "push",
                "decision_id": decision_ids(rows),
                "propensity": made.propensity[rows],
                "candidates": _lists(messages, made.candidates[rows]),
            }
        )


def truth(town: Town, weeks: Weeks) -> pd.DataFrame:
    """One row per push, in the order of `outcomes`, with its true probabilities."""
    users, messages = _ids(town)
    made = weeks.decisions
    return pd.DataFrame(
        {
            "user_id": users[made.user[weeks.sent]],
            "message_id": messages[made.chosen[weeks.sent]],
            "sent_at": made.moment[weeks.sent],
            "p_click": weeks.reactions.p_click,
            "p_opt_out": weeks.reactions.p_opt_out,
        }
    )


def _here(town: Town) -> Ints:
    return np.flatnonzero(town.registered(town.plan.log_end))


def _ids(town: Town) -> tuple[np.ndarray, np.ndarray]:
    ids = [message.message_id for message in town.catalogue.messages]
    return np.array(town.people.ids, dtype=object), np.array(ids, dtype=object)


def decision_ids(rows: Ints) -> list[str]:
    """Names of the decisions of the log, by their places."""
    return [f"d-{row:07d}" for row in rows + 1]


def _known(moments: Ints, end: Instant) -> Ints:
    """Nothing that happens at or after the end is known: -1."""
    return np.where(moments < end, moments, -1)


def _lists(names: np.ndarray, places: Ints) -> list[list[str]]:
    """Names at each row of places; -1 pads the right."""
    lengths = (places >= 0).sum(axis=1)
    named = names[np.maximum(places, 0)].tolist()
    return [row[:length] for row, length in zip(named, lengths, strict=True)]


def _parts(rows: int) -> Iterator[slice]:
    return (slice(first, min(first + _ROWS, rows)) for first in range(0, max(rows, 1), _ROWS))
