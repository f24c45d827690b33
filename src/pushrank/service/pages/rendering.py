"""Templates to bytes, with the header that lets a browser load nothing but what is in them."""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache, partial
from hashlib import sha256
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from pushrank.service.pages.frame import Frame
from pushrank.wording.pages import page_text

MEDIA_TYPE = b"text/html; charset=utf-8"


@lru_cache(maxsize=1)
def style() -> str:
    """Give the one style sheet, which stands in every page."""
    text = files("pushrank.service.pages").joinpath("style.css").read_text(encoding="utf-8")
    return " ".join(text.split())


@lru_cache(maxsize=1)
def content_policy() -> str:
    """Content-Security-Policy of every page: its own style by digest, an empty icon, forms to this service."""
    digest = b64encode(sha256(style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("pushrank.service", "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def render(template: str, frame: Frame, page: Any) -> bytes:
    """Fill a template (`centre`, `erase`, ...) in; every value is escaped."""
    found = _environment().get_template(f"{template}.html")
    # The style is ours and holds no `<`; escaped, its quotes would be others than those of the digest.
    text = found.render(frame=frame, page=page, say=partial(_say, frame.language), style=Markup(style()))  # noqa: S704
    return text.encode()


def page_headers(language: str) -> tuple[tuple[bytes, bytes], ...]:
    """Headers of a page, beside those of every answer."""
    return (
        (b"content-security-policy", content_policy().encode()),
        (b"content-language", language.encode()),
        (b"vary", b"accept-language"),
    )


def _say(language: str, text: str, /, **facts: Any) -> str:
    return page_text(text, language, **facts)
