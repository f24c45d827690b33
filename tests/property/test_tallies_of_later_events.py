from __future__ import annotations

from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from pushrank.domain.codes import EventType
from pushrank.domain.event import Event
from pushrank.domain.instants import HOUR
from pushrank.features.tallies import added_by, canonical, tally

KINDS = (EventType.SENT, EventType.CLICKED, EventType.DISMISSED, EventType.OPTED_OUT, EventType.ACTIVITY)
ABOUT = frozenset({EventType.SENT, EventType.CLICKED, EventType.DISMISSED, EventType.FAILED})


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Event], list[Event]]:
    """Events of one user, in order, cut in two; only the first part holds failures."""

    def event(place: int, kinds: tuple[EventType, ...]) -> Event:
        kind, message = draw(st.sampled_from(kinds)), f"m-{draw(st.integers(0, 2))}"
        decision = draw(st.none() | st.just("d-1")) if kind in ABOUT else None
        scope = draw(st.sampled_from([None, "all", "sport"])) if kind is EventType.OPTED_OUT else None
        return Event(
            f"e-{place}", kind, "u", place * 9 * HOUR, message if kind in ABOUT else None, decision, scope=scope
        )

    older, newer = draw(st.integers(0, 15)), draw(st.integers(1, 4))
    before = [event(place, (*KINDS, EventType.FAILED)) for place in range(older)]
    return draw(st.permutations(before)), [event(older + place, KINDS) for place in range(newer)]


SENT = Event("e-0", EventType.SENT, "u", 0, "m-0")


@given(histories())
@example(([SENT], [replace(SENT, event_id="e-1", type=EventType.OPTED_OUT, at=HOUR, message_id=None)]))
@example(([SENT, replace(SENT, event_id="e-1", type=EventType.FAILED)], [replace(SENT, event_id="e-2", at=HOUR)]))
def test_later_events_add_what_tallying_everything_again_would(series: tuple[list[Event], list[Event]]) -> None:
    before, fresh = series
    everything = tally([*before, *fresh])
    everything.subtract(tally(before))
    assert {place: n for place, n in everything.items() if n} == dict(added_by(canonical(fresh), before))
