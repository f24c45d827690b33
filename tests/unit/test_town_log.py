"""The town's log keeps the rules that it promises to keep."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pushrank.config import PurposeSpec, load
from pushrank.config.home import shipped
from pushrank.domain.codes import Purpose
from pushrank.town import Plan, truth_folder, write_town

PLAN = Plan(users=200, days=14, seed=3)
LARGER = Plan(users=1_500, days=28, seed=5)
TABLES = ("users", "messages", "preferences", "consents", "activity", "decisions", "outcomes")


def read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(folder / f"{name}.parquet")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("towns") / "log"
    write_town(PLAN, folder)
    return folder


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("towns") / "larger"
    write_town(LARGER, folder)
    return folder


def test_the_same_plan_gives_the_same_bytes(log: Path, tmp_path: Path) -> None:
    write_town(PLAN, tmp_path / "again")
    for name in TABLES:
        assert (tmp_path / "again" / f"{name}.parquet").read_bytes() == (log / f"{name}.parquet").read_bytes(), name
    for name in ("truth", "instant"):
        again = truth_folder(tmp_path / "again") / f"{name}.parquet"
        assert again.read_bytes() == (truth_folder(log) / f"{name}.parquet").read_bytes(), name


def test_another_seed_gives_another_town(log: Path, tmp_path: Path) -> None:
    write_town(replace(PLAN, seed=4), tmp_path / "other")
    for name in TABLES:
        assert not read(tmp_path / "other", name).equals(read(log, name)), name


def test_nothing_after_the_end_is_known(larger: Path) -> None:
    end = pd.Timestamp(LARGER.end, unit="us", tz="UTC")
    for name in TABLES:
        table = read(larger, name)
        for column in table.columns:
            if column.endswith("_at") or column == "at":
                if column == "expires_at":
                    continue
                assert table[column].dropna().lt(end).all(), f"{name}.{column}"


def test_the_last_hours_hold_reactions_that_are_still_open(larger: Path) -> None:
    outcomes, truth = read(larger, "outcomes"), read(truth_folder(larger), "truth")
    young = outcomes["sent_at"] >= pd.Timestamp(LARGER.end, unit="us", tz="UTC") - pd.Timedelta(minutes=30)
    known, true = outcomes["clicked_at"].notna()[young].mean(), truth["p_click"][young].mean()
    assert young.sum() > 20
    assert known < true


def test_nobody_gets_a_push_after_leaving(larger: Path) -> None:
    outcomes = read(larger, "outcomes")
    left = outcomes.groupby("user_id")["opted_out_at"].min().dropna()
    last = outcomes.groupby("user_id")["sent_at"].max()
    assert len(left) > 20
    assert (last[left.index] < left).all()


def test_who_leaves_leaves_once_and_after_their_last_push(larger: Path) -> None:
    outcomes = read(larger, "outcomes").sort_values("sent_at", kind="stable")
    leaving = outcomes[outcomes["opted_out_at"].notna()]
    assert leaving["user_id"].is_unique
    final = outcomes.groupby("user_id").tail(1)
    assert leaving.index.isin(final.index).all()


def test_reactions_follow_their_push_within_their_window(larger: Path) -> None:
    outcomes = read(larger, "outcomes")
    for column, hours in (("clicked_at", 24), ("dismissed_at", 24), ("opted_out_at", 72)):
        delay = (outcomes[column] - outcomes["sent_at"]).dropna()
        assert (delay > pd.Timedelta(0)).all(), column
        assert (delay < pd.Timedelta(hours=hours)).all(), column


def test_few_leave_and_some_click(larger: Path) -> None:
    outcomes = read(larger, "outcomes")
    assert 0.001 < outcomes["opted_out_at"].notna().mean() < 0.005
    assert 0.04 < outcomes["clicked_at"].notna().mean() < 0.08


def test_a_user_gets_half_a_push_to_three_a_day(larger: Path) -> None:
    outcomes = read(larger, "outcomes")
    stayed = outcomes.groupby("user_id").filter(lambda rows: rows["opted_out_at"].isna().all())
    per_day = stayed.groupby("user_id").size() / LARGER.days
    assert 0.5 < per_day.median() < 2
    assert per_day.quantile(0.99) < 3.5


def test_people_agreed_to_the_purposes_as_they_are_shipped(log: Path) -> None:
    purposes = load(shipped("policy", "purposes"), dict[Purpose, PurposeSpec])
    consents = read(log, "consents")
    assert {(row.purpose, row.policy_version) for row in consents.itertuples()} <= {
        (purpose.value, spec.version) for purpose, spec in purposes.items()
    }


def test_no_push_goes_where_its_purpose_has_no_consent(larger: Path) -> None:
    outcomes, messages = read(larger, "outcomes"), read(larger, "messages")
    sent = outcomes.merge(messages[["message_id", "purpose"]], on="message_id")
    consents = read(larger, "consents")
    granted = set(zip(*(consents[consents["granted"]][name] for name in ("user_id", "purpose")), strict=True))
    for purpose in ("marketing", "research"):
        users = sent.loc[sent["purpose"] == purpose, "user_id"].unique()
        assert len(users) > 20
        assert all((user, purpose) in granted for user in users)


def test_no_push_goes_to_a_category_that_was_switched_off(larger: Path) -> None:
    outcomes, messages = read(larger, "outcomes"), read(larger, "messages")
    sent = outcomes.merge(messages[["message_id", "category"]], on="message_id")
    preferences = read(larger, "preferences")
    off = {user: set(json.loads(text)) for user, text in preferences[["user_id", "categories"]].to_numpy()}
    sent = sent[sent["user_id"].isin(off)]
    assert len(sent) > 500
    roots = sent["category"].str.split(".").str[0]
    assert not any(root in off[user] for user, root in zip(sent["user_id"], roots, strict=True))


def test_a_push_is_new_to_its_user_and_live(larger: Path) -> None:
    outcomes, messages = read(larger, "outcomes"), read(larger, "messages")
    assert not outcomes.duplicated(["user_id", "message_id"]).any()
    sent = outcomes.merge(messages, on="message_id")
    assert (sent["published_at"] <= sent["sent_at"]).all()
    assert (sent["sent_at"] < sent["expires_at"]).all()


def test_nobody_is_addressed_or_active_before_registering(larger: Path) -> None:
    since = read(larger, "users").set_index("user_id")["registered_at"]
    for name, column in (("outcomes", "sent_at"), ("activity", "at")):
        table = read(larger, name)
        assert (table[column].to_numpy() >= since[table["user_id"]].to_numpy()).all(), name
    assert (since > pd.Timestamp(LARGER.start, unit="us", tz="UTC")).mean() > 0.05


def test_every_push_is_the_choice_of_its_decision(log: Path) -> None:
    outcomes, decisions = read(log, "outcomes"), read(log, "decisions")
    assert decisions["decision_id"].is_unique
    silent = decisions["chosen"].str.len() == 0
    assert 0.1 < silent.mean() < 0.5
    joined = outcomes.merge(decisions, on="decision_id", suffixes=("", "_decision"), validate="1:1")
    assert len(joined) == len(outcomes) == (~silent).sum()
    assert (joined["user_id"] == joined["user_id_decision"]).all()
    assert (joined["message_id"] == joined["chosen"].str[0]).all()
    assert (joined["propensity"] == joined["propensity_decision"]).all()
    assert joined["candidates"].str.len().between(1, 16).all()
    assert all(sent in set(ids) for sent, ids in zip(joined["message_id"], joined["candidates"], strict=True))


def test_propensities_are_probabilities(log: Path) -> None:
    propensity = read(log, "decisions")["propensity"]
    assert propensity.between(0, 1, inclusive="right").all()
    assert propensity.min() > 1e-4


def test_the_truth_lies_row_by_row_beside_the_outcomes(log: Path) -> None:
    outcomes, truth = read(log, "outcomes"), read(truth_folder(log), "truth")
    key = ["user_id", "message_id", "sent_at"]
    pd.testing.assert_frame_equal(outcomes[key], truth[key])
    assert truth[["p_click", "p_opt_out"]].gt(0).all(axis=None)
    assert truth[["p_click", "p_opt_out"]].lt(1).all(axis=None)


def test_no_figure_of_the_truth_is_in_the_log(log: Path) -> None:
    assert not any(path.name.startswith(("truth", "instant")) for path in log.iterdir())
    columns = {column for name in TABLES for column in read(log, name).columns}
    assert not columns & {"p_click", "p_opt_out", "quality", "irritation"}


def test_interests_show_in_what_people_view(larger: Path) -> None:
    outcomes, messages, activity = (read(larger, name) for name in ("outcomes", "messages", "activity"))
    views = activity[activity["kind"] == "view"].explode("tags").groupby("user_id")["tags"].agg(set)
    sent = outcomes[outcomes["user_id"].isin(views.index)].merge(messages[["message_id", "tags"]], on="message_id")
    shared = np.array([bool(views[user] & set(tags)) for user, tags in zip(sent["user_id"], sent["tags"], strict=True)])
    clicked = sent["clicked_at"].notna()
    assert clicked[shared].mean() > 1.15 * clicked[~shared].mean()
