"""The compiler of the fold: one place that says how numba is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile on first call and keep the result on disk; no fast-math, so that sums keep their order and bits."""
    return cast("F", njit(cache=True, fastmath=False)(function))
