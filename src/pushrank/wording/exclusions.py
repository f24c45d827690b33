"""Why a message was not sent, told to the person who didn't get it."""

# Chinese punctuation is meant.
# ruff: noqa: RUF001

from __future__ import annotations

from collections.abc import Mapping

from pushrank.domain.codes import ExclusionCode

EXCLUSIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    ExclusionCode.UNKNOWN_MESSAGE: {
        "en": ("We don't know this message, or it was taken back.",),
        "zh": ("我们找不到这条消息，也许它已被撤回。",),
    },
    ExclusionCode.NOT_LIVE: {
        "en": ("This message comes out at {until}.", "This message isn't out yet."),
        "zh": ("这条消息将于{until}发布。", "这条消息还没有发布。"),
    },
    ExclusionCode.EXPIRED: {
        "en": ("This message is out of date.",),
        "zh": ("这条消息已经过期。",),
    },
    ExclusionCode.NO_CONSENT: {
        "en": ("You haven't agreed to messages of this kind, so we don't send them.",),
        "zh": ("你没有同意接收这种消息，所以我们不会发送。",),
    },
    ExclusionCode.OBJECTED: {
        "en": ("You told us not to send you advertising.",),
        "zh": ("你已告诉我们不要给你发广告。",),
    },
    ExclusionCode.OPTED_OUT: {
        "en": ("You have turned off our messages.",),
        "zh": ("你已关闭我们的消息。",),
    },
    ExclusionCode.CATEGORY_OFF: {
        "en": ("Messages from {category} are turned off.", "Messages from this category are turned off."),
        "zh": ("“{category}”类消息已关闭。", "这一类消息已关闭。"),
    },
    ExclusionCode.MUTED: {
        "en": ("You have paused messages until {until}.", "You have paused messages."),
        "zh": ("你已暂停接收消息，到{until}为止。", "你已暂停接收消息。"),
    },
    ExclusionCode.QUIET_HOURS: {
        "en": (
            "It is quiet time until {until}, so we don't disturb you.",
            "It is quiet time, so we don't disturb you.",
        ),
        "zh": ("现在是安静时间，到{until}为止，我们不打扰你。", "现在是安静时间，我们不打扰你。"),
    },
    ExclusionCode.NO_TIMEZONE: {
        "en": ("We don't know what time it is where you are, so we'd rather not disturb you.",),
        "zh": ("我们不知道你那里现在几点，所以不打扰你。",),
    },
    ExclusionCode.CAP_DAY: {
        "en": (
            "Your limit of {limit} a day is used up.",
            "You have had as many messages for one day as usually suit you ({suits}).",
            "You have had enough messages for one day.",
        ),
        "zh": (
            "每天最多{limit}条消息，已经够了。",
            "这一天给你的消息已经达到通常适合你的数量（{suits}条）。",
            "这一天给你的消息已经够多了。",
        ),
    },
    ExclusionCode.CAP_WEEK: {
        "en": (
            "Your limit of {limit} a week is used up.",
            "You have had as many messages for one week as usually suit you ({suits}).",
            "You have had enough messages this week.",
        ),
        "zh": (
            "每周最多{limit}条消息，已经够了。",
            "这一周给你的消息已经达到通常适合你的数量（{suits}条）。",
            "这一周给你的消息已经够多了。",
        ),
    },
    ExclusionCode.CAP_CATEGORY: {
        "en": (
            "Your limit of {limit} a week from {category} is used up.",
            "You have had enough messages from {category} for now; the next may come at {until}.",
            "You have had enough messages of this topic for now.",
        ),
        "zh": (
            "你说过“{category}”类消息每周最多{limit}条，这周已经够了。",
            "“{category}”类消息暂时已经够多了，{until}之后才会再发。",
            "这一类消息暂时已经够多了。",
        ),
    },
    ExclusionCode.CAP_KIND: {
        "en": (
            "You have had enough messages of this kind for now; the next may come at {until}.",
            "You have had enough messages of this kind for now.",
        ),
        "zh": ("这种消息暂时已经够多了，{until}之后才会再发。", "这种消息暂时已经够多了。"),
    },
    ExclusionCode.CAP_CHANNEL: {
        "en": (
            "This channel's limit is used up until {until}.",
            "This channel's limit is used up.",
        ),
        "zh": ("这个渠道的次数已经用完，到{until}为止。", "这个渠道的次数已经用完。"),
    },
    ExclusionCode.MIN_GAP: {
        "en": (
            "You have only just heard from us, so we wait until {until}.",
            "You have only just heard from us, so we wait a little.",
        ),
        "zh": ("刚刚才给你发过消息，等到{until}再说。", "刚刚才给你发过消息，先等一等。"),
    },
    ExclusionCode.RAMP_UP: {
        "en": (
            "You haven't been here long, so we start gently; the next message may come at {until}.",
            "You haven't been here long, so we start gently.",
        ),
        "zh": ("你刚来不久，我们先少发一些，{until}之后才会再发。", "你刚来不久，我们先少发一些。"),
    },
    ExclusionCode.NEAR_DUPLICATE: {
        "en": ("You have already had a message that says almost the same.",),
        "zh": ("你已经收到过一条内容几乎相同的消息。",),
    },
    ExclusionCode.SEEN_ELSEWHERE: {
        "en": ("You have already seen this in the app or in another place.",),
        "zh": ("你已经在应用里或别处看到过这个内容了。",),
    },
    ExclusionCode.HELD: {
        "en": ("This message is already on its way to you.",),
        "zh": ("这条消息已经准备发给你了。",),
    },
    ExclusionCode.ALREADY_SENT: {
        "en": ("You have already had this message.",),
        "zh": ("你已经收到过这条消息了。",),
    },
    ExclusionCode.MINOR_PROTECTED: {
        "en": (
            "You are under 18, so nothing comes at night; this may come at {until}.",
            "You are under 18, so we send you no advertising.",
        ),
        "zh": ("你未满18岁，所以夜里我们不打扰你，{until}之后才会发。", "你未满18岁，所以我们不会给你发广告。"),
    },
    ExclusionCode.NOT_REACHABLE: {
        "en": ("Your device doesn't accept our messages at the moment.",),
        "zh": ("你的设备现在收不到我们的消息。",),
    },
}
