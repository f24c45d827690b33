"""Preferences as the JSON of the contract, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pushrank.domain.codes import Purpose, QuietAction
from pushrank.domain.instants import Instant, instant, iso, time_zone
from pushrank.domain.user import WEEKDAYS, Consent, Preferences, QuietWindow

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_CATEGORY = re.compile(r"\*|[A-Za-z0-9_.:-]{1,64}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")
_MAX_COUNT = 10_000
_MAX_WINDOWS = 50
_MAX_CATEGORIES = 1_000
_MAX_TAGS = 200
_MAX_TAG_CHARACTERS = 128


class PreferencesError(ValueError):
    """A preference that cannot be read. `field` is its path, such as `quiet_hours/0/from`; `detail` says why."""

    def __init__(self, field: str, detail: str) -> None:
        self.field = field
        self.detail = detail
        super().__init__(f"{field}: {detail}")


def to_json(preferences: Preferences) -> dict[str, Any]:
    """Write every field of the contract except the read-only `effective`; times are ISO 8601 in UTC."""
    quiet = preferences.quiet_hours
    return {
        "push": preferences.push,
        "muted_until": _iso(preferences.muted_until),
        "categories": dict(preferences.categories),
        "max_per_day": preferences.max_per_day,
        "max_per_week": preferences.max_per_week,
        "quiet_hours": None if quiet is None else [window_to_json(window) for window in quiet],
        "in_quiet_hours": None if preferences.in_quiet_hours is None else preferences.in_quiet_hours.value,
        "timezone": preferences.timezone,
        "language": preferences.language,
        "personalisation": preferences.personalisation,
        "consents": {purpose.value: consent_to_json(word) for purpose, word in preferences.consents.items()},
        "objected": preferences.objected,
        "category_caps": dict(preferences.category_caps),
        "tags": dict(preferences.tags),
        "version": preferences.version,
    }


def window_to_json(window: QuietWindow) -> dict[str, Any]:
    """Write one quiet window: `{"from": "22:00", "to": "08:00", "days": ["mon", ...]}`."""
    return {"from": _clock(window.start), "to": _clock(window.end), "days": [WEEKDAYS[day] for day in window.days]}


def consent_to_json(consent: Consent) -> dict[str, Any]:
    """Write the last word about one purpose."""
    return {"granted": consent.granted, "policy_version": consent.policy_version, "at": _iso(consent.at)}


def from_json(tree: Mapping[str, Any]) -> Preferences:
    """Read what `to_json` writes; a field left out keeps its default.

    Raises PreferencesError naming the field for an unknown or read-only field and for a value of the wrong kind.
    """
    if not isinstance(tree, Mapping):
        raise PreferencesError(field="", detail=_expected("an object", tree))
    for name in tree:
        if name not in _READERS:
            detail = "is read-only" if name == "effective" else f"is unknown; known are {', '.join(_READERS)}"
            raise PreferencesError(str(name), detail)
    return Preferences(**{name: _READERS[name](name, value) for name, value in tree.items()})


def _expected(what: str, got: Any) -> str:
    return f"expected {what}, got {got!r:.80}"


def _iso(at: Instant | None) -> str | None:
    return None if at is None else iso(at)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _flag(field: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise PreferencesError(field, _expected("true or false", value))
    return value


def _count(field: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MAX_COUNT:
        raise PreferencesError(field, _expected(f"a whole number from 0 to {_MAX_COUNT}", value))
    return value


def _version(field: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise PreferencesError(field, _expected("a whole number from 0", value))
    return value


def _moment(field: str, value: Any) -> Instant:
    try:
        return instant(value)
    except (ValueError, OverflowError) as error:
        raise PreferencesError(field, str(error)) from None


def _zone(field: str, value: Any) -> str:
    name = _text(field, value, "an IANA time zone such as Asia/Shanghai")
    try:
        time_zone(name)
    except ValueError as error:
        raise PreferencesError(field, str(error)) from None
    return name


def _language(field: str, value: Any) -> str:
    expected = "a language tag such as en or zh-CN"
    if not _LANGUAGE.fullmatch(_text(field, value, expected)):
        raise PreferencesError(field, _expected(expected, value))
    return str(value)


def _text(field: str, value: Any, expected: str = "a text") -> str:
    if not isinstance(value, str):
        raise PreferencesError(field, _expected(expected, value))
    return value


def _action(field: str, value: Any) -> QuietAction:
    if value not in list(QuietAction):
        raise PreferencesError(field, _expected(" or ".join(QuietAction), value))
    return QuietAction(value)


def _categories(field: str, value: Any) -> dict[str, bool]:
    tree = _object(field, value)
    if len(tree) > _MAX_CATEGORIES:
        raise PreferencesError(field, f"expected at most {_MAX_CATEGORIES} categories, got {len(tree)}")
    for name in tree:
        if not isinstance(name, str) or not _CATEGORY.fullmatch(name):
            raise PreferencesError(field, _expected("categories such as sport.tennis, or *", name))
    return {name: _flag(f"{field}/{name}", wanted) for name, wanted in tree.items()}


def _category_caps(field: str, value: Any) -> dict[str, int]:
    tree = _object(field, value)
    if len(tree) > _MAX_CATEGORIES:
        raise PreferencesError(field, f"expected at most {_MAX_CATEGORIES} categories, got {len(tree)}")
    for name in tree:
        if not isinstance(name, str) or name == "*" or not _CATEGORY.fullmatch(name):
            raise PreferencesError(field, _expected("categories such as sport.tennis", name))
    return {name: _count(f"{field}/{name}", most) for name, most in tree.items()}


def _tags(field: str, value: Any) -> dict[str, bool]:
    tree = _object(field, value)
    if len(tree) > _MAX_TAGS:
        raise PreferencesError(field, f"expected at most {_MAX_TAGS} tags, got {len(tree)}")
    for name in tree:
        if not isinstance(name, str) or not 1 <= len(name) <= _MAX_TAG_CHARACTERS:
            raise PreferencesError(field, _expected(f"tags of 1 to {_MAX_TAG_CHARACTERS} characters", name))
    return {name: _flag(f"{field}/{name}", used) for name, used in tree.items()}


def _object(field: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise PreferencesError(field, _expected("an object", value))
    return value


def _windows(field: str, value: Any) -> tuple[QuietWindow, ...]:
    if not isinstance(value, list | tuple) or len(value) > _MAX_WINDOWS:
        raise PreferencesError(field, _expected(f"a list of at most {_MAX_WINDOWS} windows", value))
    return tuple(_window(f"{field}/{place}", window) for place, window in enumerate(value))


def _window(field: str, value: Any) -> QuietWindow:
    tree = _object(field, value)
    _only(field, tree, ("from", "to", "days"))
    start, end = (_minutes(f"{field}/{name}", tree.get(name)) for name in ("from", "to"))
    return QuietWindow(start, end, _days(f"{field}/days", tree.get("days")))


def _only(field: str, tree: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for name in tree:
        if name not in known:
            raise PreferencesError(field=f"{field}/{name}", detail=f"is unknown; known are {', '.join(known)}")


def _minutes(field: str, value: Any) -> int:
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise PreferencesError(field, _expected("a time of day such as 22:00", value))
    return int(found[1]) * 60 + int(found[2])


def _days(field: str, value: Any) -> tuple[int, ...]:
    if value is None:
        return tuple(range(len(WEEKDAYS)))
    known = isinstance(value, list | tuple) and value and all(day in WEEKDAYS for day in value)
    if not known:
        raise PreferencesError(field, _expected(f"a list of {', '.join(WEEKDAYS)}", value))
    return tuple(sorted({WEEKDAYS.index(day) for day in value}))


def _consents(field: str, value: Any) -> dict[Purpose, Consent]:
    tree = _object(field, value)
    _only(field, tree, tuple(Purpose))
    return {Purpose(name): _consent(f"{field}/{name}", word) for name, word in tree.items()}


def _consent(field: str, value: Any) -> Consent:
    tree = _object(field, value)
    _only(field, tree, ("granted", "policy_version", "at"))
    version, at = tree.get("policy_version"), tree.get("at")
    return Consent(
        granted=_flag(f"{field}/granted", tree.get("granted")),
        policy_version=None if version is None else _text(f"{field}/policy_version", version),
        at=None if at is None else _moment(f"{field}/at", at),
    )


def _or_none(reader: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    return lambda field, value: None if value is None else reader(field, value)


_READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "push": _flag,
    "muted_until": _or_none(_moment),
    "categories": _categories,
    "max_per_day": _or_none(_count),
    "max_per_week": _or_none(_count),
    "quiet_hours": _or_none(_windows),
    "in_quiet_hours": _or_none(_action),
    "timezone": _or_none(_zone),
    "language": _or_none(_language),
    "personalisation": _flag,
    "consents": _consents,
    "objected": _flag,
    "category_caps": _category_caps,
    "tags": _tags,
    "version": _version,
}
