"""The public page about how messages are chosen, made from the configuration and the model at work."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pushrank.config.service import PrivacyConfig
from pushrank.config.types import CapRule, PolicyConfig, PurposeSpec
from pushrank.domain.codes import Purpose
from pushrank.features.view import FeatureView
from pushrank.policy.windows import windows_of
from pushrank.service.pages.frame import said_in
from pushrank.service.pages.quiet import told
from pushrank.service.pages.topics import Rules
from pushrank.wording.pages import page_text

_SAYS = ("off", "object", "personal", "why", "data")
_NEVER = ("else", "off", "tag")


@dataclass(frozen=True, slots=True)
class PurposeText:
    """A purpose with its text, and whether messages for it come without a word of the user."""

    title: str
    text: str
    version: str
    said: str


@dataclass(frozen=True, slots=True)
class Works:
    """What the template shows."""

    version: str
    steps: tuple[str, ...]
    says: tuple[str, ...]
    limits: tuple[str, ...]
    purposes: tuple[PurposeText, ...]
    data: tuple[str, ...]
    never: tuple[str, ...]
    kept: tuple[tuple[str, str], ...]
    chance: str


def works(rules: Rules, privacy: PrivacyConfig, view: FeatureView | None, language: str) -> Works:
    """Put the page together; `view` is that of the model at work, None where there is none."""
    config = rules.config
    steps = ("allowed", "limits", "value", "silence")
    simple = (page_text("works_simple", language),) if view is None else ()
    return Works(
        version=config.version,
        steps=(*(page_text(f"works_step_{step}", language) for step in steps), *simple),
        says=tuple(page_text(f"works_say_{name}", language) for name in _SAYS),
        limits=tuple(_limits(rules, view, language)),
        purposes=tuple(_purposes(rules.purposes, config, language)),
        data=tuple(_data(view, language)),
        never=tuple(page_text(f"works_never_{name}", language) for name in _NEVER),
        kept=tuple(_kept(privacy, language)),
        chance=_chance(config, language),
    )


def _purposes(purposes: Mapping[Purpose, PurposeSpec], config: PolicyConfig, language: str) -> Iterator[PurposeText]:
    for purpose, spec in purposes.items():
        default = "yes" if config.default_consents.get(purpose, False) else "no"
        said = page_text(f"works_default_{default}", language)
        yield PurposeText(said_in(spec.title, language), said_in(spec.text, language), spec.version, said)


def _limits(rules: Rules, view: FeatureView | None, language: str) -> Iterator[str]:
    config = rules.config
    yield from _caps(config, view, language)
    yield from (_rule(rule, rules, language) for rule in config.caps)
    if config.min_gap_minutes:
        yield page_text("works_gap", language, minutes=f"{config.min_gap_minutes:g}")
    if config.quiet_hours:
        yield page_text("works_quiet", language, windows=told(windows_of(config.quiet_hours), language))
    if config.ramp_up is not None:
        for step in config.ramp_up.steps:
            yield page_text("works_ramp", language, limit=step.max_per_day, days=step.days)
    again = config.repeat_after_days
    yield (
        page_text("works_again", language)
        if again is None
        else page_text("works_again_days", language, days=f"{again:g}")
    )
    if config.minors is not None:
        yield page_text("works_minor", language, start=config.minors.night_start, end=config.minors.night_end)


def _caps(config: PolicyConfig, view: FeatureView | None, language: str) -> Iterator[str]:
    """Tell the caps of those whose behaviour chooses, where a model can, and always those of everybody else."""
    found = None if view is None else config.adaptive
    caps = {"day": config.max_per_day, "week": config.max_per_week}
    fixed = {name: cap for name, cap in caps.items() if cap is not None}
    if found is not None:
        bounds = {"least": found.least_per_week, "most": found.most_per_week, "day": found.most_per_day}
        yield page_text("works_adaptive", language, **bounds)
        which = "both" if len(fixed) == len(caps) else next(iter(fixed), "none")
        yield page_text(f"works_fixed_{which}", language, **fixed)
    else:
        yield from (page_text(f"works_cap_{name}", language, limit=cap) for name, cap in fixed.items())
        if not fixed:
            yield page_text("works_cap_none", language)
    ceiling = config.user_ceiling
    yield page_text("works_cap_ceiling", language, day=ceiling.max_per_day, week=ceiling.max_per_week)


def _rule(rule: CapRule, rules: Rules, language: str) -> str:
    return page_text(
        "works_rule",
        language,
        about=_about(rule, rules, language),
        limit=rule.limit,
        window=_window(rule.window, language),
    )


def _about(rule: CapRule, rules: Rules, language: str) -> str:
    if rule.category is not None:
        listed = rules.categories.get(rule.category)
        any_one = page_text("works_any_category", language)
        return any_one if rule.category == "*" else (said_in(listed.title, language) if listed else rule.category)
    if rule.kind is not None:
        return page_text("works_any_kind" if rule.kind == "*" else f"kind_{rule.kind}", language)
    if rule.channel is not None:
        return page_text("works_any_channel", language) if rule.channel == "*" else rule.channel
    return page_text("works_everything", language)


def _window(window: str, language: str) -> str:
    if window in ("day", "week"):
        return page_text(f"window_{window}", language)
    return page_text(f"window_{window[-1]}", language, count=window[:-1])


_RUNS = ("user_sends_", "user_clicks_of_last_", "user_opens_of_last_", "user_dismissals_of_last_", "user_unclicked_")
_MESSAGE = (
    *("message_age", "message_published_at", "message_expires_at", "message_title", "message_body", "message_language"),
    *("message_kind", "message_purpose", "message_breaking", "message_worth", "message_price", "message_discount"),
    *("message_has_image", "message_tag_count", "message_item_count", "text_"),
)
_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("pushes", ("user_total_", "user_month_", "user_week_", "user_hours_since_", *_RUNS)),
    ("times", ("hour_", "day_")),
    ("activity", ("user_week_activity", "user_month_activity", "hour_activity", "user_total_activity")),
    ("topics", ("pair_",)),
    ("facts", ("user_language", "user_registered_at")),
    ("message", _MESSAGE),
    (
        "others",
        ("everyone_", "category_", "message_clicks", "message_sends", "message_dismissals", "message_opt_outs"),
    ),
)
"""Groups of raw columns in plain words, each with the beginnings of the names of its columns."""


def looked_at(columns: Collection[str]) -> tuple[str, ...]:
    """Name the groups that raw columns belong to."""
    return tuple(name for name, starts in _GROUPS if any(column.startswith(starts) for column in columns))


def _data(view: FeatureView | None, language: str) -> Iterator[str]:
    """Name what the model reads, and what the rules do; without a model only what many people did is counted."""
    if view is None:
        groups: Iterable[str] = ("message", "others")
    else:
        groups = looked_at(view.reads)
    yield from (page_text(f"works_data_{name}", language) for name in groups)
    names = [] if view is None else [code.name for code in view.attributes]
    if names:
        yield page_text("works_data_attributes", language, names=page_text("between", language).join(names))
    yield page_text("works_data_rules", language)


def _kept(privacy: PrivacyConfig, language: str) -> Iterator[tuple[str, str]]:
    days_of = {"events": privacy.events_days, "pushes": privacy.events_days}
    days_of |= {"decisions": privacy.decisions_days, "features": privacy.features_days}
    percent = _percent(privacy.features_share)
    for name, days in days_of.items():
        until = "works_kept_pushes_until" if name == "pushes" else "works_days"
        yield page_text(f"works_kept_{name}", language, percent=percent), page_text(until, language, count=days)
    yield page_text("works_kept_words", language), page_text("works_kept_until", language)


def _chance(config: PolicyConfig, language: str) -> str:
    share = 0.0 if config.exploration is None else config.exploration.share
    if not share:
        return page_text("works_chance_none", language)
    return page_text("works_chance_some", language, percent=_percent(share))


def _percent(share: float) -> str:
    return f"{100 * share:g}\N{NO-BREAK SPACE}%"
