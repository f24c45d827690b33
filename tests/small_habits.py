"""A small model of people who click at hours of their own, for tests of what such habits do."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import lightgbm
import numpy as np
import numpy.typing as npt

from pushrank.domain.codes import EventType
from pushrank.domain.event import Event
from pushrank.domain.instants import DAY, HOUR, MINUTE, Instant
from pushrank.domain.message import Message
from pushrank.features.columns import from_moments
from pushrank.features.counts import COUNT_COLUMNS
from pushrank.features.events import encode_events
from pushrank.features.facts import message_facts
from pushrank.features.fold import fold
from pushrank.features.state import empty_state
from pushrank.scoring.bundle import Trained, TrainedHead
from pushrank.scoring.calibration import Platt
from tests.small_models import PARAMETERS, small_trained, small_view
from tests.small_policies import NOON

_USERS, _PUSHES, _ROWS = 400, 120, 24
_READ = ("hour_of_day", "hour_click_rate", "user_click_rate")
_OWN = {"user_registered_at": 0.0, "user_language": 0.0}
_NEWS = Message("m-news", "news", published_at=NOON - 40 * DAY)


def pushes(name: str, hours: list[int], clicked: list[int]) -> list[Event]:
    """One push a day at each of `hours` in turn, the last of them two days ago; those at `clicked` places clicked."""
    first = NOON // DAY * DAY - (len(hours) + 1) * DAY
    events = []
    for place, hour in enumerate(hours):
        at: Instant = first + place * DAY + hour * HOUR
        events.append(Event(f"{name}-s{place}", EventType.SENT, name, at, message_id=_NEWS.message_id))
        if place in clicked:
            click = Event(f"{name}-c{place}", EventType.CLICKED, name, at + MINUTE, message_id=_NEWS.message_id)
            events.append(click)
    return events


@lru_cache
def model_of_habits() -> Trained:
    """Train on people each of whom clicks around one hour of the day, mostly, and nobody much in the small hours.

    It reads the hour, how the user clicks around it, and how at all.
    """
    rng = np.random.default_rng(3)
    parts = [_rows(f"u-{number}", int(rng.integers(7, 23)), rng) for number in range(_USERS)]
    matrix, labels = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    data = lightgbm.Dataset(matrix, labels.astype(np.float64), feature_name=list(small_view().names))
    text = str(lightgbm.train({**PARAMETERS, "num_leaves": 15, "min_data_in_leaf": 100}, data, 60).model_to_string())
    return replace(small_trained(with_opt_out=False), click=TrainedHead(text, Platt(1.0, 0.0)))


def _rows(name: str, own: int, rng: np.random.Generator) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    hours = rng.integers(0, 24, int(rng.integers(1, _PUSHES)))
    clicked = np.flatnonzero(rng.random(hours.size) < _chances(hours, own))
    state = empty_state()
    fold(state, encode_events([(event, _NEWS, 0) for event in pushes(name, hours.tolist(), clicked.tolist())]))
    at = NOON + rng.integers(0, 24, _ROWS) * HOUR
    facts = message_facts([_NEWS] * _ROWS, small_view().basis)
    nobody = np.zeros((_ROWS, len(COUNT_COLUMNS)))
    columns = from_moments(small_view(), state, _OWN, at, np.zeros(_ROWS, dtype=np.int64), facts, nobody)
    matrix = small_view().matrix(columns)
    matrix[:, [name not in _READ for name in small_view().names]] = 0.0
    return matrix, rng.random(_ROWS) < _chances(at // HOUR % 24, own)


def _chances(hours: npt.NDArray[np.int64], own: int) -> npt.NDArray[np.float64]:
    return np.where(hours < 6, 0.02, np.where(np.abs(hours - own) <= 1, 0.45, 0.08))
