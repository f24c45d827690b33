"""What a person said by a change, told back to that person; English, then Chinese."""

# Chinese punctuation is meant.
# ruff: noqa: RUF001

from __future__ import annotations

from collections.abc import Mapping

SAID: Mapping[str, tuple[str, str]] = {
    "said_push_off": ("All messages turned off.", "已关闭所有消息。"),
    "said_push_on": ("Messages turned on.", "已开启消息。"),
    "said_muted": ("Paused until {until}.", "已暂停到{until}。"),
    "said_unmuted": ("Pause ended.", "已结束暂停。"),
    "said_category_on": ("{title} turned on.", "已开启“{title}”。"),
    "said_category_off": ("{title} turned off.", "已关闭“{title}”。"),
    "said_category_usual": ("{title} as usual.", "“{title}”恢复照常。"),
    "said_fewer": ("{title}: at most {limit} a week.", "“{title}”：每周最多{limit}条。"),
    "said_fewer_usual": ("{title}: as many as usual.", "“{title}”：数量恢复照常。"),
    "said_day": ("At most {limit} a day.", "每天最多{limit}条。"),
    "said_day_usual": ("How many a day: left to us.", "每天多少条：由我们决定。"),
    "said_week": ("At most {limit} a week.", "每周最多{limit}条。"),
    "said_week_usual": ("How many a week: left to us.", "每周多少条：由我们决定。"),
    "said_quiet": ("Quiet hours: {windows}.", "安静时间：{windows}。"),
    "said_quiet_none": ("No quiet hours.", "没有安静时间。"),
    "said_quiet_usual": ("Quiet hours as usual.", "安静时间照常。"),
    "said_defer": ("Messages wait until quiet hours are over.", "安静时间里的消息等过后再发。"),
    "said_drop": ("Messages in quiet hours are not sent.", "安静时间里的消息不发了。"),
    "said_then_usual": ("Messages in quiet hours: as usual.", "安静时间里的消息：照常处理。"),
    "said_zone": ("Time zone: {zone}.", "时区：{zone}。"),
    "said_zone_usual": ("Time zone: as the app tells us.", "时区：以应用告诉我们的为准。"),
    "said_language": ("Language: {name}.", "语言：{name}。"),
    "said_language_usual": ("Language not set.", "语言未设置。"),
    "said_personal_on": ("Choosing by what you open: on.", "根据你打开的内容挑选：开。"),
    "said_personal_off": ("Choosing by what you open: off.", "根据你打开的内容挑选：关。"),
    "said_yes": ("Yes to “{title}”.", "同意“{title}”。"),
    "said_no": ("No to “{title}”.", "不同意“{title}”。"),
    "said_unsaid": ("“{title}”: neither yes nor no.", "“{title}”：没有表态。"),
    "said_objected": ("No advertising at all.", "完全不要广告。"),
    "said_not_objected": ("Advertising allowed again.", "重新允许广告。"),
    "said_tag_never": ("Interest “{tag}”: never use.", "兴趣“{tag}”：永远不用。"),
    "said_tag_usual": ("Interest “{tag}”: may be used.", "兴趣“{tag}”：可以使用。"),
    "said_other": ("Another setting changed.", "更改了其他设置。"),
    "way_api": ("in the app", "在应用里"),
    "way_page": ("on this page", "在本页面"),
    "way_link": ("by an opt-out link", "通过退订链接"),
    "way_event": ("reported by the app", "由应用报告"),
    "way_import": ("taken over from an earlier system", "来自以前的系统"),
}
