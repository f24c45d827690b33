"""What is known of a person outside of pushrank, or can't be given to one person alone: no call here reaches it."""

# Chinese punctuation is meant.
# ruff: noqa: RUF001

from __future__ import annotations

from collections.abc import Mapping

OUTSIDE: Mapping[str, Mapping[str, str]] = {
    "backups": {
        "en": "Backups that the operator made of the database. They end when the operator deletes them.",
        "zh": "运营者以前做的数据库备份，由运营者按期删除。",
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
    "exported_logs": {
        "en": "Logs exported for training, and copies of them. They repeat what we know, with a code for your name.",
        "zh": "导出供训练用的日志及其副本。它们重复这里已知的内容，并用代码代替你的名字。",
    },
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
"""What it is, by code and language."""


def outside(language: str) -> list[dict[str, str]]:
    """Say what lies outside, each with its code; another language is read as English."""
    return [{"code": code, "text": texts.get(language, texts["en"])} for code, texts in OUTSIDE.items()]
