"""Why a message was chosen, told to the person who gets it."""

# Chinese punctuation is meant.
# ruff: noqa: RUF001

from __future__ import annotations

from collections.abc import Mapping

from pushrank.domain.codes import ReasonCode

REASONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    ReasonCode.INTEREST: {
        "en": ("You often open messages about {tag}.", "You often open messages like this one."),
        "zh": ("你常常打开关于“{tag}”的消息。", "你常常打开这类消息。"),
    },
    ReasonCode.CATEGORY_INTEREST: {
        "en": ("You like reading messages from {category}.", "You like reading messages from this category."),
        "zh": ("你喜欢看“{category}”类的消息。", "你喜欢看这一类的消息。"),
    },
    ReasonCode.POPULAR: {
        "en": ("Many people enjoyed this message.",),
        "zh": ("很多人都喜欢这条消息。",),
    },
    ReasonCode.NEW_TOPIC: {
        "en": ("{tag} is new to you. We think you may like it.", "This is a new topic for you that you may like."),
        "zh": ("“{tag}”对你来说是新话题，也许你会喜欢。", "这对你来说是个新话题，也许你会喜欢。"),
    },
    ReasonCode.FRESH: {
        "en": ("This has only just come out.",),
        "zh": ("这条消息刚刚发布。",),
    },
    ReasonCode.GOOD_HOUR: {
        "en": ("You often have time for messages around this hour.",),
        "zh": ("你常在这个时候看消息。",),
    },
    ReasonCode.BREAKING: {
        "en": ("This is important and can't wait.",),
        "zh": ("这件事很重要，而且不能等。",),
    },
    ReasonCode.KEEP_IN_TOUCH: {
        "en": ("You have not heard from us for a while.",),
        "zh": ("我们有一阵子没有联系你了。",),
    },
}
