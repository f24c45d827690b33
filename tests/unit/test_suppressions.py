"""The list of whom no model may learn from: how it is written and read."""

from __future__ import annotations

import pytest

from pushrank.domain.instants import instant
from pushrank.rights import suppressions
from pushrank.rights.suppressions import SuppressionError, Suppressions

AT = instant("2026-11-24T00:00:00+00:00")
TOKENS = [f"t_{digit * 32}" for digit in "abc"]
KEY = "0a1b2c3d"


def read(text: str) -> Suppressions:
    return suppressions.read(text, "list.txt", KEY)


def test_what_was_written_is_read_again() -> None:
    listed = Suppressions(frozenset(TOKENS[:2]), frozenset(TOKENS[2:]))
    text = suppressions.written(listed, KEY, AT)
    assert text.splitlines() == [
        f"# suppression-key {KEY} at 2026-11-24T00:00:00+00:00",
        *TOKENS[:2],
        f"{TOKENS[2]} marketing",
    ]
    assert read(text) == listed
    assert len(listed) == 3


def test_tokens_and_ids_may_be_mixed_with_remarks_and_blank_lines() -> None:
    found = read(f"user_id\n# people of the old shop\n\nu-1\n  {TOKENS[0]}  \nu-2 marketing\nu-1\nold name\n")
    assert found == Suppressions(frozenset({"u-1", "old name", TOKENS[0]}), frozenset({"u-2"}))


def test_a_list_under_a_foreign_key_is_refused_by_name() -> None:
    with pytest.raises(SuppressionError, match=r"list.txt: line 2: expected .*'0a1b2c3d', got 'ffffffff'"):
        read(f"u-1\n# suppression-key ffffffff at 2026-11-24T00:00:00+00:00\n{TOKENS[0]}\n")


def test_a_token_with_an_unknown_scope_is_refused_since_it_would_match_nobody() -> None:
    for line in (f"{TOKENS[0]} research", f"{TOKENS[0]}0"):
        with pytest.raises(SuppressionError, match="line 1: expected a token"):
            read(line)


def test_ids_of_people_who_come_back_are_read_once_each() -> None:
    assert suppressions.names("user_id\nu-2\n# why\n\nu-1\nu-2\n") == ("u-2", "u-1")
