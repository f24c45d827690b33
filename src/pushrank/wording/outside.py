"""What of a person no call here reaches, or can't be given to one alone, and what of an erased one is left."""

# Chinese punctuation is meant.
# ruff: noqa: RUF001

from __future__ import annotations

from collections.abc import Iterable, Mapping

AFTER_ERASURE: Mapping[str, Mapping[str, str]] = {
    "backups": {
        "en": "Safety copies of our data. Whoever runs this service deletes them.",
        "zh": "我们数据的备份，由运行本服务的人负责删除。",
    },
    "sender_systems": {
        "en": "What the sender keeps in systems of its own, such as your account, your orders and who you are.",
        "zh": "发送方自己的系统里保存的内容，例如你的账户、订单和身份。",
    },
    "push_provider": {
        "en": "What the services that carry messages to your device, such as Apple's or Google's, keep of them.",
        "zh": "把消息送到你设备上的服务（例如苹果或谷歌的推送服务）保存的内容。",
    },
    "device": {
        "en": "Messages that are shown on your device or kept by it.",
        "zh": "显示在你的设备上或由设备保存的消息。",
    },
    "exported_copies": {
        "en": "Copies of our training logs that somebody moved elsewhere. Whoever moved them has to delete them.",
        "zh": "被移到别处的训练日志副本，由移走它们的人负责删除。",
    },
    "foreign_tracking": {
        "en": "Notes about training that somebody keeps on another system. Whoever runs that system deletes them.",
        "zh": "保存在其他系统里的训练记录，由运行那个系统的人负责删除。",
    },
}
"""What lies outside, by code and language; an erasure reaches none of it."""

OUTSIDE: Mapping[str, Mapping[str, str]] = {
    **AFTER_ERASURE,
    "models": {
        "en": "Models that learned from many people at once, perhaps from you too. They hold no entry about you alone.",
        "zh": "从许多人那里一起学习的模型，其中可能也有你。模型里没有单独关于你的条目。",
    },
    "totals": {
        "en": "Totals over all people, such as how often a message was opened. They name nobody.",
        "zh": "所有人合在一起的总数，例如一条消息被打开过多少次，不指明任何人。",
    },
    "batch_answers": {
        "en": "Answers to reports about several people at once, kept for a short time in case a report is repeated.",
        "zh": "同时涉及多个人的报告的答复，为了应对重复报告而短期保存。",
    },
}
"""What an export can't give: also what lies inside and is of many people at once."""

REMAINS: Mapping[str, Mapping[str, str]] = {
    "mark": {
        "en": "A coded mark in your place. It keeps us from taking you in again by mistake.",
        "zh": "一个代替你的编码记号，防止我们又误把你加进来。",
    },
    "ledger_digests": {
        "en": "Coded links of the list of your changes, without their words. They show that our records hold.",
        "zh": "你的更改记录的编码链条，不含任何内容，用来证明记录没有被改动。",
    },
    "sums": {
        "en": "Sums over all people that name nobody. What you had added is taken out, as far as we still knew it.",
        "zh": "所有人合在一起的总数，不指明任何人。我们还知道的属于你的部分已经扣除。",
    },
    "model_marks": {
        "en": "A coded mark in the list of whom a model learned from. By it we know which to train again.",
        "zh": "模型学习名单里的编码记号，让我们知道哪些模型要重新训练。",
    },
    "unlisted_models": {
        "en": "Models for which no list was kept of whom they learned from. We can't tell whether you were among them.",
        "zh": "没有保留学习名单的模型。我们无法知道其中是否有你。",
    },
}
"""What is left after an erasure, by code and language."""


def said(
    table: Mapping[str, Mapping[str, str]], language: str, codes: Iterable[str] | None = None
) -> list[dict[str, str]]:
    """Say a table, or some `codes` of it, each with its code; another language is read as English.

    Raises KeyError for a code that the table does not have.
    """
    chosen = table if codes is None else codes
    return [{"code": code, "text": table[code].get(language, table[code]["en"])} for code in chosen]
