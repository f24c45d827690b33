"""Holds, confirms, releases and the clock against a plain model of them, over each store.

The model knows nothing of SQL, slots or constraints: a list of pushes, and the two sentences of the contract on what a
rolling cap is and on what an expired hold is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from pushrank.config.types import CapRule
from pushrank.domain.codes import HoldState, Mode
from pushrank.domain.instants import DAY, HOUR, MINUTE, SECOND
from pushrank.ranking.holds import Confirmation
from tests.contract.stores import ADDRESSES
from tests.small_house import House, codes_of, slate_of
from tests.small_policies import NOON, message

HELD_FOR = 5 * MINUTE
CAPS = {HOUR: 1, DAY: 2}
RULES = (CapRule(1, "1h"), CapRule(2, "24h"))
CONTENTS = [f"m-{number}" for number in range(20)]


@dataclass
class Held:
    """A push as the model knows it: until when it is held, None once it is confirmed; `over` once it counts no more."""

    content: str
    at: int
    until: int | None
    over: bool = False
    answer: Confirmation | None = None

    def counts(self, now: int) -> bool:
        return not self.over and (self.until is None or now < self.until)


def fits(others: list[int], at: int) -> bool:
    """Whether no window that ends with a push would hold more than its cap with one more at `at`."""
    times = [*others, at]
    return all(
        sum(end - window < time <= end for time in times) <= most
        for window, most in CAPS.items()
        for end in times
        if at <= end < at + window
    )


class Machine(RuleBasedStateMachine):
    """One user, twenty messages, any order of what may happen to them."""

    kind: str

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.now = NOON
        self.model: dict[str, Held] = {}

    @initialize()
    def opens(self) -> None:
        self.house = House(Path(self.folder.name), address=ADDRESSES[self.kind](Path(self.folder.name)), caps=RULES)
        self.house.put(*(message(name) for name in CONTENTS))

    def _free(self, content: str, besides: Held | None = None) -> bool:
        """Whether the content may be pushed now."""
        live = [held for held in self.model.values() if held is not besides and held.counts(self.now)]
        return all(held.content != content for held in live) and fits([held.at for held in live], self.now)

    @rule(data=st.data())
    def time_passes(self, data: st.DataObject) -> None:
        """Go to a second before, to, or to a second after a moment at which something ends; or a little further."""
        ends = {held.until for held in self.model.values() if held.until is not None}
        ends |= {held.at + window for held in self.model.values() for window in CAPS}
        moments = {end + more for end in ends for more in (-SECOND, 0, SECOND)} | {self.now + SECOND, self.now + MINUTE}
        later = sorted(moment for moment in moments if moment > self.now)
        self.now = data.draw(st.sampled_from(later[:8]) | st.sampled_from(later))

    @rule(content=st.sampled_from(CONTENTS), mode=st.sampled_from([Mode.HOLD, Mode.CONFIRM]))
    def is_ranked(self, content: str, mode: Mode) -> None:
        wanted = self._free(content)
        decision = self.house.rank(content, as_of=self.now, mode=mode)
        assert (slate_of(decision) == [content]) is wanted, codes_of(decision)
        if wanted:
            until = self.now + HELD_FOR if mode is Mode.HOLD else None
            self.model[decision.decision_id] = Held(content, self.now, until)

    @rule(data=st.data())
    def is_confirmed(self, data: st.DataObject) -> None:
        if not self.model:
            return
        decision_id = data.draw(st.sampled_from(list(self.model)))
        held = self.model[decision_id]
        answer = self.house.holds.confirm(decision_id, None, self.now)
        if held.answer is not None or (held.until is None and not held.over):
            assert held.answer is None or answer == held.answer, "a final answer is given again"
            assert held.answer is not None or answer.send == (held.content,)
            return
        if not held.over and self._free(held.content, besides=held):
            assert answer.send == (held.content,), answer.stop
            held.at, held.until = self.now, None
        else:
            assert [stop.message_id for stop in answer.stop] == [held.content]
            assert answer.send == ()
            held.over, held.answer = True, answer

    @rule(data=st.data())
    def is_released(self, data: st.DataObject) -> None:
        if not self.model:
            return
        decision_id = data.draw(st.sampled_from(list(self.model)))
        held = self.model[decision_id]
        assert self.house.holds.release(decision_id, None, self.now) == (held.content,)
        held.over = True

    @invariant()
    def both_hold_the_same(self) -> None:
        live = {(held.content, held.at, held.until) for held in self.model.values() if held.counts(self.now)}
        stored = [push for push in self.house.record().pushes if push.counts(self.now)]
        assert {(push.message_id, push.at, push.expires_at) for push in stored} == live
        assert len(stored) == len(live)

    @invariant()
    def no_window_holds_more_than_its_cap(self) -> None:
        times = [push.at for push in self.house.record().pushes if push.state is HoldState.CONFIRMED]
        for window, most in CAPS.items():
            assert all(sum(end - window < time <= end for time in times) <= most for end in times)

    def teardown(self) -> None:
        self.house.store.close()
        self.folder.cleanup()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ADDRESSES)
def test_whatever_happens_in_whatever_order_the_answers_are_those_of_a_plain_model(kind: str) -> None:
    chosen = settings(max_examples=40, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(type("Machine", (Machine,), {"kind": kind}), settings=chosen)


@pytest.fixture(params=ADDRESSES)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    built = House(tmp_path, address=ADDRESSES[request.param](tmp_path), caps=(CapRule(1, "24h"),))
    built.put(message("m-0"), message("m-1"))
    return built


@pytest.mark.parametrize(("span", "free"), [(DAY - SECOND, False), (DAY, True), (DAY + SECOND, True)])
def test_a_window_is_counted_from_the_confirm_and_is_free_again_exactly_at_its_end(
    house: House, span: int, *, free: bool
) -> None:
    decision = house.rank("m-0", as_of=NOON - MINUTE)
    assert house.holds.confirm(decision.decision_id, None, NOON).send == ("m-0",)
    second = house.rank("m-1", as_of=NOON + span)
    if free:
        assert house.holds.confirm(second.decision_id, None, NOON + span).send == ("m-1",)
    else:
        assert [(out.code.value, out.until) for out in second.excluded] == [("cap_day", NOON + DAY)]


@pytest.mark.parametrize(("span", "held"), [(HELD_FOR - SECOND, True), (HELD_FOR, False), (HELD_FOR + SECOND, False)])
def test_a_hold_takes_its_place_until_it_expires_and_no_longer(house: House, span: int, *, held: bool) -> None:
    first = house.rank("m-0", as_of=NOON)
    second = house.rank("m-1", as_of=NOON + span)
    assert (slate_of(second) == []) is held
    answer = house.holds.confirm(first.decision_id, None, NOON + span)
    assert (answer.send == ("m-0",)) is held, "an expired hold is taken again only if nobody took its place"


@pytest.mark.parametrize("span", [HELD_FOR - SECOND, HELD_FOR, HELD_FOR + SECOND, DAY - SECOND, DAY, DAY + SECOND])
def test_an_expired_hold_whose_place_is_free_is_confirmed_all_the_same(house: House, span: int) -> None:
    first = house.rank("m-0", as_of=NOON)
    assert house.holds.confirm(first.decision_id, None, NOON + span).send == ("m-0",)
    assert slate_of(house.rank("m-1", as_of=NOON + span + DAY - SECOND)) == []
    assert slate_of(house.rank("m-1", as_of=NOON + span + DAY)) == ["m-1"]
