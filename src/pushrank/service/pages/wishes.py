"""What a form of the preference centre asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pushrank.domain.codes import FeedbackReason, QuietAction
from pushrank.domain.instants import Instant, iso, time_zone
from pushrank.domain.user import WEEKDAYS
from pushrank.rights.wishes import morning, topic_patch

Form: TypeAlias = Mapping[str, tuple[str, ...]]

MOST_COMMENT = 500
_MOST_WINDOWS = 50
_DAYS = frozenset(map(str, range(len(WEEKDAYS))))
_SAID_ON_PAGES = (FeedbackReason.TOO_OFTEN, FeedbackReason.BAD_TIME)


class WishError(ValueError):
    """A form that cannot be used; `text` names what the page says about it."""

    def __init__(self, text: str = "wrong") -> None:
        self.text = text
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: a `patch` of the preferences; a tag to forget; feedback with its reason; or one act."""

    act: Literal["patch", "forget", "feedback", "undo", "download", "erase"]
    patch: Mapping[str, Any] = field(default_factory=dict)
    tag: str = ""
    reason: FeedbackReason = FeedbackReason.TOO_OFTEN
    comment: str | None = None
    version: int = -1


@dataclass(frozen=True, slots=True)
class Moment:
    """When and by whose clock a form is read, and what happens in quiet hours so far."""

    now: Instant
    zone: str | None
    then: QuietAction


def wish_of(form: Form, moment: Moment) -> Wish:
    """Read a form by the button that was pressed. Raises WishError where nothing can be made of it."""
    for name, reader in _READERS.items():
        if name in form:
            return reader(form, moment)
    raise WishError


def one(form: Form, name: str) -> str:
    """The last value of a field, without spaces around it; empty where it is missing."""
    return form.get(name, ("",))[-1].strip()


def _patch(form: Form, _: Moment) -> Wish:
    try:
        patch = json.loads(one(form, "patch"))
    except ValueError:
        raise WishError from None
    if not isinstance(patch, dict):
        raise WishError
    return Wish("patch", patch)


def _pause(_: Form, moment: Moment) -> Wish:
    return Wish("patch", {"muted_until": iso(morning(moment.now, moment.zone))})


def _topic(form: Form, _: Moment) -> Wish:
    wish, __, category = one(form, "topic").partition(":")
    try:
        return Wish("patch", topic_patch(wish, category))
    except ValueError:
        raise WishError from None


def _interest(form: Form, _: Moment) -> Wish:
    wish, __, tag = one(form, "interest").partition(":")
    if wish == "forget" and tag:
        return Wish("forget", tag=tag)
    if wish not in ("never", "again") or not tag:
        raise WishError
    return Wish("patch", {"tags": {tag: False if wish == "never" else None}})


def _feedback(form: Form, _: Moment) -> Wish:
    reason, comment = one(form, "feedback"), one(form, "comment")
    if reason not in _SAID_ON_PAGES or len(comment) > MOST_COMMENT:
        raise WishError
    return Wish("feedback", reason=FeedbackReason(reason), comment=comment or None)


def _undo(form: Form, _: Moment) -> Wish:
    version = one(form, "undo")
    if not (version.isascii() and version.isdigit() and len(version) <= len(str(1 << 62))):
        raise WishError
    return Wish("undo", version=int(version))


def _save(form: Form, moment: Moment) -> Wish:
    saver = _SAVERS.get(one(form, "save"))
    if saver is None:
        raise WishError
    return Wish("patch", saver(form, moment))


def _many(form: Form, _: Moment) -> dict[str, Any]:
    return {name: _number(one(form, name)) for name in ("max_per_day", "max_per_week")}


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise WishError
    return int(text[:9])


def _quiet(form: Form, moment: Moment) -> dict[str, Any]:
    mode, then = one(form, "quiet"), one(form, "then")
    if mode not in ("usual", "never", "own") or then not in list(QuietAction):
        raise WishError
    windows = {"usual": None, "never": []}[mode] if mode != "own" else _windows(form)
    changed = {} if then == moment.then else {"in_quiet_hours": then}
    return {"quiet_hours": windows, **changed}


def _windows(form: Form) -> list[dict[str, Any]]:
    found = [_window(form, place) for place in range(1, _MOST_WINDOWS + 2) if f"from{place}" in form]
    windows = [*(window for window in found if window is not None), *_kept(form)]
    if not windows:
        raise WishError("wrong_quiet")  # noqa: EM101 (the name of a text)
    return windows


def _kept(form: Form) -> list[dict[str, Any]]:
    """Windows for which the page had no room, as it wrote them; one that cannot be is refused with the patch."""
    parts = [brief.split("-") for brief in one(form, "kept").split()]
    if any(len(part) != len(("from", "to", "days")) or not set(part[-1]) <= _DAYS for part in parts):
        raise WishError
    return [{"from": start, "to": end, "days": [WEEKDAYS[int(day)] for day in days]} for start, end, days in parts]


def _window(form: Form, place: int) -> dict[str, Any] | None:
    start, end = one(form, f"from{place}"), one(form, f"to{place}")
    if not start and not end:
        return None
    days = [day for day in WEEKDAYS if day in form.get(f"days{place}", ())]
    if not start or not end or not days:
        raise WishError("wrong_quiet")  # noqa: EM101
    return {"from": start, "to": end, "days": days}


def _place(form: Form, _: Moment) -> dict[str, Any]:
    zone = one(form, "zone_name") or one(form, "zone")
    try:
        known = time_zone(zone).key if zone else None
    except ValueError:
        raise WishError("wrong_zone") from None  # noqa: EM101
    return {"timezone": known, "language": one(form, "language") or None}


def _download(_: Form, __: Moment) -> Wish:
    return Wish("download")


def _erase(_: Form, __: Moment) -> Wish:
    return Wish("erase")


_SAVERS = {"many": _many, "quiet": _quiet, "place": _place}
_READERS: Mapping[str, Callable[[Form, Moment], Wish]] = {
    "undo": _undo,
    "patch": _patch,
    "pause": _pause,
    "topic": _topic,
    "interest": _interest,
    "feedback": _feedback,
    "save": _save,
    "download": _download,
    "erase": _erase,
}
