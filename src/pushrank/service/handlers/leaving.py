"""The page that turns messages off: one button, and the one click of RFC 8058. It can do nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pushrank.rights.links import Use
from pushrank.rights.preferences import ErasedError, change_preferences
from pushrank.service.call import Call, Reply
from pushrank.service.deployment import Deployment
from pushrank.service.forms import read_form
from pushrank.service.pages.languages import asked
from pushrank.service.pages.wishes import one
from pushrank.service.problem import gone
from pushrank.service.visiting import Visit, elsewhere, sent_from_page, shown, visit
from pushrank.wording.pages import page_text

_PATCHES: dict[str, dict[str, Any]] = {"all": {"push": False}, "offers": {"objected": True}}


@dataclass(frozen=True, slots=True)
class Leaving:
    """What the page shows. `done`: something was turned off; `off`: everything is."""

    title: str
    text: str
    done: bool
    off: bool


def show(deployment: Deployment, call: Call) -> Reply:
    """Show the button; nothing changes, whoever follows the link."""
    seen = visit(deployment, call, Use.OPT_OUT)
    if isinstance(seen, Reply):
        return seen
    said = seen.record.preferences
    return _page(seen, off=not said.push, offers=said.objected and asked(call.query).get("done") == "offers")


def leave(deployment: Deployment, call: Call) -> Reply:
    """Turn messages off. A mail program's one click is answered at once, a person's is sent back to the page."""
    seen = visit(deployment, call, Use.OPT_OUT)
    if isinstance(seen, Reply):
        return seen
    form = read_form(call.header(b"content-type") or "", call.body)
    if one(form, "List-Unsubscribe") == "One-Click":
        _turn_off(deployment, seen, "all")
        return _page(seen, off=True)
    wish = one(form, "out")
    if wish not in _PATCHES or not sent_from_page(deployment, call, form, seen.now):
        return _page(seen, off=not seen.record.preferences.push, status=HTTPStatus.FORBIDDEN)
    _turn_off(deployment, seen, wish)
    return elsewhere(seen, done=wish)


def _turn_off(deployment: Deployment, seen: Visit, wish: str) -> None:
    try:
        change_preferences(
            deployment.store, seen.user_key, _PATCHES[wish], seen.now, source="link", terms=deployment.terms
        )
    except ErasedError:
        raise gone() from None


def _page(seen: Visit, *, off: bool, offers: bool = False, status: HTTPStatus = HTTPStatus.OK) -> Reply:
    language = seen.frame.language
    name = "out_done" if off else ("out_offers_done" if offers else "out_ask")
    text = "out_text" if name == "out_ask" else f"{name}_text"
    page = Leaving(page_text(name, language), page_text(text, language), off or offers, off)
    return shown("opt_out", seen.frame, page, status)
