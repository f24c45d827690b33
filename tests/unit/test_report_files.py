"""The files that evaluation writes."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pushrank.evaluation.predictions import write_predictions
from pushrank.evaluation.report import build_report
from pushrank.evaluation.writing import write_report
from tests.scored_rows import CONFIG, scored_rows

ADDRESSES = {"src", "srcset", "href", "action", "data", "poster", "background"}


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ADDRESSES]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report") / "new" / "folder"
    write_report(out, build_report(scored_rows(), CONFIG), title="Town <1>")
    return out


def _page(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def test_the_json_is_the_report(folder: Path) -> None:
    text = (folder / "report.json").read_text(encoding="utf-8")
    assert json.loads(text) == json.loads(json.dumps(build_report(scored_rows(), CONFIG)))
    assert "NaN" not in text


def test_the_page_asks_for_nothing_from_outside(folder: Path) -> None:
    page = _Page()
    page.feed(_page(folder))
    assert page.addresses
    assert all(address.startswith("data:image/png;base64,") for address in page.addresses)
    assert not {"script", "link", "iframe"} & set(page.tags)
    assert not re.search(r"url\(|@import|https?://", _page(folder))


def test_the_pictures_are_whole_and_there_for_both_themes(folder: Path) -> None:
    found = re.findall(r'(src|srcset)="data:image/png;base64,([^"]+)"', _page(folder))
    kinds = [kind for kind, _ in found]
    assert kinds.count("src") == kinds.count("srcset") == 6
    for _, text in found:
        image = base64.b64decode(text, validate=True)
        assert image.startswith(b"\x89PNG")
        assert image.endswith(b"IEND\xaeB`\x82")


def test_the_page_holds_the_figures(folder: Path) -> None:
    report, page = json.loads((folder / "report.json").read_text(encoding="utf-8")), _page(folder)
    for head in ("click", "opt_out"):
        for figures in (report[head], *report[head]["baselines"].values()):
            assert f"{figures['auc']['value']:.4f}" in page
    assert f"{report['ranking']['ndcg@1']['value']:.4f}" in page
    for name in ("user_rate", "lambdarank", "sport.tennis"):
        assert name in page


def test_texts_of_the_log_are_escaped(folder: Path) -> None:
    assert "&lt;b&gt;promo&lt;/b&gt;" in _page(folder)
    assert "<b>promo</b>" not in _page(folder)
    assert "Town &lt;1&gt;" in _page(folder)


def test_a_page_without_opt_outs_or_clicks_says_so(tmp_path: Path) -> None:
    rows = scored_rows(100)
    rows = dataclasses.replace(rows, click=np.zeros(100, dtype=np.int8), scores={"click": rows.scores["click"]})
    write_report(tmp_path, build_report(rows, CONFIG))
    assert "no such model" in _page(tmp_path)
    assert "one class only: 0 positives in 100 rows" in _page(tmp_path)


def test_a_report_that_is_not_json_writes_nothing(tmp_path: Path) -> None:
    report = build_report(scored_rows(100), CONFIG) | {"rows": float("nan")}
    with pytest.raises(ValueError, match="JSON"):
        write_report(tmp_path, report)
    assert list(tmp_path.iterdir()) == []


def test_predictions_have_a_row_for_each_evaluated_row(tmp_path: Path) -> None:
    rows = scored_rows(50)
    users, messages = [f"u-{code}" for code in range(300)], [f"m-{code}" for code in range(40)]
    write_predictions(tmp_path, rows, users, messages)
    table = pq.read_table(tmp_path / "predictions.parquet")
    assert table.column_names == ["user_id", "message_id", "sent_at", "p_click", "p_opt_out"]
    assert table.schema.field("sent_at").type == pa.timestamp("us", tz="UTC")
    frame = table.to_pandas()
    assert frame["user_id"].tolist() == [f"u-{code}" for code in rows.user]
    assert np.array_equal(frame["p_click"], rows.scores["click"]["model"])
    baselines = pd.read_parquet(tmp_path / "predictions-baselines.parquet")
    assert np.array_equal(baselines["click_user_rate"], rows.scores["click"]["user_rate"])
    assert np.array_equal(baselines["opt_out_constant"], rows.scores["opt_out"]["constant"])


def test_a_head_without_a_model_is_null_in_the_predictions(tmp_path: Path) -> None:
    rows = scored_rows(20)
    rows = dataclasses.replace(rows, scores={"click": rows.scores["click"]})
    write_predictions(tmp_path, rows, [f"u{code}" for code in range(300)], [f"m{code}" for code in range(40)])
    assert pq.read_table(tmp_path / "predictions.parquet")["p_opt_out"].null_count == 20
