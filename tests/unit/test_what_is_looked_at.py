"""The public page has a word for everything that a feature reads."""

from __future__ import annotations

from inspect import signature

import pytest

from pushrank.features.definitions import FEATURES, PLAIN
from pushrank.service.pages.works import looked_at
from pushrank.wording import LANGUAGES
from pushrank.wording.pages import page_text

READ = {column for function in FEATURES.values() for column in signature(function).parameters}
NO_DATA = {"as_of", *(column for column in READ if column.startswith("base_"))}
COLUMNS = sorted({*READ, *PLAIN, "text_0"} - NO_DATA)


@pytest.mark.parametrize("column", COLUMNS)
def test_every_raw_column_belongs_to_a_group_that_has_words(column: str) -> None:
    groups = looked_at([column])
    assert groups
    assert all(page_text(f"works_data_{group}", language) for group in groups for language in LANGUAGES)


def test_a_column_that_nobody_told_of_would_be_seen() -> None:
    assert looked_at(["user_shoe_size"]) == ()
    assert looked_at(["as_of", "base_click"]) == ()
