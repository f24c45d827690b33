from __future__ import annotations

from pathlib import Path

import pandas as pd
from typer.testing import CliRunner

from training.import_log import app as import_log
from training.validate import app as validate

RUN = CliRunner()
OUTCOMES = (
    "user_id,message_id,sent_at,clicked\nu1,m-1,2026-11-23T10:00:00Z,1\nu2,m-1,2026-11-23T10:00:00Z,0\n"
    "u3,[m],2026-11-23T10:00:00Z,0\n"
)


def log(root: Path, outcomes: str) -> str:
    (root / "messages.csv").write_text("message_id,category\nm-1,news\n")
    (root / "outcomes.csv").write_text(outcomes)
    return str(root)


def test_warnings_alone_end_well_and_show_what_came_as_it_is(tmp_path: Path) -> None:
    answer = RUN.invoke(validate, ["--data", log(tmp_path, OUTCOMES)])
    assert answer.exit_code == 0, answer.output
    assert "'[m]'" in answer.output
    assert "0 fatal faults, 2 warnings" in answer.output


def test_a_fatal_fault_ends_with_1_and_is_told_with_its_place(tmp_path: Path) -> None:
    answer = RUN.invoke(validate, ["--data", log(tmp_path, OUTCOMES.replace("T10:00:00Z,1", "T10:00:00,1"))])
    assert answer.exit_code == 1
    line = next(line for line in answer.output.splitlines() if "fatal" in line)
    assert line.split()[:4] == ["fatal", "outcomes.csv", "1", "sent_at"]


def test_a_folder_that_is_not_there_ends_with_1_and_a_map_that_is_not_there_with_2(tmp_path: Path) -> None:
    assert RUN.invoke(validate, ["--data", str(tmp_path / "nowhere")]).exit_code == 1
    assert RUN.invoke(validate, ["--data", str(tmp_path), "--columns", "nothing"]).exit_code == 2
    assert RUN.invoke(validate, []).exit_code == 2


def test_a_log_of_rees46_is_read_under_its_published_columns(tmp_path: Path) -> None:
    (tmp_path / "messages.csv").write_text(
        "id,message_id,campaign_id,message_type,client_id,channel,category,sent_at,is_opened,opened_first_time_at,"
        "is_clicked,clicked_first_time_at,is_unsubscribed,unsubscribed_at,is_purchased,purchased_at\n"
        "1,a-b,31,bulk,15,mobile_push,,2021-04-30 07:24:34,t,2021-04-30 08:00:00,t,2021-04-30 08:01:00,f,,f,\n"
        "2,a-c,31,bulk,16,mobile_push,,2021-04-30 07:24:34,f,,f,,t,2021-05-01 00:00:00,f,\n"
    )
    (tmp_path / "campaigns.csv").write_text(
        "id,campaign_type,channel,topic,started_at,finished_at,subject_with_emoji\n"
        "31,bulk,mobile_push,sale,2021-04-30 07:22:36.615023,2021-04-30 07:23:41,True\n"
        "31,transactional,email,,,,\n"
    )
    (tmp_path / "client_first_purchase_date.csv").write_text("client_id,first_purchase_date\n15,2020-01-01\n16,\n")
    answer = RUN.invoke(validate, ["--data", str(tmp_path), "--columns", "columns-rees46"])
    assert answer.exit_code == 0, answer.output
    assert "0 fatal" in answer.output


def test_an_import_says_what_it_wrote_and_refuses_what_does_not_belong(tmp_path: Path) -> None:
    missing = RUN.invoke(import_log, ["--format", "newsletter", "--source", str(tmp_path), "--out", str(tmp_path)])
    assert missing.exit_code == 1
    assert "public_events.csv.gz" in missing.output
    arguments = ["--format", "open_bandit", "--source", str(tmp_path), "--out", str(tmp_path), "--keep-cleaned"]
    assert RUN.invoke(import_log, arguments).exit_code == 2
    counts = {name: [1] for name in ("subject_length", "subject_num_words", "num_words", "num_links")}
    pictures = {"num_clickable_pics": [1], "num_unclickable_pics": [0]}
    send = {"send_id": ["s20"], "sent_at": ["2019-01-02T12:03:48Z"], "subject": ["Hello"]}
    pd.DataFrame(send | counts | pictures).to_csv(tmp_path / "sends_public.csv", index=False)
    event = {"user_id": ["u1"], "send_id": ["s20"], "sent_at": ["2019-01-02T12:03:48Z"]}
    flags = {"opened": [1], "clicked": [0], "left_list_after": [1]}
    pd.DataFrame(event | flags).to_csv(tmp_path / "public_events.csv.gz", index=False)
    out = str(tmp_path / "log")
    written = RUN.invoke(import_log, ["--format", "newsletter", "--source", str(tmp_path), "--out", out])
    assert written.exit_code == 0, written.output
    assert "1 outcomes, 1 messages, 1 users" in written.output
