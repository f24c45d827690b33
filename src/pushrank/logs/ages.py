"""Birth dates, reduced to what may be kept: birthday, age band, and whether someone is a minor."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pushrank.domain.instants import Instant

ADULT = 18
_BOUNDS = (13, 18, 25, 35, 45, 55, 65)
BANDS = ("0-12", "13-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+")
_OLDEST = 130


def reduce_birth_date(frame: pd.DataFrame, as_of: Instant | None) -> None:
    """Replace `birth_date` (days) by `birthday` (MM-DD), `age_band` and `minor` as of a moment, in place.

    Where a date is known it wins over what these columns held. Without a moment, or for an age outside 0 to 130,
    only the birthday is told.
    """
    dates = frame.pop("birth_date").to_numpy().astype("datetime64[D]")
    born = ~np.isnat(dates)
    _lay(frame, "birthday", born, _birthdays(dates, born))
    if as_of is not None:
        ages = _ages(dates, born, np.datetime64(as_of, "us").astype("datetime64[D]"))
        told = (ages >= 0) & (ages <= _OLDEST)
        _lay(frame, "age_band", told, np.array(BANDS, dtype=object)[np.searchsorted(_BOUNDS, ages, side="right")])
        minor = frame["minor"].to_numpy() if "minor" in frame else np.full(len(frame), -1, dtype=np.int8)
        frame["minor"] = np.where(told, ages < ADULT, minor).astype(np.int8)


def _lay(frame: pd.DataFrame, column: str, where: npt.NDArray[np.bool_], values: npt.NDArray[Any]) -> None:
    before = frame[column].to_numpy(dtype=object) if column in frame else np.full(len(frame), None, dtype=object)
    frame[column] = pd.Series(np.where(where, values, before), index=frame.index, dtype="str")


def _birthdays(dates: npt.NDArray[Any], born: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    texts = np.full(len(dates), None, dtype=object)
    texts[born] = [text[5:] for text in np.datetime_as_string(dates[born]).tolist()]
    return texts


def _ages(dates: npt.NDArray[Any], born: npt.NDArray[np.bool_], today: np.datetime64) -> npt.NDArray[np.int64]:
    """Whole years at `today`; -1 where nobody knows. Someone born on 29 February grows older on 1 March."""
    year, rest = _calendar(today)
    years, rests = _calendar(np.where(born, dates, today))
    return np.where(born, year - years - (rest < rests), -1)


def _calendar(days: Any) -> tuple[Any, Any]:
    """Split days into the year and month x 32 + day of the month."""
    months = days.astype("datetime64[M]")
    years = days.astype("datetime64[Y]")
    month = (months - years).astype(np.int64) + 1
    return years.astype(np.int64) + 1970, month * 32 + (days - months).astype(np.int64) + 1
