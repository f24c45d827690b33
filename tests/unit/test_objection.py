"""An objection to marketing is absolute: such a message is not even scored for this user, on no path."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pushrank.config.types import Exploration, Hours
from pushrank.domain.codes import EventType, Mode, Purpose
from pushrank.domain.instants import DAY, HOUR
from pushrank.domain.user import Consent
from pushrank.ranking.served import Served
from pushrank.scoring.bundle import load, save
from pushrank.scoring.fallback import without_model
from pushrank.scoring.scorer import Floats, Scorer, Scores
from tests.small_house import House, codes_of
from tests.small_models import small_trained
from tests.small_policies import NOON, message

WORTHS = {"m-news": 1.0, "m-offer": 2.0, "m-own": 3.0}
YES = {Purpose.MARKETING: Consent(granted=True)}
POLICIES: dict[str, dict[str, Any]] = {
    "plain": {},
    "hours": {"hours": Hours(12, 3)},
    "exploration": {"exploration": Exploration(0.5, 0.5, 3)},
}


@dataclass
class Watching:
    """A scorer that remembers what it was asked about: the ages of messages, which tell them apart."""

    place: int
    inner: Scorer
    ages: list[float] = field(default_factory=list)

    def score(self, matrix: Floats) -> Scores:
        self.ages += matrix[:, self.place].tolist()
        return self.inner.score(matrix)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Served:
    folder = tmp_path_factory.mktemp("model") / "bundle"
    save(small_trained(), folder)
    return Served.of(load(folder))


def watched(folder: Path, built: Served, **changes: Any) -> tuple[House, Watching, Watching]:
    place = built.view.names.index("message_age_hours")
    both = Watching(place, built.scorer), Watching(place, built.item_only)
    house = House(folder, served=replace(built, scorer=both[0], item_only=both[1]), **changes)
    house.put(
        message("m-news", published_at=NOON - 5 * DAY),
        message("m-offer", "promo.shoes", published_at=NOON - 50 * DAY),
        message("m-own", "news", purpose=Purpose.MARKETING, published_at=NOON - 70 * DAY),
    )
    return house, *both


def seen(*scorers: Watching) -> set[str]:
    """The messages that were scored, by about how many days old they were."""
    days = np.array([age for scorer in scorers for age in scorer.ages]) / 24.0
    names = {5: "m-news", 50: "m-offer", 70: "m-own"}
    return {names[5 if age < 20 else 50 if age < 60 else 70] for age in days}


@pytest.mark.parametrize("setting", POLICIES)
@pytest.mark.parametrize("personalisation", [True, False])
@pytest.mark.parametrize("model", [True, False])
@pytest.mark.parametrize("mode", Mode)
def test_no_marketing_reaches_a_scorer_for_who_objected_and_for_others_it_does(
    tmp_path: Path, bundle: Served, setting: str, mode: Mode, *, personalisation: bool, model: bool
) -> None:
    house, *scorers = watched(tmp_path, bundle if model else Served.of(without_model()), **POLICIES[setting])
    said: dict[str, Any] = {"personalisation": personalisation, "consents": YES, "timezone": "UTC"}
    house.settle(objected=True, **said)
    house.settle("u-2", **said)
    decision = house.rank(*WORTHS, slots=3, mode=mode)
    assert seen(*scorers) == {"m-news"}
    assert {name: codes_of(decision)[name] for name in ("m-offer", "m-own")} == dict.fromkeys(
        ("m-offer", "m-own"), "objected"
    )
    house.rank(everything=True, slots=3, mode=mode, as_of=NOON + HOUR)
    assert seen(*scorers) == {"m-news"}
    house.rank(*WORTHS, slots=3, mode=mode, user="u-2")
    assert seen(*scorers) == set(WORTHS)


def test_an_objection_after_the_hold_stops_the_confirm_and_scores_nothing(tmp_path: Path, bundle: Served) -> None:
    house, *scorers = watched(tmp_path, bundle)
    house.settle(consents=YES, timezone="UTC")
    held = house.rank("m-offer")
    for scorer in scorers:
        scorer.ages.clear()
    house.settle(consents=YES, timezone="UTC", objected=True)
    answer = house.holds.confirm(held.decision_id, None, NOON)
    assert (answer.send, [stop.code.value for stop in answer.stop]) == ((), ["objected"])
    assert seen(*scorers) == set()


def test_a_new_yes_does_not_overrule_an_objection(tmp_path: Path, bundle: Served) -> None:
    house, *scorers = watched(tmp_path, bundle)
    house.settle(consents=YES, objected=True, timezone="UTC")
    house.take(house.event(EventType.OPTED_IN))
    assert codes_of(house.rank("m-offer")) == {"m-offer": "objected"}
    assert seen(*scorers) == set()
