"""What the preference centre says: a name for each text, then English and Chinese."""

# Chinese punctuation is meant.
# ruff: noqa: RUF001

from __future__ import annotations

from collections.abc import Mapping

CENTRE: Mapping[str, tuple[str, str]] = {
    "skip": ("Skip to the content", "跳到正文"),
    "language": ("Language", "语言"),
    "centre": ("Your messages", "你的消息"),
    "state_on": ("Messages are on", "消息已开启"),
    "state_paused": ("Messages paused", "消息已暂停"),
    "state_off": ("All messages are off", "所有消息已关闭"),
    "state_paused_until": ("We are quiet until {until}.", "{until}之前我们不打扰你。"),
    "state_off_text": (
        "We send you nothing. You can come back whenever you like.",
        "我们不会给你发消息。想回来随时都可以。",
    ),
    "state_no_zone": (
        "We don't know your time zone yet, so we stay quiet. You can tell us below.",
        "我们还不知道你的时区，所以先不打扰你。你可以在下面告诉我们。",
    ),
    "most_both": ("At most {day} a day and {week} a week.", "每天最多{day}条，每周最多{week}条。"),
    "most_day": ("At most {day} a day.", "每天最多{day}条。"),
    "most_week": ("At most {week} a week.", "每周最多{week}条。"),
    "most_none": ("No fixed number.", "没有固定的数量。"),
    "quiet_is": ("Quiet hours: {windows}.", "安静时间：{windows}。"),
    "pause": ("Pause until tomorrow morning", "暂停到明天早上"),
    "pause_day": ("Pause for 24 hours", "暂停24小时"),
    "resume": ("End the pause now", "现在结束暂停"),
    "turn_off": ("Turn off all messages", "关闭所有消息"),
    "turn_on": ("Turn messages back on", "重新开启消息"),
    "at_once": ("Each change counts at once.", "每次更改都会立刻生效。"),
    "settings": ("Everything you can change", "你可以更改的一切"),
    "save": ("Save", "保存"),
    "undo": ("Undo", "撤销"),
    "yes": ("Yes", "同意"),
    "no": ("No", "不同意"),
    # topics
    "topics": ("Topics", "话题"),
    "topics_all": ("All topics are on", "所有话题都已开启"),
    "topics_help": (
        "Fewer means at most one message a week. A new topic follows the one above it.",
        "“少一点”是指每周最多一条。新话题跟随它的上一级。",
    ),
    "topic_on": ("On", "开"),
    "topic_fewer": ("Fewer", "少一点"),
    "topic_off": ("Off", "关"),
    "topic_is_off": ("{title} off", "{title}：关"),
    "topic_is_fewer": ("{title} fewer", "{title}：少一点"),
    "topic_only": ("Only what you turned on", "只发你开启的话题"),
    "topic_others": ("All other topics", "其他所有话题"),
    "topic_needs_yes": ("Comes only with your yes to “{purpose}”.", "只有你同意“{purpose}”才会发送。"),
    "between": (", ", "、"),
    # how many
    "many": ("How many", "多少条"),
    "many_day": ("At most a day", "每天最多"),
    "many_week": ("At most a week", "每周最多"),
    "many_usual": ("You decide for me", "由你们决定"),
    "many_none": ("None", "一条也不要"),
    "many_held_user": ("You chose this number.", "这是你选的数量。"),
    "many_held_ceiling": (
        "Now it is {limit}: you asked for more, but nobody gets more than that.",
        "现在是{limit}条：你想要更多，但任何人都不会超过这个数量。",
    ),
    "many_held_adaptive": (
        "Now it is {limit}: we chose that from how you use messages.",
        "现在是{limit}条：我们根据你看消息的习惯定的。",
    ),
    "many_held_policy": ("Now it is {limit}: the same for everybody.", "现在是{limit}条：对所有人都一样。"),
    "many_held_nobody": ("Now there is no fixed number.", "现在没有固定的数量。"),
    # quiet hours
    "quiet": ("Quiet hours", "安静时间"),
    "quiet_help": (
        "We don't disturb you in these hours, by the clock where you are.",
        "在这些时间里我们不打扰你，以你当地的时间为准。",
    ),
    "quiet_when": ("When should it be quiet?", "什么时候要安静？"),
    "quiet_usual": ("As usual: {windows}", "照常：{windows}"),
    "quiet_usual_none": ("As usual: no quiet hours", "照常：没有安静时间"),
    "quiet_never": ("Never", "不需要"),
    "quiet_own": ("At my own times:", "用我自己的时间："),
    "quiet_window": ("Quiet time {number}", "安静时间{number}"),
    "quiet_new": ("Another quiet time", "再加一个安静时间"),
    "quiet_from": ("From", "从"),
    "quiet_to": ("To", "到"),
    "quiet_days": ("Starting on", "开始于"),
    "quiet_empty": ("Leave both times empty to remove one.", "把两个时间都清空就可以删除。"),
    "quiet_then": ("What happens to messages in these hours?", "这段时间里的消息怎么办？"),
    "quiet_defer": ("They wait until it is over", "等安静时间过后再发"),
    "quiet_drop": ("Don't send them at all", "不要发了"),
    "quiet_none": ("No quiet hours", "没有安静时间"),
    "days": ("Mon Tue Wed Thu Fri Sat Sun", "周一 周二 周三 周四 周五 周六 周日"),
    # why
    "why": ("Why did I get this?", "为什么给我发这个？"),
    "why_sum": ("Your last messages, and the reasons", "最近的消息和原因"),
    "why_none": ("We have not chosen anything for you yet.", "我们还没有为你挑选过消息。"),
    "why_silent": ("We stayed quiet", "我们没有打扰你"),
    "why_others": ("What we did not send, and why", "没有发的，以及原因"),
    "why_more": ("{names} and {count} more", "{names}，还有{count}条"),
    "why_count": ("{count} messages", "{count}条消息"),
    "why_one": ("1 message", "1条消息"),
    "why_unknown": ("A message that is gone", "已不存在的消息"),
    # purposes
    "allow": ("What we may send", "我们可以发什么"),
    "allow_sum": ("We may send: {names}", "可以发：{names}"),
    "allow_nothing": ("We may send nothing", "什么都不可以发"),
    "allow_help": (
        "You can say yes or no to each, and change your mind at any time. Nothing else depends on it.",
        "每一项你都可以同意或不同意，也可以随时改变主意，不影响其他任何事情。",
    ),
    "allow_said_yes": ("You said yes on {at}.", "你在{at}说了同意。"),
    "allow_said_yes_once": ("You said yes.", "你说了同意。"),
    "allow_said_no_once": ("You said no.", "你说了不同意。"),
    "allow_said_no": ("You said no on {at}.", "你在{at}说了不同意。"),
    "allow_unsaid_yes": (
        "You have not said anything yet. Until you do, we send these.",
        "你还没有表态。在你表态之前，我们会发这类消息。",
    ),
    "allow_unsaid_no": (
        "You have not said anything yet. Until you say yes, we don't send these.",
        "你还没有表态。在你同意之前，我们不会发这类消息。",
    ),
    "allow_changed": (
        "This text has changed since you said yes, so we ask again.",
        "你上次同意之后，这段文字有了改动，所以我们再问一次。",
    ),
    "allow_version": ("Text of {version}", "文本版本 {version}"),
    "object": ("No advertising at all", "完全不要广告"),
    "object_text": (
        (
            "Press the button: then we send you no advertising, pick none for you, and learn nothing for it "
            "from what you do."
        ),
        "按下按钮：我们就不再给你发广告，不再为你挑选广告，也不再为此从你的使用中学习。",
    ),
    "object_on": ("Stop all advertising", "停止所有广告"),
    "object_off": ("Allow advertising again", "重新允许广告"),
    "object_stands": ("You told us: no advertising. That stands.", "你已告诉我们不要广告。我们会一直遵守。"),
    # profile
    "known": ("What we know about you", "我们知道你什么"),
    "known_on": ("We choose messages by what you open", "我们根据你打开过的内容挑选"),
    "known_off": ("We choose the same for everybody", "我们对所有人一样挑选"),
    "personal": ("Choose messages for me", "为我挑选消息"),
    "personal_text": (
        (
            "On: we look at what you opened, when, and what you did in the app, and choose what may interest you. "
            "Off: we don't look at any of it. You still get messages, but they fit less well."
        ),
        "开：我们会看你打开过什么、什么时候打开、在应用里做过什么，挑选你可能感兴趣的。关：这些我们都不看。你仍会收到消息，只是没那么合你的口味。",
    ),
    "personal_minor": (
        "You are under 18, so this stays off: we don't build a profile of you.",
        "你未满18岁，所以这一项保持关闭：我们不会为你建立档案。",
    ),
    "personal_on": ("On", "开"),
    "personal_off": ("Off", "关"),
    "interests": ("Your interests, as we see them", "我们看到的你的兴趣"),
    "interests_none": ("We have noted no interests of yours.", "我们没有记录你的任何兴趣。"),
    "known_once": ("Noted once, on {last}. Deleted by {until}.", "记录过1次，在{last}。最晚{until}删除。"),
    "known_from": (
        "Noted {count} times, last on {last}. Deleted by {until}.",
        "记录过{count}次，最近一次在{last}。最晚{until}删除。",
    ),
    "habit_app": ("How often you use the app", "你使用应用的频率"),
    "habit_clicks": ("Messages that you opened", "你打开过的消息"),
    "habit_clicks_told": ("{clicks} of {pushes}", "{pushes}条里的{clicks}条"),
    "habit_hours": ("Hours at which you are often there", "你常在的时间"),
    "fact_timezone": ("Time zone", "时区"),
    "fact_language": ("Language", "语言"),
    "fact_country": ("Country", "国家"),
    "fact_birthday": ("Birthday (without the year)", "生日（不含年份）"),
    "fact_age_band": ("Age group", "年龄段"),
    "fact_minor": ("Under 18", "未满18岁"),
    "fact_registered_at": ("With us since", "加入时间"),
    "fact_tier": ("Membership", "会员等级"),
    "fact_yes": ("yes", "是"),
    "fact_no": ("no", "否"),
    "forget": ("Forget", "忘掉"),
    "never": ("Never use", "永远不用"),
    "allow_again": ("May be used again", "可以再用"),
    "facts": ("What else we know", "我们还知道什么"),
    # feedback
    "tell": ("Tell us something", "告诉我们"),
    "tell_sum": ("Too many? At a bad time?", "太多了？时间不对？"),
    "tell_comment": ("Want to say more? You need not.", "还想多说几句吗？不写也可以。"),
    "tell_careful": ("Please don't write names, addresses or phone numbers.", "请不要写姓名、地址或电话号码。"),
    "too_often": ("Too many messages", "消息太多了"),
    "bad_time": ("They come at a bad time", "来得不是时候"),
    # place
    "place": ("Language and time zone", "语言和时区"),
    "place_language": ("Language of messages and of this page", "消息和本页面的语言"),
    "place_zone": ("Time zone", "时区"),
    "place_unset": ("Not set: as the app tells us", "未设置：以应用告诉我们的为准"),
    "place_unset_language": ("Not set", "未设置"),
    "place_zone_other": (
        "Not in the list? Write its name, such as Asia/Shanghai",
        "不在列表里？请写出名称，例如 Asia/Shanghai",
    ),
    "place_unknown": ("Time zone unknown", "时区未知"),
    # history
    "history": ("What you have told us", "你对我们说过的"),
    "history_sum": ("{count} changes", "{count}次更改"),
    "history_one": ("1 change", "1次更改"),
    "history_none": ("Nothing yet", "还没有"),
    "history_more": ("Older ones are in the file that you can download below.", "更早的都在下面可以下载的文件里。"),
    # data
    "data": ("Your data", "你的数据"),
    "data_sum": ("Take it with you, or have it erased", "带走或删除"),
    "download": ("Download all my data", "下载我的所有数据"),
    "download_text": ("One file with everything that we keep about you.", "一个文件，包含我们保存的关于你的一切。"),
    "erase": ("Erase all my data …", "删除我的所有数据…"),
    "erase_text": (
        "Everything about you goes, for good. We ask once more first.",
        "关于你的一切都会永久删除。我们会先再问一次。",
    ),
    "how": ("How we choose messages", "我们怎样挑选消息"),
    "contact": ("Questions? Write to {contact}", "有问题？请写信给 {contact}"),
    "secret": (
        "This page is yours alone. Please don't pass its address on; it works until {until}.",
        "这个页面只属于你。请不要把它的网址告诉别人；有效期到{until}。",
    ),
    # erasure
    "sure": ("Erase everything about you?", "要删除关于你的一切吗？"),
    "sure_text": (
        (
            "We delete what we know about you: your settings, your interests, and what you opened. "
            "You will get no more messages. This can't be undone."
        ),
        "我们会删除我们知道的关于你的一切：你的设置、你的兴趣和你打开过的内容。你不会再收到消息。这无法撤销。",
    ),
    "sure_less": (
        "If you only want peace, turning messages off is enough. You choose.",
        "如果只是想清静，关闭消息就够了。由你决定。",
    ),
    "sure_yes": ("Yes, erase everything", "是的，全部删除"),
    "sure_no": ("No, go back", "不，返回"),
    "erased": ("Everything about you is erased", "关于你的一切都已删除"),
    "erased_text": (
        "What we knew about you is deleted, and we send you nothing.",
        "我们知道的关于你的一切都已删除，也不会再给你发消息。",
    ),
    "erased_mark": (
        (
            "A few coded marks are left. They do not say who you are. They keep us from taking you in again by "
            "mistake, and show that our records were not changed."
        ),
        "只留下几个编码的记号，记号里没有写你是谁。它们防止我们又误把你加进来，也用来证明记录没有被改动。",
    ),
    "receipt": ("Your receipt", "你的凭据"),
    "receipt_at": ("Erased on {at}", "删除时间：{at}"),
    "receipt_keep": (
        "This is shown only once. Keep a picture of it or print it, if you like.",
        "这个页面只显示一次。需要的话，请截图或打印保存。",
    ),
    "receipt_gone": ("What is gone", "已删除的内容"),
    "receipt_remains": ("What is left", "还留下的内容"),
    "receipt_outside": ("What lies outside this service, and who looks after it", "不在本服务之内的内容，以及由谁负责"),
    "receipt_models": (
        "We learned from many people, you among them. By {by} this is learned again without your data.",
        "我们从许多人（包括你）那里学到了东西。在{by}之前，会不用你的数据重新学一遍。",
    ),
    "went_users": ("your settings, and what the app told us about you", "你的设置，以及应用告诉我们的关于你的内容"),
    "went_events": ("what you opened and did: {count}", "你打开过和做过的事：{count}"),
    "went_pushes": ("messages that you got: {count}", "你收到过的消息：{count}"),
    "went_decisions": ("choices that we made for you, with the reasons: {count}", "我们为你做过的选择和原因：{count}"),
    "went_feature_rows": ("what we looked at for these choices: {count}", "做这些选择时用到的数据：{count}"),
    "went_ledger_entries": ("changes that you made: {count}", "你做过的更改：{count}"),
    "went_idempotency": ("answers kept for repeats: {count}", "为重复请求保留的答复：{count}"),
    "went_nothing": ("There was nothing left to erase.", "已经没有什么可以删除的了。"),
    # notices
    "nothing_changed": ("Nothing was changed.", "没有任何更改。"),
    "thanks": ("Thank you. We have noted it, and it counts from now on.", "谢谢。我们记下了，从现在起就生效。"),
    "forgotten": ("Forgotten. It counts no more.", "已忘掉，不再使用。"),
    "undone": ("Taken back. All is as it was before.", "已撤销，一切恢复原样。"),
    "stale": (
        "Something else was changed in the meantime, so nothing was taken back.",
        "这期间又有别的更改，所以没有撤销。",
    ),
    "wrong": ("We could not use that. Nothing was changed.", "这个我们用不了，没有任何更改。"),
    "wrong_zone": ("We don't know that time zone. Nothing was changed.", "我们不认识这个时区，没有任何更改。"),
    "wrong_quiet": (
        "Please give both times of a quiet time, and at least one day.",
        "请填写安静时间的开始和结束，并至少选一天。",
    ),
    "old_form": (
        "This page had been open for too long, so we did nothing, to be safe. Please try again.",
        "这个页面打开得太久了，为了安全，我们什么都没做。请再试一次。",
    ),
}
