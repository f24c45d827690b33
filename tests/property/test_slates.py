"""A slate is what choosing one message at a time gives, each as if those before it had just been sent."""

from __future__ import annotations

from hypothesis import given, settings

from pushrank.domain.instants import Instant
from tests.small_slates import Choice, choices


def one_by_one(choice: Choice) -> list[tuple[str, Instant, float]]:
    slate: list[tuple[str, Instant, float]] = []
    left = choice.one()
    while len(slate) < choice.slots:
        found = left.select()
        if not found.slate:
            break
        row = left.rows[found.rows[0]]
        slate.append((row.message.message_id, row.send_at, found.slate[0].scored.net_value))
        left = left.without(row)
    return slate


@given(choice=choices())
@settings(max_examples=200, deadline=None)
def test_a_slate_is_what_choosing_one_at_a_time_gives(choice: Choice) -> None:
    found = choice.select()
    slate = [(one.scored.message_id, one.send_at, one.scored.net_value) for one in found.slate]
    assert slate == one_by_one(choice)
    passed_over = [one.message_id for one in found.passed_over]
    excluded = [one.message_id for one in found.excluded]
    assert sorted([*(name for name, *_ in slate), *passed_over, *excluded]) == sorted(choice.names())
    assert found.propensity == 1.0


@given(choice=choices())
@settings(max_examples=100, deadline=None)
def test_what_a_slate_excluded_has_no_row_that_is_still_allowed(choice: Choice) -> None:
    found = choice.select()
    left = choice
    for row in [choice.rows[place] for place in found.rows]:
        left = left.without(row)
    for removed in found.excluded:
        assert removed.message_id not in left.names()
