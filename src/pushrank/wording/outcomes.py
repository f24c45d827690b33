"""Why slots stay empty, why a message was passed over, and why one that was chosen did not go out after all."""

# Chinese punctuation is meant.
# ruff: noqa: RUF001

from __future__ import annotations

from collections.abc import Mapping

from pushrank.domain.codes import PassedCode, SilenceCode, StopCode

SILENCES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    SilenceCode.BELOW_VALUE: {
        "en": ("Not worth interrupting you for.",),
        "zh": ("现在还不值得打扰你。",),
    },
    SilenceCode.NOT_CERTIFIED: {
        "en": ("Our safety check isn't finished yet, so we stay quiet.",),
        "zh": ("我们的安全检查还没有完成，所以先不打扰你。",),
    },
    SilenceCode.ALL_EXCLUDED: {
        "en": ("None of the messages was allowed to reach you now.",),
        "zh": ("现在没有可以发给你的消息。",),
    },
    SilenceCode.MUTED: {
        "en": ("You have paused messages until {until}.", "You have paused messages."),
        "zh": ("你已暂停接收消息，到{until}为止。", "你已暂停接收消息。"),
    },
    SilenceCode.NO_CANDIDATES: {
        "en": ("There was no further message to choose from.",),
        "zh": ("没有更多可以选择的消息了。",),
    },
}

# Beside these a message is passed over for the reasons for which slots stay empty.
PASSED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    PassedCode.OUTRANKED: {
        "en": ("Another message was worth more to you.",),
        "zh": ("另一条消息对你更有价值。",),
    },
    PassedCode.REPETITIVE: {
        "en": ("You have just had messages like this one, so it can wait.",),
        "zh": ("最近刚给你发过类似的消息，这条先等一等。",),
    },
    PassedCode.EXPLORED: {
        "en": ("Others were worth nearly as much, and chance decided.",),
        "zh": ("其他选择的价值相差无几，这次由抽签决定。",),
    },
}

STOPS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    StopCode.TOO_EARLY: {
        "en": ("It is too early for this message. It may go from {until} on.", "It is too early for this message."),
        "zh": ("现在发这条消息还太早，{until}之后才可以。", "现在发这条消息还太早。"),
    },
    StopCode.HOLD_EXPIRED: {
        "en": ("The place kept for this message ran out, and there is none left.",),
        "zh": ("为这条消息保留的名额已经过期，现在没有名额了。",),
    },
    StopCode.RELEASED: {
        "en": ("The place kept for this message was given back.",),
        "zh": ("为这条消息保留的名额已经退回。",),
    },
}
