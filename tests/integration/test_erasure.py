"""The end of a user by call: nothing of them is left in any file, and nothing brings them back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from pushrank.logs import write_table
from pushrank.rights.trained_on import TrainedOn, tokens
from pushrank.transfer import exporting
from pushrank.transfer.exporting import export_log
from pushrank.wording import LANGUAGES
from tests.small_service import MESSAGES, SmallService, lay_champion, service_in_process

USER = "u-canary-raw"
AT = "2026-11-23T09:00:00Z"


def event(name: str, type_: str, **more: object) -> dict[str, object]:
    return {"event_id": name, "type": type_, "user_id": USER, "at": AT, **more}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[SmallService]:
    lay_champion(tmp_path)
    with service_in_process(tmp_path) as service:
        assert service.call.post("/v1/messages", {"messages": MESSAGES}).status_code == 200
        yield service


def fill(house: SmallService) -> str:
    events = [
        event("canary-e1", "sent", message_id="m-news"),
        event("canary-e2", "clicked", message_id="m-news"),
        event("canary-e3", "activity", kind="view", tags=["canary-tag"], items=["canary-item"]),
        event("canary-e4", "feedback", message_id="m-news", reason="not_relevant", comment="canary-comment"),
    ]
    assert house.call.post("/v1/events", {"events": events}).json()["accepted"] == 4
    assert house.call("PATCH", f"/v1/users/{USER}/preferences", {"tags": {"canary-blocked": False}}).status_code == 200
    kept = house.call.post(
        "/v1/rank",
        {"user_id": USER, "candidates": ["m-match"], "at": "2026-11-23T10:00:00Z"},
        headers={"Idempotency-Key": f"canary-{USER}"},
    )
    assert kept.status_code == 200
    return str(kept.json()["decision_id"])


def hits(folder: Path, *words: str) -> list[str]:
    """Files that hold one of the words, Parquet decompressed."""
    found = []
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        held = path.read_bytes()
        if path.name.endswith(".parquet"):
            held += str(pq.read_table(path, partitioning=None).to_pydict()).encode()
        found += [f"{path.name}: {word}" for word in words if word.encode() in held]
    return found


def test_no_byte_of_an_erased_user_is_left_and_nothing_brings_them_back(house: SmallService, tmp_path: Path) -> None:
    decision, key = fill(house), house.deployment.pseudonyms.of(USER)
    log = tmp_path / "exported"
    export_log(house.deployment.store, log, 0, house.deployment.secrets.key.key_id, "here")
    assert hits(tmp_path, USER, key, "canary")
    receipt = house.call("DELETE", f"/v1/users/{USER}").json()
    assert (receipt["erased_before"], receipt["scrubbed"]) == (False, True)
    assert receipt["rows"]["events"] == 4
    assert receipt["files"]
    assert hits(tmp_path, USER, key, "canary") == []
    assert sum(delta.sends + delta.clicks for delta in house.deployment.store.all_counts()) == 0
    late = house.call.post("/v1/events", {"events": [event("late", "clicked", message_id="m-news")]}).json()
    assert [one["code"] for one in late["rejected"]] == ["erased"]
    answer = house.call.rank(user_id=USER, candidates=["m-news"])
    assert [one["code"] for one in answer["excluded"]] == ["opted_out"]
    assert house.call.post(f"/v1/decisions/{decision}/confirm", {}).status_code == 404
    assert house.call("GET", f"/v1/users/{USER}/preferences").status_code == 410
    assert house.call("DELETE", f"/v1/users/{USER}").json()["erased_before"] is True
    assert hits(tmp_path, USER, key, "canary") == []


def test_a_second_erasure_finishes_files_that_a_crash_left(house: SmallService, tmp_path: Path) -> None:
    fill(house)
    store, log = house.deployment.store, tmp_path / "exported"
    export_log(store, log, 0, house.deployment.secrets.key.key_id, "here")
    before = (log / "outcomes.parquet").read_bytes()
    house.call("DELETE", f"/v1/users/{USER}")
    (log / "outcomes.parquet").write_bytes(before)
    assert house.call("DELETE", f"/v1/users/{USER}").json()["files"] == [str(log / "outcomes.parquet")]


def test_models_that_were_trained_with_the_user_are_named_with_a_deadline(house: SmallService) -> None:
    key, tomb = house.deployment.pseudonyms.of(USER), house.deployment.secrets.tomb
    lists = TrainedOn(house.deployment.home.trained_on)
    lists.write("3", np.append(tokens([f"p_{number}" for number in range(100)], tomb), tokens([key], tomb)))
    lists.write("4", tokens(["p_somebody"], tomb))
    receipt = house.call("DELETE", f"/v1/users/{USER}").json()
    assert receipt["models"] == ["3"]
    assert receipt["retrain_by"] == "2026-12-23T10:00:00+00:00"
    assert "model_marks" in {one["code"] for one in receipt["remains"]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_names_only_what_the_erasure_does_not_reach_in_the_language_asked_for(
    house: SmallService, tmp_path: Path, language: str
) -> None:
    fill(house)
    key_id, kept, moved = house.deployment.secrets.key.key_id, tmp_path / "kept", tmp_path / "moved"
    for folder in (kept, moved):
        export_log(house.deployment.store, folder, 0, key_id, "here")
    moved.rename(tmp_path / "elsewhere")
    answer = house.call("DELETE", f"/v1/users/{USER}?language={language}")
    receipt = answer.json()
    assert (receipt["language"], answer.headers["content-language"]) == (language, language)
    codes = {name: [one["code"] for one in receipt[name]] for name in ("remains", "outside")}
    assert codes["remains"] == ["mark", "ledger_digests", "sums", "unlisted_models"]
    expected = ["backups", "sender_systems", "push_provider", "device", "exported_copies", "foreign_tracking"]
    assert codes["outside"] == expected
    assert receipt["exports_missing"] == [str(moved)]
    texts = [one["text"] for name in codes for one in receipt[name]]
    assert all(text.isascii() == (language == "en") for text in texts)


def test_an_erasure_in_a_language_that_is_not_known_erases_nothing(house: SmallService) -> None:
    fill(house)
    assert house.call("DELETE", f"/v1/users/{USER}?language=tlh").status_code == 422
    assert house.call("GET", f"/v1/users/{USER}/preferences").status_code == 200


def test_somebody_of_whom_nothing_is_known_is_erased_all_the_same(house: SmallService) -> None:
    assert house.call("DELETE", "/v1/users/u-nobody").json()["rows"] == {}
    assert len(list(house.deployment.store.tombstones())) == 1
    assert house.call("DELETE", "/v1/users/u-nobody", key=house.key("preferences")).status_code == 403


def test_who_is_erased_while_a_log_is_exported_is_not_in_it(
    house: SmallService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(house)
    store, log, key = house.deployment.store, tmp_path / "exported", house.deployment.pseudonyms.of(USER)
    write = write_table

    def written(out: Path, name: str, frame: pd.DataFrame) -> None:
        if name == "outcomes":
            assert house.call("DELETE", f"/v1/users/{USER}").status_code == 200
        write(out, name, frame)

    monkeypatch.setattr(exporting, "write_table", written)
    export_log(store, log, 0, house.deployment.secrets.key.key_id, "here")
    assert hits(log, USER, key, "canary") == []


def test_a_list_that_is_asked_for_too_long_a_page_is_refused(house: SmallService) -> None:
    for limit in ("0000500000", "00001" + "0" * 20, "00001" + "0" * 5_000, "1001", "0"):
        assert house.call("GET", f"/v1/messages?limit={limit}").status_code == 422


def test_predictions_over_a_log_of_raw_ids_lose_the_user_too(house: SmallService, tmp_path: Path) -> None:
    path = tmp_path / "report" / "predictions.parquet"
    path.parent.mkdir()
    pd.DataFrame({"user_id": [USER, "u-other"], "p_click": [0.1, 0.2]}).to_parquet(path)
    assert house.call("DELETE", f"/v1/users/{USER}").json()["files"] == [str(path)]
    assert pd.read_parquet(path)["user_id"].tolist() == ["u-other"]
