"""Who looks at a page behind a signed link, in which language, and whether a form comes from that page."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from pushrank.domain.instants import DAY, Instant
from pushrank.domain.record import UserRecord
from pushrank.rights.links import LinkError, Use
from pushrank.service.call import Call, Reply
from pushrank.service.deployment import Deployment
from pushrank.service.pages.frame import Frame, Word
from pushrank.service.pages.languages import language_for
from pushrank.service.pages.rendering import MEDIA_TYPE, page_headers, render
from pushrank.service.pages.wishes import Form, one
from pushrank.wording.pages import page_text


@dataclass(frozen=True, slots=True)
class Visit:
    """A person who came by a link that works. `user_id` is the raw id, which is passed on and kept nowhere."""

    user_id: str
    user_key: str
    record: UserRecord
    now: Instant
    frame: Frame
    until: Instant | None


def visit(deployment: Deployment, call: Call, use: Use) -> Visit | Reply:
    """Let a person in, or give the page that says why the link opens nothing.

    What a link that is no good is told does not depend on whether there is such a user.
    """
    token, now = call.parameters["token"], deployment.clock()
    try:
        opened = deployment.links.open(use, token, now)
    except LinkError as error:
        return closed(deployment, language_seen(deployment, call), expired=error.expired)
    user_key = deployment.identities.of(opened.user_id)
    record = deployment.store.user(user_key, now)
    language = language_seen(deployment, call, record.preferences.language)
    if record.erased:
        return nothing_kept(deployment, language)
    proof = _proof(deployment, token, now // DAY)
    frame = Frame.of(deployment.privacy, deployment.config.languages, language, csrf=proof)
    return Visit(opened.user_id, user_key, record, now, frame, opened.expires_at)


def nothing_kept(deployment: Deployment, language: str) -> Reply:
    """Answer somebody who was erased."""
    return saying(deployment, language, "nothing", HTTPStatus.GONE)


def closed(deployment: Deployment, language: str, *, expired: bool = False) -> Reply:
    """Answer a link that opens nothing."""
    if expired:
        return saying(deployment, language, "expired", HTTPStatus.GONE)
    return saying(deployment, language, "gone", HTTPStatus.NOT_FOUND)


def saying(deployment: Deployment, language: str, name: str, status: HTTPStatus) -> Reply:
    """Answer with a page that says one thing."""
    frame = Frame.of(deployment.privacy, deployment.config.languages, language)
    text = page_text(f"{name}_text", language, sender=frame.sender)
    return shown("word", frame, Word(frame, page_text(name, language), text), status)


def language_seen(deployment: Deployment, call: Call, chosen: str | None = None) -> str:
    """Language of the page that a call asks for."""
    return language_for(call.query, call.header(b"accept-language"), deployment.config.languages, chosen)


def shown(template: str, frame: Frame, page: Any, status: HTTPStatus = HTTPStatus.OK) -> Reply:
    """Answer with a page."""
    return Reply(status, render(template, frame, page), MEDIA_TYPE, page_headers(frame.language))


def elsewhere(seen: Visit, section: str = "", **query: str) -> Reply:
    """Send the browser back to the page with GET, so that loading it anew repeats nothing."""
    asked_for = urlencode({"language": seen.frame.language, **query})
    place = f"?{asked_for}#{section}" if section else f"?{asked_for}"
    return Reply(HTTPStatus.SEE_OTHER, b"", MEDIA_TYPE, ((b"location", place.encode()),))


def sent_from_page(deployment: Deployment, call: Call, form: Form, now: Instant) -> bool:
    """Whether a form comes from the page that this service gave for the token, today or yesterday."""
    given, token = one(form, "csrf").encode(), call.parameters["token"]
    proofs = [_proof(deployment, token, now // DAY - back).encode() for back in (0, 1)]
    return _own_origin(deployment, call) and any(hmac.compare_digest(given, proof) for proof in proofs)


def _own_origin(deployment: Deployment, call: Call) -> bool:
    """Whether the browser names this site, or none: our pages send no referrer, and then a browser says `null`."""
    origin = call.header(b"origin")
    if origin in (None, "null"):
        return True
    public = deployment.privacy.public_url
    return urlsplit(origin).netloc in (call.header(b"host"), urlsplit(public).netloc if public else None)


def _proof(deployment: Deployment, token: str, day: int) -> str:
    mac = deployment.secrets.key.mac("form", f"{day}\0{token}")
    return urlsafe_b64encode(mac).rstrip(b"=").decode()
