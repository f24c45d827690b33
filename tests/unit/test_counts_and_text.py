"""Counts across users are whole numbers of complete hours; a text's figures are its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushrank.features import counts
from pushrank.features.counts import COUNT_COLUMNS, CountTable
from pushrank.features.keys import key
from pushrank.features.text import TextBasis, fit_basis

ROWS = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 400), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=40
)


@given(rows=ROWS, bucket=st.integers(0, 450), chunks=st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_counts_equal_a_plain_sum_over_earlier_hours(
    rows: list[tuple[int, int, int, int]], bucket: int, chunks: int
) -> None:
    table = CountTable()
    for chunk in np.array_split(np.array(rows, dtype=np.int64), chunks):
        numbers = np.column_stack((chunk[:, 2:], chunk[:, 2:]))
        table.add(chunk[:, 0], chunk[:, 0] % 2 + 10, chunk[:, 1], numbers)
        table.figures(chunk[:1, 0], chunk[:1, 0] % 2 + 10, np.array([bucket // 2]))

    found = table.figures(np.array([1]), np.array([11]), np.array([bucket]))[0]

    before = [row for row in rows if row[1] < bucket]
    expected = {
        "message_sends": sum(row[2] for row in before if row[0] == 1),
        "category_clicks": sum(row[3] for row in before if row[0] % 2 == 1),
        "category_week_sends": sum(row[2] for row in before if row[0] % 2 == 1 and row[1] >= bucket - 168),
        "everyone_opt_outs": sum(row[2] for row in before),
    }
    assert expected == {name: found[COUNT_COLUMNS.index(name)] for name in expected}


def test_rows_of_one_hour_take_the_room_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "_MOST_ADDED", 50)
    rng, table, twin = np.random.default_rng(2), CountTable(), CountTable()
    added = [
        (rng.integers(1, 4, 20), np.full(20, 9), rng.integers(0, 5, 20), rng.integers(0, 3, (20, 4))) for _ in range(30)
    ]
    for rows in added:
        table.add(*rows)
    twin.add(*(np.concatenate(column) for column in zip(*added, strict=True)))
    assert sum(map(len, (table._table, *table._added))) <= 3 * 5 + 50
    asked = np.repeat([1, 2, 3], 6), np.full(18, 9), np.tile(np.arange(6), 3)
    assert np.array_equal(table.figures(*asked), twin.figures(*asked))
    assert all(len(series.places) <= 3 * 5 for series in table._as_of(5))


def test_a_message_nobody_got_has_zeros() -> None:
    assert not CountTable().figures(np.array([5]), np.array([6]), np.array([7])).any()


def test_keys_are_the_same_on_every_machine() -> None:
    assert key("sport.tennis") == 2429306649611300799
    assert (key(None), key("")) == (0, 0)
    assert key("a") != key("b")


def test_a_text_has_the_same_figures_alone_and_with_others_fitted() -> None:
    basis = fit_basis(["Rain tomorrow", "明天有雨", "Run five kilometres", "Rain today"], 512, 3, seed=1)

    assert np.array_equal(basis.embed("明天有雨"), TextBasis.from_dict(basis.to_dict()).embed("明天有雨"))
    assert basis.embed("明天有雨").any()
    assert not basis.embed("").any()


def test_alike_texts_lie_closer_than_others() -> None:
    texts = ["Rain in the north tomorrow", "Rain in the south tomorrow", "Half price on shoes", "Half price on hats"]
    basis = fit_basis(texts, 2048, 2, seed=1)
    rain, more_rain, shoes, _ = (basis.embed(text) for text in texts)

    assert np.linalg.norm(rain - more_rain) < np.linalg.norm(rain - shoes)


def test_few_texts_give_zeros_for_the_rest() -> None:
    assert fit_basis(["only one"], 64, 4, seed=1).embed("only one").tolist() == [0, 0, 0, 0]
