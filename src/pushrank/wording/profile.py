"""What is known of a person, told to that person; English, then Chinese."""

# Chinese punctuation is meant.
# ruff: noqa: RUF001

from __future__ import annotations

from collections.abc import Mapping

from pushrank.wording.tables import LANGUAGES

PROFILE: Mapping[str, tuple[str, str]] = {
    "personalised": ("We choose by what you open and look at.", "我们根据你打开和查看的内容挑选消息。"),
    "personalisation_off": (
        "You asked us not to choose by what you do, so we remember none of it.",
        "你要求我们不根据你的行为挑选，所以我们不会记住这些。",
    ),
    "minor": ("You are under 18, so we remember nothing of what you do.", "你未满18岁，所以我们不会记住你的行为。"),
    "no_model": ("At the moment nothing is chosen by what you do.", "目前不会根据你的行为挑选。"),
    "high": ("A strong interest.", "很感兴趣。"),
    "medium": ("Some interest.", "比较感兴趣。"),
    "low": ("Little interest so far.", "目前兴趣不大。"),
    "blocked": ("Never used, because you said so.", "按你的要求，永远不用。"),
    "forgotten": ("Deleted: nothing from before counts.", "已删除：之前的都不再算数。"),
    "unused": ("Not used.", "不使用。"),
    "often": ("You are here most days.", "你几乎每天都来。"),
    "sometimes": ("You come now and then.", "你有时会来。"),
    "rarely": ("You come rarely.", "你很少来。"),
    "never": ("You haven't been here lately.", "你最近没有来过。"),
}
"""Every text by name, in the order of `LANGUAGES`."""


def profile_text(name: str, language: str) -> str:
    """Say one text in one of `LANGUAGES`. Raises KeyError for an unknown name."""
    return PROFILE[name][LANGUAGES.index(language)]
