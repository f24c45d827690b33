from __future__ import annotations

import re

import pytest

from pushrank.domain.instants import DAY
from pushrank.rights.keys import SCOPES, new_key, verified
from pushrank.rights.pseudonyms import Secret
from tests.small_policies import NOON

SECRET = Secret(b"s" * 32)


def test_a_key_opens_what_it_was_made_for_and_its_row_does_not_contain_it() -> None:
    key = new_key(SECRET, ["rank", "events:write", "rank"], NOON)
    assert re.fullmatch(r"pr_[0-9a-f]{12}_[0-9a-f]{48}", key.text)
    assert key.row.scopes == ("rank", "events:write")
    assert key.text.split("_")[2] not in repr(key.row)
    assert verified(SECRET, key.text, [key.row], NOON) == key.row


def test_two_keys_are_never_the_same() -> None:
    assert len({new_key(SECRET, SCOPES, NOON).text for _ in range(50)}) == 50


@pytest.mark.parametrize("presented", ["", "pr_", "Bearer x", "pr_000000000000_" + "0" * 48, "pr_" + "g" * 12 + "_x"])
def test_a_stranger_opens_nothing(presented: str) -> None:
    assert verified(SECRET, presented, [new_key(SECRET, ["rank"], NOON).row], NOON) is None


def test_another_secret_part_another_id_or_another_deployment_opens_nothing() -> None:
    key, other = new_key(SECRET, ["rank"], NOON), new_key(SECRET, ["rank"], NOON)
    rows = [key.row, other.row]
    _, key_id, text = key.text.split("_")
    assert verified(SECRET, f"pr_{key_id}_{text[:-1]}{'0' if text[-1] != '0' else '1'}", rows, NOON) is None
    assert verified(SECRET, f"pr_{other.row.key_id}_{text}", rows, NOON) is None
    assert verified(SECRET, key.text + "\n", rows, NOON) is None
    assert verified(Secret(b"t" * 32), key.text, rows, NOON) is None


def test_a_key_ends_when_it_was_told_to() -> None:
    key = new_key(SECRET, ["rank"], NOON, days=2)
    assert verified(SECRET, key.text, [key.row], NOON + 2 * DAY - 1) is not None
    assert verified(SECRET, key.text, [key.row], NOON + 2 * DAY) is None


@pytest.mark.parametrize(
    ("scopes", "days", "expected"),
    [([], None, "scopes: expected some of rank"), (["root"], None, "got root"), (["rank"], 0, "days: expected 1")],
)
def test_what_makes_no_key_is_named(scopes: list[str], days: int | None, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        new_key(SECRET, scopes, NOON, days)
