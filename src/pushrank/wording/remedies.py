"""What became of a message, and what a person can change in one step."""

# Chinese punctuation is meant.
# ruff: noqa: RUF001

from __future__ import annotations

from collections.abc import Mapping

from pushrank.domain.codes import OutcomeCode, RemedyCode

FATES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    OutcomeCode.PLANNED: {
        "en": ("We plan to send it at {until}.", "We plan to send it soon."),
        "zh": ("我们打算在{until}发给你。", "我们打算稍后发给你。"),
    },
    OutcomeCode.SENT: {
        "en": ("We sent it at {until}.", "We sent it."),
        "zh": ("我们在{until}发给了你。", "我们已经发给你了。"),
    },
    OutcomeCode.LAPSED: {
        "en": ("We did not send it: its time ran out.",),
        "zh": ("我们没有发送：预定的时间已经过了。",),
    },
    OutcomeCode.STOPPED: {
        "en": ("We did not send it after all.",),
        "zh": ("我们最后没有发送。",),
    },
    OutcomeCode.FAILED: {
        "en": ("We tried to send it, but it didn't reach your device.",),
        "zh": ("我们试着发送，但它没有到达你的设备。",),
    },
    OutcomeCode.FORGOTTEN: {
        "en": ("We no longer know whether we sent it.",),
        "zh": ("我们已经不知道它有没有发出。",),
    },
}

REMEDIES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    RemedyCode.FEWER: {
        "en": ("Fewer of these: at most one a week from {category}.", "Fewer of these: at most one a week."),
        "zh": ("少发一些：“{category}”类每周最多一条。", "少发一些：每周最多一条。"),
    },
    RemedyCode.OFF: {
        "en": ("No more messages from {category}.", "No more messages about this topic."),
        "zh": ("不再发送“{category}”类消息。", "不再发送这一类消息。"),
    },
    RemedyCode.NOT_THIS_HOUR: {
        "en": ("Not at this hour: no messages from {start} to {end}.", "No messages at this hour."),
        "zh": ("这个时间别发：{start}到{end}不发消息。", "这个时间不发消息。"),
    },
    RemedyCode.NOT_THIS_INTEREST: {
        "en": ("Stop choosing messages for me because of {tag}.", "Stop using this interest."),
        "zh": ("不再按“{tag}”为我挑选消息。", "不再使用这个兴趣。"),
    },
    RemedyCode.NOT_PERSONAL: {
        "en": ("Stop choosing messages by what I open and do.",),
        "zh": ("不再按我打开过什么、做过什么来挑选消息。",),
    },
    RemedyCode.MUTE: {
        "en": ("Pause all messages until {until}.", "Pause all messages until tomorrow morning."),
        "zh": ("暂停所有消息，到{until}为止。", "暂停所有消息，到明天早上为止。"),
    },
    RemedyCode.UNMUTE: {
        "en": ("End the pause now.",),
        "zh": ("现在结束暂停。",),
    },
    RemedyCode.PUSH_ON: {
        "en": ("Turn messages back on.",),
        "zh": ("重新开启消息。",),
    },
    RemedyCode.ON: {
        "en": ("Turn on messages from {category}.", "Turn on messages about this topic."),
        "zh": ("开启“{category}”类消息。", "开启这一类消息。"),
    },
    RemedyCode.CONSENT: {
        "en": ("Say yes to: {purpose}.", "Say yes to messages of this kind."),
        "zh": ("同意接收：{purpose}。", "同意接收这种消息。"),
    },
    RemedyCode.MORE_A_DAY: {
        "en": ("Send me up to {limit} a day.", "Send me one more a day."),
        "zh": ("每天最多收{limit}条。", "每天多收一条。"),
    },
    RemedyCode.MORE_A_WEEK: {
        "en": ("Send me up to {limit} a week.", "Send me one more a week."),
        "zh": ("每周最多收{limit}条。", "每周多收一条。"),
    },
    RemedyCode.MORE_OF_CATEGORY: {
        "en": ("Send me up to {limit} a week from {category}.", "Send me one more of these a week."),
        "zh": ("“{category}”类每周最多收{limit}条。", "这一类每周多收一条。"),
    },
    RemedyCode.WAIT: {
        "en": ("Keep messages for me until the quiet time is over.",),
        "zh": ("安静时间过后再把消息发给我。",),
    },
    RemedyCode.ALLOW_THIS_HOUR: {
        "en": ("Allow messages from {start} to {end}.", "Allow messages at this hour."),
        "zh": ("{start}到{end}可以发消息。", "这个时间可以发消息。"),
    },
}
