"""What only few users say of themselves is in no model: its vocabulary could point at a person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pushrank.config import TrainingConfig, load
from pushrank.config.home import shipped
from pushrank.config.types import AttributeSpec
from pushrank.features.facts import AttributeCode
from pushrank.learning.dataset import LEAST_USERS, fit_view
from pushrank.learning.source import open_source
from pushrank.logs import open_log, write_table

CONFIG = replace(
    load(shipped("training", "default"), TrainingConfig),
    attributes=(AttributeSpec("user", "job", "label"), AttributeSpec("message", "brand", "label")),
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Bakers and a few more clerks than enough, one astronaut; each was sent one push, except for who is a guard."""
    jobs = ["baker"] * LEAST_USERS + ["clerk"] * (LEAST_USERS + 1) + ["astronaut"] * (LEAST_USERS - 1)
    people = pd.DataFrame({"user_id": [f"u-{place:03}" for place in range(len(jobs))], "job": jobs})
    unsent = pd.DataFrame({"user_id": [f"v-{place:03}" for place in range(30)], "job": "guard"})
    write_table(tmp_path, "users", pd.concat([people, unsent], ignore_index=True))
    sent = pd.Timestamp("2026-09-01", tz="UTC")
    write_table(tmp_path, "outcomes", people[["user_id"]].assign(message_id="m-1", sent_at=sent, clicked=False))
    write_table(tmp_path, "messages", pd.DataFrame({"message_id": ["m-1"], "category": ["news"], "brand": ["north"]}))
    return tmp_path


def codes(log: Path, *suppressed: str) -> tuple[AttributeCode, ...]:
    return fit_view(open_source(open_log(log), CONFIG, suppressed=suppressed), CONFIG).attributes


def test_a_value_that_few_users_bear_has_no_code_of_its_own(log: Path) -> None:
    job, brand = codes(log)
    assert job.vocabulary == ("baker", "clerk")
    assert job.code("astronaut") == job.code("never heard of") != job.code("baker")
    assert brand.vocabulary == ("north",), "messages are no people"


def test_who_is_left_out_and_who_was_sent_nothing_make_no_value_common(log: Path) -> None:
    assert codes(log, "u-000")[0].vocabulary == ("clerk",)
    assert codes(log, "u-000", f"u-{LEAST_USERS:03}", f"u-{LEAST_USERS + 1:03}")[0].vocabulary == ()
