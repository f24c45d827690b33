"""What went wrong, as a page for whoever is looking at one."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from pushrank.config.service import PrivacyConfig
from pushrank.service.call import Reply
from pushrank.service.pages.frame import Frame, Word
from pushrank.service.pages.rendering import MEDIA_TYPE, page_headers, render
from pushrank.wording.pages import page_text

_TEXTS = {HTTPStatus.NOT_FOUND: "gone", HTTPStatus.GONE: "nothing", HTTPStatus.FORBIDDEN: "foreign"}


def problem_page(privacy: PrivacyConfig, languages: Sequence[str], status: HTTPStatus, language: str) -> Reply:
    """Say it in the language of the reader; nothing of the request is repeated."""
    busy = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    name = _TEXTS.get(status, "busy" if busy else "unread")
    frame = Frame.of(privacy, languages, language)
    page = Word(frame, page_text(name, language), page_text(f"{name}_text", language, sender=frame.sender))
    return Reply(status, render("word", frame, page), MEDIA_TYPE, page_headers(language))
