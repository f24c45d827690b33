"""The preference centre: a page that shows everything, and forms that change one thing each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus

from pushrank.domain.codes import EventType
from pushrank.domain.event import Event
from pushrank.domain.ledger import UNDONE_ON_PAGES
from pushrank.policy import zone_of
from pushrank.ranking.identifiers import new_decision_id
from pushrank.ranking.intake import record_events
from pushrank.rights.links import Use
from pushrank.rights.preferences import ErasedError, PatchError, StaleError, change_preferences, etag
from pushrank.rights.wishes import last_words, taken_back
from pushrank.service.call import Call, Reply
from pushrank.service.deployment import Deployment
from pushrank.service.forms import read_form
from pushrank.service.handlers import erasure, export
from pushrank.service.handlers.profile import forgotten
from pushrank.service.pages.centre import Notice, centre
from pushrank.service.pages.history import short, told_of
from pushrank.service.pages.languages import asked
from pushrank.service.pages.receipt import receipt
from pushrank.service.pages.wishes import MOST_COMMENT, Moment, Wish, WishError, one, wish_of
from pushrank.service.portrait import house_of, person_of, teller_of
from pushrank.service.visiting import Visit, elsewhere, nothing_kept, sent_from_page, shown, visit
from pushrank.wording.pages import page_text

_SECTIONS = ("topics", "many", "quiet", "why", "allow", "known", "tell", "place", "history", "data")
_NOTICES = ("thanks", "forgotten", "undone")
_REFUSALS = ("nothing_changed", "stale")


def show(deployment: Deployment, call: Call) -> Reply:
    """Show the page; nothing changes, whoever follows the link."""
    seen = visit(deployment, call, Use.PREFERENCES)
    if isinstance(seen, Reply):
        return seen
    query = asked(call.query)
    if query.get("page") == "erase":
        return shown("erase", seen.frame, None)
    at = query.get("at", "")
    return _page(deployment, seen, _notice(deployment, seen, query.get("done", "")), at if at in _SECTIONS else "")


def act(deployment: Deployment, call: Call) -> Reply:
    """Do the one thing that a form asks for, and send the browser back to the page."""
    seen = visit(deployment, call, Use.PREFERENCES)
    if isinstance(seen, Reply):
        return seen
    form = read_form(call.header(b"content-type") or "", call.body)
    found = one(form, "at")
    at, comment = found if found in _SECTIONS else "", one(form, "comment")[:MOST_COMMENT]
    if not sent_from_page(deployment, call, form, seen.now):
        return _page(deployment, seen, _bad(seen, "old_form"), at, comment, HTTPStatus.FORBIDDEN)
    said, config = seen.record.preferences, deployment.policy.config
    moment = Moment(seen.now, zone_of(seen.record, config), said.in_quiet_hours or config.in_quiet_hours)
    try:
        wish = wish_of(form, moment)
        return _ACTS[wish.act](deployment, seen, wish, at)
    except WishError as error:
        return _page(deployment, seen, _bad(seen, error.text), at, comment, HTTPStatus.UNPROCESSABLE_ENTITY)
    except ErasedError:
        return nothing_kept(deployment, seen.frame.language)
    except PatchError:
        return _page(deployment, seen, _bad(seen, "wrong"), at, comment, HTTPStatus.UNPROCESSABLE_ENTITY)


def _page(
    deployment: Deployment,
    seen: Visit,
    notice: Notice | None,
    at: str,
    comment: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> Reply:
    page = centre(seen.frame, house_of(deployment), person_of(deployment, seen), notice, at, comment)
    return shown("centre", seen.frame, page, status)


def _bad(seen: Visit, text: str) -> Notice:
    return Notice(page_text(text, seen.frame.language), bad=True)


def _notice(deployment: Deployment, seen: Visit, done: str) -> Notice | None:
    """Say what was just done: a text by name, or, by the version that it made, the last change in words."""
    language = seen.frame.language
    if done in _NOTICES or done in _REFUSALS:
        return Notice(page_text(done, language), bad=done in _REFUSALS)
    if done != str(seen.record.preferences.version):
        return None
    entries = last_words(deployment.store.words(seen.user_key))
    if not entries or entries[0].source not in UNDONE_ON_PAGES:
        return None
    return Notice(
        ("" if language == "zh" else " ").join(short(told_of(teller_of(deployment, seen), entries))), undo=True
    )


def _change(deployment: Deployment, seen: Visit, wish: Wish, at: str) -> Reply:
    said, changed = change_preferences(
        deployment.store, seen.user_key, wish.patch, seen.now, source="page", terms=deployment.terms
    )
    language = said.language if said.language in deployment.config.languages and at == "place" else None
    follow = {} if language is None else {"language": language}
    return elsewhere(seen, at, done=str(said.version) if changed else "nothing_changed", at=at, **follow)


def _undo(deployment: Deployment, seen: Visit, wish: Wish, at: str) -> Reply:
    """Put back what was changed last, unless something else was changed since the page was shown."""
    entries = last_words(deployment.store.words(seen.user_key))
    said = seen.record.preferences
    if not entries or entries[0].source not in UNDONE_ON_PAGES or said.version != wish.version:
        return elsewhere(seen, at, done="stale", at=at)
    patch = taken_back(entries)
    try:
        change_preferences(
            deployment.store, seen.user_key, patch, seen.now, etag(said), source="page", terms=deployment.terms
        )
    except StaleError:
        return elsewhere(seen, at, done="stale", at=at)
    return elsewhere(seen, at, done="undone", at=at)


def _forget(deployment: Deployment, seen: Visit, wish: Wish, at: str) -> Reply:
    found = forgotten(deployment, seen.user_key, wish.tag)
    return elsewhere(seen, at, done="forgotten" if found.known else "nothing_changed", at=at)


def _feedback(deployment: Deployment, seen: Visit, wish: Wish, at: str) -> Reply:
    event = Event(
        event_id=f"page-{new_decision_id(seen.now, deployment.chance())}",
        type=EventType.FEEDBACK,
        user_id=seen.user_id,
        at=seen.now,
        reason=wish.reason,
        comment=wish.comment,
    )
    found = record_events(deployment.store, deployment.catalogue, deployment.policy, [event], deployment.identities.of)
    deployment.metrics.events(found.accepted, found.duplicates, len(found.rejected))
    if found.rejected:
        raise WishError
    return elsewhere(seen, at, done="thanks", at=at)


def _download(deployment: Deployment, seen: Visit, wish: Wish, at: str) -> Reply:
    """Give everything out as the API does, to be kept as a file."""
    del wish, at
    own = Call(parameters={"id": seen.user_id}, query=f"language={seen.frame.language}".encode())
    return export.get(deployment, own)


def _erase(deployment: Deployment, seen: Visit, wish: Wish, at: str) -> Reply:
    """Erase everything as the API does, and show the receipt at once: afterwards nobody knows whose it was."""
    del wish, at
    found = erasure.erased(deployment, seen.user_id, seen.frame.language)
    zone = zone_of(seen.record, deployment.policy.config) or "UTC"
    return shown("receipt", seen.frame, receipt(found, zone, seen.frame.language))


_ACTS: Mapping[str, Callable[[Deployment, Visit, Wish, str], Reply]] = {
    "patch": _change,
    "undo": _undo,
    "download": _download,
    "erase": _erase,
    "forget": _forget,
    "feedback": _feedback,
}
