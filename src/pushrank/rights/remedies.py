"""One step by which a user changes what a decision showed: a merge patch of preferences with its sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pushrank.config.types import PurposeSpec
from pushrank.domain.codes import ExclusionCode, Purpose, QuietAction, ReasonCode, RemedyCode
from pushrank.domain.decision import Exclusion, Reason
from pushrank.domain.instants import Instant, iso, to_datetime
from pushrank.domain.message import Message, lineage
from pushrank.domain.preferences_json import window_to_json
from pushrank.domain.record import UserRecord
from pushrank.domain.user import Preferences, QuietWindow
from pushrank.policy import Policy, zone_of
from pushrank.policy.calendar import day_number, reading
from pushrank.policy.windows import windows_of
from pushrank.rights.hours import with_hour, without_hour
from pushrank.rights.preferences import PatchError, patched
from pushrank.rights.terms import UNCHECKED, Terms
from pushrank.rights.wishes import FEWER
from pushrank.wording import text
from pushrank.wording.words import Words

_MORNING = 8 * 60
_STILL_NIGHT = 5  # who pauses messages before this hour means the morning that is about to come
_MOST_WINDOWS, _MOST_TAGS = 50, 200
_BY_BEHAVIOUR = frozenset(
    {ReasonCode.INTEREST, ReasonCode.CATEGORY_INTEREST, ReasonCode.NEW_TOPIC, ReasonCode.GOOD_HOUR}
)


@dataclass(frozen=True, slots=True)
class Remedy:
    """What a user may change in one step: `patch` is a merge patch that the preferences take as it stands."""

    code: RemedyCode
    text: str
    patch: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Standpoint:
    """From where a decision is told: what holds for the user at `now`, and the words of the reader.

    `message_of` looks up a message, deleted ones too. `terms` are those under which a patch would be taken.
    """

    record: UserRecord
    policy: Policy
    purposes: Mapping[Purpose, PurposeSpec]
    words: Words
    message_of: Callable[[str], Message | None]
    now: Instant
    terms: Terms = UNCHECKED

    @property
    def preferences(self) -> Preferences:
        """What the user chose up to now."""
        return self.record.preferences

    @property
    def zone(self) -> str | None:
        """The zone whose clock holds for the user now."""
        return zone_of(self.record, self.policy.config)

    @property
    def quiet(self) -> tuple[QuietWindow, ...]:
        """The quiet hours that hold now: the user's, else the policy's."""
        own = self.preferences.quiet_hours
        return windows_of(self.policy.config.quiet_hours) if own is None else own

    def remedy(self, code: RemedyCode, patch: Mapping[str, Any], **facts: Any) -> Remedy:
        """Put a step into words."""
        return Remedy(code, text(code, self.words.language, **facts), patch)


def until_morning(now: Instant, zone: str) -> Instant:
    """The next morning by the clock of `zone`; before five o'clock that of the same day."""
    today = day_number(zone, now)
    return reading(zone, today + (to_datetime(now, zone).hour >= _STILL_NIGHT), _MORNING, 1)


def of_push(
    view: Standpoint, category: str | None, reasons: tuple[Reason, ...], hour: int | None
) -> tuple[Remedy, ...]:
    """What a user may change after a push of `category` that was chosen for `reasons` to go in a local `hour`."""
    return (
        *(() if category is None else _fewer(view, category)),
        *(() if hour is None else _not_this_hour(view, hour)),
        *_less_personal(view, reasons),
        *mute(view),
    )


def mute(view: Standpoint) -> Iterator[Remedy]:
    """Pause everything until the morning, unless a pause lasts as long already."""
    if view.zone is None:
        return
    until, muted = until_morning(view.now, view.zone), view.preferences.muted_until
    if muted is None or muted < until:
        told = view.words.moment(until, view.zone, view.now)
        yield view.remedy(RemedyCode.MUTE, {"muted_until": iso(until, view.zone)}, until=told)


def _fewer(view: Standpoint, category: str) -> Iterator[Remedy]:
    """Few a week; where that holds already, none at all."""
    topic = _topic(view, category)
    title = view.words.title(topic)
    if not _takes(view, {"category_caps": {topic: FEWER}}):
        return
    if view.preferences.category_caps.get(topic, FEWER + 1) > FEWER:
        yield view.remedy(RemedyCode.FEWER, {"category_caps": {topic: FEWER}}, category=title)
    elif view.preferences.categories.get(topic) is not False:
        yield view.remedy(RemedyCode.OFF, {"categories": {topic: False}}, category=title)


def _topic(view: Standpoint, category: str) -> str:
    """What a person means by the topic of a message: the nearest category that has a title or an own word of theirs."""
    said = view.preferences
    named = (view.words.categories, said.categories, said.category_caps)
    return next((name for name in lineage(category) if any(name in names for names in named)), category)


def _takes(view: Standpoint, patch: Mapping[str, Any]) -> bool:
    """Whether a patch would be taken: a category that is listed nowhere any more can't be named."""
    try:
        patched(view.preferences, patch, view.now, view.terms)
    except PatchError:
        return False
    return True


def _not_this_hour(view: Standpoint, hour: int) -> Iterator[Remedy]:
    windows = with_hour(view.quiet, hour)
    if windows != view.quiet and len(windows) <= _MOST_WINDOWS:
        yield view.remedy(RemedyCode.NOT_THIS_HOUR, _quiet(windows), **_span(hour))


def _less_personal(view: Standpoint, reasons: tuple[Reason, ...]) -> Iterator[Remedy]:
    if not view.preferences.personalisation:
        return
    used = view.preferences.tags
    for reason in reasons:
        tag = reason.tag if reason.code == ReasonCode.INTEREST else None
        if tag is not None and used.get(tag) is not False and (tag in used or len(used) < _MOST_TAGS):
            yield view.remedy(RemedyCode.NOT_THIS_INTEREST, {"tags": {tag: False}}, tag=tag)
    if any(reason.code in _BY_BEHAVIOUR for reason in reasons):
        yield view.remedy(RemedyCode.NOT_PERSONAL, {"personalisation": False})


def of_exclusion(view: Standpoint, one: Exclusion, hour: int | None) -> tuple[Remedy, ...]:
    """What a user may change so that messages like this one come through; empty where nothing can be done.

    `hour` is the local hour in which the message would have gone.
    """
    step = _STEPS.get(one.code)
    return () if step is None else tuple(step(view, one, hour))


def _push_on(view: Standpoint, _: Exclusion, __: int | None) -> Iterator[Remedy]:
    if not view.preferences.push:
        yield view.remedy(RemedyCode.PUSH_ON, {"push": True})


def _unmute(view: Standpoint, _: Exclusion, __: int | None) -> Iterator[Remedy]:
    muted = view.preferences.muted_until
    if muted is not None and muted > view.now:
        yield view.remedy(RemedyCode.UNMUTE, {"muted_until": None})


def _turn_on(view: Standpoint, one: Exclusion, _: int | None) -> Iterator[Remedy]:
    if one.about is None:
        return
    topic = _topic(view, one.about)
    patch = {"categories": {topic: True}}
    if view.preferences.categories.get(topic) is not True and _takes(view, patch):
        yield view.remedy(RemedyCode.ON, patch, category=view.words.title(topic))


def _say_yes(view: Standpoint, one: Exclusion, _: int | None) -> Iterator[Remedy]:
    message = view.message_of(one.message_id)
    if message is None:
        return
    purpose = view.policy.tree.purpose_of(message)
    if purpose is Purpose.MARKETING and view.record.facts.minor is True:
        return  # a minor is not asked for what no yes would bring
    spec, said = view.purposes.get(purpose), view.preferences.consents.get(purpose)
    if spec is None or (said is not None and said.granted and said.policy_version == spec.version):
        return
    yes = {"granted": True, "policy_version": spec.version}
    title = spec.title.get(view.words.language)
    yield view.remedy(RemedyCode.CONSENT, {"consents": {purpose.value: yes}}, purpose=title)


def _more_a_day(view: Standpoint, one: Exclusion, _: int | None) -> Iterator[Remedy]:
    ceiling = view.policy.config.user_ceiling.max_per_day
    wanted = _one_more(one.limit, view.preferences.max_per_day, ceiling)
    if wanted is not None:
        yield view.remedy(RemedyCode.MORE_A_DAY, {"max_per_day": wanted}, limit=wanted)


def _more_a_week(view: Standpoint, one: Exclusion, _: int | None) -> Iterator[Remedy]:
    ceiling = view.policy.config.user_ceiling.max_per_week
    wanted = _one_more(one.limit, view.preferences.max_per_week, ceiling)
    if wanted is not None:
        yield view.remedy(RemedyCode.MORE_A_WEEK, {"max_per_week": wanted}, limit=wanted)


def _one_more(limit: int | None, said: int | None, ceiling: int) -> int | None:
    """One more than what was used up; None above the ceiling and where the user has asked for as much since."""
    if limit is None or limit >= ceiling or (said is not None and said > limit):
        return None
    return limit + 1


def _more_of_category(view: Standpoint, one: Exclusion, _: int | None) -> Iterator[Remedy]:
    """Only the user's own limit on a category can be raised."""
    most = None if one.about is None else view.preferences.category_caps.get(one.about)
    if most is not None and one.decided_by == "user" and most == one.limit:
        patch, title = {"category_caps": {one.about: most + 1}}, view.words.title(one.about)
        yield view.remedy(RemedyCode.MORE_OF_CATEGORY, patch, limit=most + 1, category=title)


def _outside_quiet(view: Standpoint, _: Exclusion, hour: int | None) -> Iterator[Remedy]:
    """Keep messages until the quiet time is over, where they are dropped; and let this hour be quiet no more."""
    action = view.preferences.in_quiet_hours or view.policy.config.in_quiet_hours
    if action is QuietAction.DROP:
        yield view.remedy(RemedyCode.WAIT, {"in_quiet_hours": QuietAction.DEFER.value})
    if hour is not None:
        windows = without_hour(view.quiet, hour)
        if windows != view.quiet and len(windows) <= _MOST_WINDOWS:
            yield view.remedy(RemedyCode.ALLOW_THIS_HOUR, _quiet(windows), **_span(hour))


def _quiet(windows: tuple[QuietWindow, ...]) -> dict[str, Any]:
    return {"quiet_hours": [window_to_json(window) for window in windows]}


def _span(hour: int) -> dict[str, str]:
    return {"start": f"{hour}:00", "end": f"{(hour + 1) % 24}:00"}


_Step = Callable[[Standpoint, Exclusion, int | None], Iterator[Remedy]]
_STEPS: Mapping[ExclusionCode, _Step] = {
    ExclusionCode.OPTED_OUT: _push_on,
    ExclusionCode.MUTED: _unmute,
    ExclusionCode.CATEGORY_OFF: _turn_on,
    ExclusionCode.NO_CONSENT: _say_yes,
    ExclusionCode.CAP_DAY: _more_a_day,
    ExclusionCode.CAP_WEEK: _more_a_week,
    ExclusionCode.CAP_CATEGORY: _more_of_category,
    ExclusionCode.QUIET_HOURS: _outside_quiet,
}
