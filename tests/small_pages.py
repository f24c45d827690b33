"""People who look at their pages: without a browser, as a plain client of forms."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.small_service import Caller, SmallService

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Paths:
    """The addresses of one user's pages."""

    user_id: str
    preferences: str
    opt_out: str


def paths_of(call: Caller, user_id: str) -> Paths:
    """Ask the service for the links of a user, and keep what follows the host."""
    answer = call("POST", f"/v1/users/{user_id}/links")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    return Paths(user_id, told["preferences"], told["opt_out"])


def post(call: Caller, path: str, fields: Sequence[tuple[str, str]], **headers: str) -> httpx.Response:
    """Send a form as a browser does, without any key."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {"Content-Type": FORM, **named}
    return call("POST", path, urlencode(fields).encode(), key="", headers=sent)


def get(call: Caller, path: str, **headers: str) -> httpx.Response:
    """Open a page, without any key."""
    return call("GET", path, key="", headers={name.replace("_", "-"): value for name, value in headers.items()})


def proof_in(page: str) -> str:
    """The hidden field that shows where a form comes from."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return unescape(found[1])


def press(call: Caller, path: str, *fields: tuple[str, str], query: str = "") -> httpx.Response:
    """Open a page and send a form of it with these fields."""
    page = get(call, path + query)
    assert page.status_code == 200, page.text
    return post(call, path + query, [("csrf", proof_in(page.text)), *fields])


def preferences_of(call: Caller, user_id: str) -> dict[str, Any]:
    """What the API says a user chose."""
    answer = call("GET", f"/v1/users/{user_id}/preferences")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def dump(service: SmallService) -> list[str]:
    """Everything that the store of a service holds."""
    with closing(sqlite3.connect(Path(service.environment["PUSHRANK_HOME"]) / "pushrank.sqlite")) as connection:
        return list(connection.iterdump())
