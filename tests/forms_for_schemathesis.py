"""Forms as browsers send them. Schemathesis loads this file in `test_openapi_run.py`, and draws them beside its own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, TypeAlias

import schemathesis
from hypothesis import strategies as st
from schemathesis import HookContext

# Where the forms of this run lie: by the template of a path, pairs of a token and the fields.
VARIABLE = "PUSHRANK_TEST_FORMS"

FORM = "application/x-www-form-urlencoded"
Forms: TypeAlias = dict[str, list[tuple[str, dict[str, str]]]]


def before_generate_case(context: HookContext, strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Half of the forms are what somebody pressed, with fields beside that nobody asked for."""
    forms: Forms = json.loads(Path(os.environ[VARIABLE]).read_text(encoding="utf-8"))
    operation = context.operation
    if operation is None or operation.method.upper() != "POST" or operation.path not in forms:
        return strategy
    return strategy | st.builds(_filled, strategy, st.sampled_from(forms[operation.path]))


def _filled(case: Any, pressed: tuple[str, dict[str, str]]) -> Any:
    """A case that is meant to be refused stays as it is."""
    if case.meta is None or case.meta.generation.mode.is_negative:
        return case
    token, fields = pressed
    beside = case.body if isinstance(case.body, dict) else {}
    if not beside:
        case.media_type = FORM
    case.path_parameters = {"token": token}
    case.body = {**beside, **fields}
    return case


if VARIABLE in os.environ:
    schemathesis.hook(before_generate_case)
