"""The benchmark that times the steps of a ranking knows where they are."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.service_path import STEPS


@pytest.mark.parametrize(("name", "where", "attribute"), STEPS)
def test_every_step_is_where_the_benchmark_looks_for_it(name: str, where: Any, attribute: str) -> None:
    assert callable(getattr(where, attribute, None)), name
