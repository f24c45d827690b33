from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pushrank.domain.codes import Kind, Purpose
from pushrank.domain.instants import instant
from pushrank.logs import ColumnMap, LogError, Severity, open_log, validate
from pushrank.logs.importers import IMPORTERS, import_newsletter, import_open_bandit
from pushrank.logs.importers.newsletter import CLEANED

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
NONE = ColumnMap()


def real(name: str) -> Path:
    if not (SHARED / name).is_dir():
        pytest.skip(f"the real log {name} is not beside the repository (shared/data/{name})")
    return SHARED / name


def test_the_newsletter_log_comes_in_whole_and_sound(tmp_path: Path) -> None:
    (folder,) = import_newsletter(real("newsletter"), tmp_path / "log")
    log = open_log(folder, NONE)
    outcomes = log.frame("outcomes")
    assert len(outcomes) == 233_298
    assert outcomes["opened"].mean() == pytest.approx(0.184, abs=0.01)
    assert outcomes["clicked"].mean() == pytest.approx(0.0245, abs=0.001)
    assert outcomes["sent_at"].min() == instant("2019-01-02T12:03:48Z")
    assert not [fault for fault in validate(log) if fault.severity is Severity.FATAL]
    assert {facts.timezone for facts in log.users().values()} == {"America/New_York"}


def test_departures_after_a_cleaning_of_the_list_are_unknown_unless_asked_for(tmp_path: Path) -> None:
    import_newsletter(real("newsletter"), tmp_path / "careful")
    import_newsletter(real("newsletter"), tmp_path / "all", keep_cleaned=True)
    careful, everything = (open_log(tmp_path / name, NONE).frame("outcomes") for name in ("careful", "all"))
    assert set(careful["message_id"][careful["opted_out"] < 0]) == CLEANED
    assert (everything["opted_out"] >= 0).all()
    assert everything["opted_out"].mean() == pytest.approx(0.0055, abs=0.001)
    told = careful["opted_out"] >= 0
    pd.testing.assert_frame_equal(careful[told], everything[told])


def test_what_became_of_a_send_is_no_attribute_of_it(tmp_path: Path) -> None:
    import_newsletter(real("newsletter"), tmp_path)
    messages = open_log(tmp_path, NONE).messages()
    assert len(messages) == 42
    first = messages[0]
    assert (first.category, first.kind, first.purpose) == ("newsletter", Kind.INFORM, Purpose.RECOMMENDATION)
    assert first.title.startswith("New Year")
    assert dict(first.attributes) == {
        "subject_length": 71,
        "subject_num_words": 12,
        "num_words": 364,
        "num_links": 17,
        "num_clickable_pics": 5,
        "num_unclickable_pics": 3,
    }


@pytest.fixture(scope="module")
def bandit(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return import_open_bandit(real("open_bandit"), tmp_path_factory.mktemp("open_bandit"))


def test_each_policy_and_campaign_of_open_bandit_is_a_sound_log_of_its_own(bandit: list[Path]) -> None:
    assert sorted(folder.name for folder in bandit) == [
        f"{policy}_{campaign}" for policy in ("bts", "random") for campaign in ("all", "men", "women")
    ]
    for folder in bandit:
        log = open_log(folder, NONE)
        assert len(log.frame("outcomes", columns=["user_id"])) == 10_000
        assert not [fault for fault in validate(log) if fault.severity is Severity.FATAL]
        assert log.has_label("click")
        assert not log.has_label("opt_out")


def test_the_random_policy_of_open_bandit_chose_evenly_among_its_candidates(bandit: list[Path]) -> None:
    log = open_log(bandit[0], NONE)
    outcomes = log.frame("outcomes")
    assert bandit[0].name == "random_all"
    assert outcomes["propensity"].tolist() == pytest.approx([1 / 80] * 10_000)
    assert outcomes["clicked"].sum() == 38
    shown, offered = outcomes["message_id"].iloc[0], outcomes["candidates"].iloc[0]
    assert shown in offered
    assert len(set(offered)) == 80
    assert len(log.users()) == outcomes["user_id"].nunique() == 240


@pytest.mark.parametrize("name", sorted(IMPORTERS))
def test_a_source_that_is_not_there_is_named_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(LogError, match="no such file"):
        IMPORTERS[name](tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_source_without_a_column_is_named_with_it(tmp_path: Path) -> None:
    pd.DataFrame({"user_id": ["u"]}).to_csv(tmp_path / "public_events.csv.gz", index=False)
    with pytest.raises(LogError, match=r"public_events\.csv\.gz, send_id: expected a column send_id"):
        import_newsletter(tmp_path, tmp_path / "out")
