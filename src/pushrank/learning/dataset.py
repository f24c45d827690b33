"""From a log to rows with features and labels, by the same fold and the same features as serving."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pushrank.config import TrainingConfig
from pushrank.config.types import AttributeSpec
from pushrank.domain.instants import SECOND
from pushrank.domain.message import Attribute, lineage
from pushrank.domain.user import UserFacts
from pushrank.features.columns import Impressions, from_impressions
from pushrank.features.counts import CountTable
from pushrank.features.facts import AttributeCode, MessageFacts, message_facts, message_text, user_attribute, user_row
from pushrank.features.state import TOPIC_TAGS, Floats, Ints
from pushrank.features.text import fit_basis
from pushrank.features.view import FeatureView, feature_names
from pushrank.learning.history import events_of, impressions_of, messages_of
from pushrank.learning.source import Progress, Source, count_table
from pushrank.logs.parts import Part, outcome_at
from pushrank.scoring.fallback import PRIOR_OPT_OUT

Labels = npt.NDArray[np.int8]
Names = npt.NDArray[np.object_]

MOST_LABELS = 64  # values of a label attribute that get a code of their own
LEAST_USERS = 20  # users who bear a value of theirs before a model may know it: a rarer one could point at a person


@dataclass(frozen=True, slots=True)
class Rows:
    """Impressions in time order. Labels are 1, 0, or -1 where unknown or still open; -1 is never a negative.

    `matrix` is float64[n, features] in the order of the view; `user`, `message` and `decision` are codes into the ids
    (`decision` is -1 where none is logged), `propensity` is NaN where none is logged.
    """

    matrix: Floats
    user: Ints
    message: Ints
    decision: Ints
    sent_at: Ints
    click: Labels
    opt_out: Labels
    propensity: Floats
    local_hour: Labels
    user_ids: Names
    message_ids: Names
    categories: Names

    def __len__(self) -> int:
        return int(self.sent_at.size)

    def take(self, rows: npt.NDArray[np.bool_] | Ints) -> Rows:
        """Return some rows; the ids stay as they are."""
        changed = {name: getattr(self, name)[rows] for name in _PER_ROW}
        return replace(self, **changed)


_PER_ROW = ("matrix", "user", "message", "decision", "sent_at", "click", "opt_out", "propensity", "local_hour")


def fit_view(source: Source, config: TrainingConfig) -> FeatureView:
    """Learn what the features need to know of the log: base rates, directions of text, vocabularies of attributes."""
    positives, known, people = np.zeros(2), np.zeros(2), set[str]()
    for some in source.outcomes():
        batch = some[~source.objection.withheld(some)]
        people.update(batch["user_id"].unique())
        for place, label in enumerate(_labels(batch, source)):
            positives[place] += (label == 1).sum()
            known[place] += (label >= 0).sum()
    base = (positives + 0.5) / (known + 1.0)
    attributes = tuple(_attribute_code(source, spec, people) for spec in config.attributes)
    texts = [message_text(message) for message in source.messages if message.message_id in source.sent]
    basis = fit_basis(texts, config.text_buckets, config.text_dimensions, config.seed)
    return FeatureView(
        names=feature_names(config.text_dimensions, attributes, config.leave_out),
        constants={"base_click": float(base[0]), "base_opt_out": float(base[1]) if known[1] else PRIOR_OPT_OUT},
        basis=basis,
        attributes=attributes,
        default_timezone=config.default_timezone,
        topics=_topics(source),
    )


def build(source: Source, view: FeatureView, work: Path, progress: Progress = lambda _: None) -> Rows:
    """Give all rows of a log in one piece, in time order. `progress` is told how many more are done."""
    some = list(build_parts(source, view, work, progress))
    users = np.concatenate([part.user_ids for part in some])
    shift = np.cumsum([0, *(len(part.user_ids) for part in some[:-1])])
    decision = np.cumsum([0, *(int(part.decision.max(initial=-1)) + 1 for part in some[:-1])])
    moved = [
        replace(part, user=part.user + up, decision=np.where(part.decision < 0, -1, part.decision + over))
        for part, up, over in zip(some, shift, decision, strict=True)
    ]
    some.clear()
    return _gather(moved, users)


def build_parts(source: Source, view: FeatureView, work: Path, progress: Progress = lambda _: None) -> Iterator[Rows]:
    """Give the rows of a log part by part, all of a user in one part, so that memory does not grow with the log."""
    facts = message_facts(source.messages, view.basis, view.attributes, view.topics)
    parts = source.parts(work)
    counts = count_table(source, parts, facts)
    for part in parts:
        yield _part_rows(part, source, view, facts, counts)
        progress(len(part.outcomes))
    parts.close()


def _gather(some: list[Rows], users: Names) -> Rows:
    """Put parts together in time order; each is let go as soon as it is copied."""
    order = np.argsort(np.concatenate([part.sent_at for part in some]), kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    like = {name: getattr(some[0], name) for name in _PER_ROW}
    whole = {name: np.empty((order.size, *array.shape[1:]), array.dtype) for name, array in like.items()}
    last, start = some[-1], 0
    while some:
        part = some.pop(0)
        for name in _PER_ROW:
            whole[name][place[start : start + len(part)]] = getattr(part, name)
        start += len(part)
    return replace(last, user_ids=users, **whole)


def _part_rows(part: Part, source: Source, view: FeatureView, facts: MessageFacts, counts: CountTable) -> Rows:
    message = messages_of(part, facts)
    impressions = impressions_of(part, message, source.zones)
    events = events_of(part, message, facts, source.zones, source.windows)
    users = _user_columns(part, source, view)
    columns = from_impressions(view, impressions, events, users, facts, counts)
    click, opt_out = _labels(part.outcomes, source)
    rows = Rows(
        matrix=view.matrix(columns),
        user=part.outcome_user,
        message=message,
        decision=_decisions(part.outcomes),
        sent_at=impressions.at,
        click=click,
        opt_out=opt_out,
        propensity=_propensity(part.outcomes),
        local_hour=_local_hours(impressions),
        user_ids=np.array(part.user_ids, dtype=object),
        message_ids=np.array(facts.message_ids, dtype=object),
        categories=np.array([message.category for message in source.messages], dtype=object),
    )
    withheld = source.objection.withheld(part.outcomes)
    return rows.take(~withheld) if withheld.any() else rows


def _labels(outcomes: pd.DataFrame, source: Source) -> tuple[Labels, Labels]:
    """Label of click and of opt-out: known only once the window has passed, positive only inside it."""
    windows = source.windows
    return (
        _label(outcomes, "clicked", windows.click, source),
        _label(outcomes, "opted_out", windows.opt_out, source),
    )


def _label(outcomes: pd.DataFrame, name: str, window: int, source: Source) -> Labels:
    if name not in outcomes:
        return np.full(len(outcomes), -1, dtype=np.int8)
    sent, at = outcomes["sent_at"].to_numpy(np.int64), outcome_at(outcomes, name, source.windows)
    known = (outcomes[name].to_numpy() >= 0) & (sent + window <= source.known_by)
    positive = (at >= 0) & (at - sent <= window)
    return np.where(known, positive.astype(np.int8), np.int8(-1)).astype(np.int8)


def _user_columns(part: Part, source: Source, view: FeatureView) -> dict[str, Floats]:
    rows = [user_row(source.users.get(name, UserFacts()), view.attributes) for name in part.user_ids]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _decisions(outcomes: pd.DataFrame) -> Ints:
    if "decision_id" not in outcomes:
        return np.full(len(outcomes), -1, dtype=np.int64)
    return pd.factorize(outcomes["decision_id"])[0].astype(np.int64)


def _propensity(outcomes: pd.DataFrame) -> Floats:
    if "propensity" not in outcomes:
        return np.full(len(outcomes), np.nan)
    return outcomes["propensity"].to_numpy(np.float64)


def _local_hours(impressions: Impressions) -> Labels:
    return ((impressions.at // SECOND + impressions.offset) // 3600 % 24).astype(np.int8)


def _topics(source: Source) -> dict[str, tuple[str, ...]]:
    """By root of a category the tags that its messages bear most often."""
    found: dict[str, Counter[str]] = {}
    for message in source.messages:
        if message.message_id in source.sent:
            found.setdefault(lineage(message.category)[-1], Counter()).update(message.tags)
    ordered = {root: sorted(tags, key=lambda tag: (-tags[tag], tag)) for root, tags in sorted(found.items())}
    return {root: tuple(tags[:TOPIC_TAGS]) for root, tags in ordered.items() if tags}


def _attribute_code(source: Source, spec: AttributeSpec, people: Collection[str]) -> AttributeCode:
    """How an attribute is read; of users' labels the vocabulary has those that enough of `people` bear."""
    if spec.kind == "number":
        return AttributeCode(spec.of, spec.name, "number")
    values: list[Attribute]
    if spec.of == "message":
        values = [m.attributes.get(spec.name) for m in source.messages if m.message_id in source.sent]
    else:
        values = [user_attribute(user, spec.name) for name, user in source.users.items() if name in people]
    bearers = pd.Series([str(value) for value in values if value is not None], dtype=object).value_counts()
    common = bearers if spec.of == "message" else bearers[bearers >= LEAST_USERS]
    return AttributeCode(spec.of, spec.name, "label", tuple(sorted(common.index[:MOST_LABELS])))
