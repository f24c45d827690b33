"""A live ranking, a ranking in batch and the training side read and score the same, bit for bit."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from pushrank.cli import app
from pushrank.cli.opening import opened
from pushrank.domain.decision import RankingRequest
from pushrank.domain.event import Event
from pushrank.domain.instants import DAY, MINUTE, Instant, instant, iso
from pushrank.features.view import FeatureView
from pushrank.learning import dataset
from pushrank.learning.source import open_source
from pushrank.logs import open_log
from pushrank.policy import Eligible, zone_of
from pushrank.ranking.ranker import Ranker
from pushrank.ranking.served import Served
from pushrank.ranking.standing import standing_of
from pushrank.ranking.weighing import Weighing
from pushrank.scoring.bundle import load
from tests import small_service, small_town
from tests.small_service import Caller, running_service, service_in_process

Floats: TypeAlias = npt.NDArray[np.float64]
Figures: TypeAlias = dict[str, tuple[float, float, float]]

FIRST, LAST = small_town.PLAN.start + 2 * DAY, small_town.PLAN.end + DAY
SLOTS = 3
USERS = [f"u-{number:05d}" for number in range(1, small_town.PLAN.users + 1)] + [small_town.STRANGER, "u-nobody"]

# An example takes seconds, and the first that fails tells the feature: to look for a smaller one is not worth minutes.
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)

some_users = st.lists(st.sampled_from(USERS), min_size=2, max_size=5, unique=True)
moments = st.integers(0, (LAST - FIRST) // MINUTE).map(lambda minutes: FIRST + minutes * MINUTE)


@dataclass(frozen=True)
class Asked:
    """What one way says of one user: figures of what may be sent, ids in slate order, codes of what may not."""

    figures: Figures
    slate: tuple[tuple[str, Instant], ...]
    codes: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """Features of each user and live message, float64[n, features], in the order of `pairs`."""

    pairs: list[tuple[str, str]]
    matrix: Floats


class Model:
    """The model, with a name short enough for the report of a failure."""

    def __init__(self, served: Served) -> None:
        self.served = served

    def __repr__(self) -> str:
        return "the model of the town"

    @property
    def view(self) -> FeatureView:
        return self.served.view


@pytest.fixture(scope="module")
def model(town_model: Path) -> Model:
    return Model(Served.of(load(town_model)))


def over_http(call: Caller, user_id: str, at: Instant) -> Asked:
    answer = call.rank(user_id=user_id, at=iso(at), slots=SLOTS, mode="look")
    scored = [*answer["slate"], *answer["passed_over"]]
    return Asked(
        {one["message_id"]: (one["p_click"], one["p_opt_out"], one["net_value"]) for one in scored},
        tuple((one["message_id"], instant(one["send_at"])) for one in answer["slate"]),
        {one["message_id"]: one["code"] for one in answer["excluded"]},
    )


def in_batch(log: Path, home: Path, bundle: Path, user_ids: Sequence[str], at: Instant) -> dict[str, Asked]:
    users, out = home / "users.txt", home / "rankings.parquet"
    users.write_text("\n".join(user_ids), encoding="utf-8")
    told = ["--at", iso(at), "--model", str(bundle), "--users", str(users), "--out", str(out), "--slots", str(SLOTS)]
    run(home, "rank", "--data", str(log), *told)
    rows: list[dict[str, Any]] = pq.read_table(out).to_pylist()
    return {user_id: _asked([row for row in rows if row["user_id"] == user_id]) for user_id in user_ids}


def _asked(rows: list[dict[str, Any]]) -> Asked:
    scored = [row for row in rows if row["code"] is None]
    slate = sorted((row for row in scored if row["rank"] is not None), key=lambda row: int(row["rank"]))
    return Asked(
        {row["message_id"]: (row["p_click"], row["p_opt_out"], row["net_value"]) for row in scored},
        tuple((row["message_id"], instant(row["send_at"].isoformat())) for row in slate),
        {row["message_id"]: row["code"] for row in rows if row["code"] is not None},
    )


def run(home: Path, *arguments: str) -> None:
    done = CliRunner().invoke(app, list(arguments), env=small_service.settings(home))
    assert done.exit_code == 0, done.output


def seen_by_service(ranker: Ranker, user_ids: Sequence[str], at: Instant) -> Table:
    """Read what a ranking reads, of every live message, also of those that a constraint would remove."""
    found = ranker.catalogue.consider(RankingRequest("", at), 10**6).candidates
    live = [Eligible(message, at) for _, message in found if message is not None]
    parts = []
    for user_id in user_ids:
        record = ranker.store.user(ranker.pseudonym(user_id), at - ranker.policy.look_back)
        standing = standing_of(ranker.served, ranker.policy, record, at)
        ask = ranker.policy.ask(record, at, zone_of(record, ranker.policy.config), now_only=True)
        grounds = Weighing(ranker.catalogue, ranker.policy, ranker.served, standing, ask).weigh(live, 1).grounds
        assert grounds is not None
        parts.append(ranker.served.view.matrix(grounds.columns))
    return Table([(user, one.message.message_id) for user in user_ids for one in live], np.concatenate(parts))


def seen_by_training(log: Path, view: FeatureView, pairs: list[tuple[str, str]], at: Instant, folder: Path) -> Table:
    """Append an impression for each user and message at the moment, and make training's rows of the whole log."""
    user_ids, message_ids = (list(dict.fromkeys(ids)) for ids in zip(*pairs, strict=True))
    whole = small_town.with_impressions(log, at, user_ids, message_ids, folder)
    rows = dataset.build(open_source(open_log(whole), small_town.config()), view, folder / "work")
    now = rows.take(rows.sent_at == at)
    names = zip(now.user_ids[now.user].tolist(), now.message_ids[now.message].tolist(), strict=True)
    place = {pair: row for row, pair in enumerate(names)}
    return Table(pairs, now.matrix[[place[pair] for pair in pairs]])


def assert_same_bits(view: FeatureView, one: Table, other: Table) -> None:
    assert one.pairs == other.pairs
    for column, name in enumerate(view.names):
        differ = np.flatnonzero(_bits(one.matrix[:, column]) != _bits(other.matrix[:, column]))
        rows = [(one.pairs[row], one.matrix[row, column], other.matrix[row, column]) for row in differ[:3]]
        assert not rows, f"{name}: {len(differ)} of {len(one.pairs)} rows differ, such as {rows}"


def _bits(column: Floats) -> npt.NDArray[np.int64]:
    return np.ascontiguousarray(column).view(np.int64)


def assert_scores_follow(model: Model, table: Table, user_id: str, asked: Asked) -> None:
    """Expect the figures of an answer to be the scores of the rows that training makes."""
    rows = [row for row, (user, message) in enumerate(table.pairs) if user == user_id and message in asked.figures]
    scores = model.served.scorer.score(np.ascontiguousarray(table.matrix[rows]))
    trained = zip(
        (table.pairs[row][1] for row in rows), scores.p_click.tolist(), scores.p_opt_out.tolist(), strict=True
    )
    assert {name: figures[:2] for name, figures in asked.figures.items()} == {name: (p, q) for name, p, q in trained}


_folders = itertools.count()


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("three-ways")


def next_event(log: Path, user_ids: Sequence[str], since: Instant) -> Instant:
    """The moment of the next event of one of these users: what happens at a moment does not count at it."""
    return min((one.at for one in small_town.told(log, since, LAST) if one.user_id in user_ids), default=since)


@settings(max_examples=4, deadline=None, phases=UNSHRUNK)
@given(since=moments, user_ids=some_users)
def test_a_ranking_over_http_is_the_batch_ranking_and_what_training_computes(
    town_log: Path,
    town_model: Path,
    model: Model,
    space: Path,
    since: Instant,
    user_ids: list[str],
) -> None:
    home = space / f"home-{next(_folders)}"
    at = next_event(town_log, user_ids, since)
    run(home, "load", "--data", str(small_town.until(town_log, at, home / "log")))

    with service_in_process(home, PUSHRANK_MODEL=str(town_model)) as service:
        answers = {user_id: over_http(service.call, user_id, at) for user_id in user_ids}
        served = seen_by_service(service.deployment.ranker, user_ids, at)

    assert in_batch(town_log, home, town_model, user_ids, at) == answers
    trained = seen_by_training(town_log, model.view, served.pairs, at, home / "more")
    assert_same_bits(model.view, served, trained)
    for user_id, asked in answers.items():
        assert_scores_follow(model, trained, user_id, asked)


@pytest.mark.slow
def test_it_stays_so_while_events_arrive_at_the_running_service(
    town_log: Path, town_model: Path, model: Model, space: Path
) -> None:
    home = space / "running"
    begin, *steps = (FIRST + hours * 60 * MINUTE for hours in (30, 33, 57, 290))
    run(home, "load", "--data", str(small_town.until(town_log, begin, home / "log")))

    with running_service(home, PUSHRANK_MODEL=str(town_model)) as service, opened(service.environment) as own:
        ranker = own.ranker(town_model)
        for place, (since, at) in enumerate(itertools.pairwise([begin, *steps])):
            post(service.call, sorted(small_town.told(town_log, since, at), key=lambda event: event.at))
            user_ids = [USERS[(7 * place + 11 * step) % len(USERS)] for step in range(4)]
            answers = {user_id: over_http(service.call, user_id, at) for user_id in user_ids}

            assert in_batch(town_log, home, town_model, user_ids, at) == answers
            served = seen_by_service(ranker, user_ids, at)
            trained = seen_by_training(town_log, model.view, served.pairs, at, home / f"more-{place}")
            assert_same_bits(model.view, served, trained)
            for user_id, asked in answers.items():
                assert_scores_follow(model, trained, user_id, asked)


def post(call: Caller, events: Sequence[Event]) -> None:
    for start in range(0, len(events), 1000):
        answer = call.post("/v1/events", {"events": [small_town.body_of(one) for one in events[start : start + 1000]]})
        assert answer.status_code == 200, answer.text
        assert answer.json()["rejected"] == []


@pytest.fixture(scope="module")
def early(town_log: Path, space: Path) -> Path:
    """A home that knows the log up to the first moment, and nothing of what came later."""
    home = space / "early"
    run(home, "load", "--data", str(small_town.until(town_log, FIRST, home / "log")))
    return home


@settings(max_examples=5, deadline=None, phases=UNSHRUNK)
@given(at=moments, user_ids=some_users, seed=st.integers(0, 10**6), calls=st.integers(1, 9))
def test_events_that_arrive_in_any_order_read_as_a_log_that_held_them(
    town_log: Path, early: Path, model: Model, space: Path, at: Instant, user_ids: list[str], seed: int, calls: int
) -> None:
    home, rng = space / f"live-{next(_folders)}", np.random.default_rng(seed)
    shutil.copytree(early, home)
    events = small_town.told(town_log, FIRST, at)
    shuffled = [events[place] for place in rng.permutation(len(events))]

    with service_in_process(home) as service:
        for some in np.array_split(np.arange(len(shuffled)), calls):
            post(service.call, [shuffled[place] for place in some])
        deployment = service.deployment
        ranker = Ranker(
            deployment.store, deployment.catalogue, deployment.policy, deployment.pseudonyms.of, model.served
        )
        served = seen_by_service(ranker, user_ids, at)

    assert_same_bits(model.view, served, seen_by_training(town_log, model.view, served.pairs, at, home / "more"))
