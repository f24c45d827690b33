"""What the opt-out page, the pages for links that do not work, and the public page say; English, then Chinese."""

# Chinese punctuation is meant.
# ruff: noqa: RUF001

from __future__ import annotations

from collections.abc import Mapping

LINKS: Mapping[str, tuple[str, str]] = {
    "out_ask": ("Do you want no more messages?", "不想再收到消息了？"),
    "out_text": ("One tap, and it is done. Nobody asks you why.", "点一下就好，没有人会问你为什么。"),
    "out_button": ("Turn off all messages", "关闭所有消息"),
    "out_offers": ("Only stop advertising", "只停止广告"),
    "out_offers_text": ("Other messages go on.", "其他消息照常。"),
    "out_done": ("All messages are off", "所有消息已关闭"),
    "out_done_text": (
        "From now on we send you nothing. Thank you for the time you gave us.",
        "从现在起我们不会再给你发消息。谢谢你曾经的关注。",
    ),
    "out_offers_done": ("Advertising is off", "广告已关闭"),
    "out_offers_done_text": (
        "From now on we send you no advertising. Other messages go on.",
        "从现在起我们不再给你发广告。其他消息照常。",
    ),
    "out_back": ("Changed your mind?", "改变主意了？"),
    "out_back_text": (
        "This link can only turn messages off. To turn them on again, open the message settings in {sender}.",
        "这个链接只能关闭消息。想重新开启，请打开{sender}里的消息设置。",
    ),
    "gone": ("This link doesn't work", "这个链接打不开"),
    "gone_text": (
        "Perhaps a part of it was cut off. Open the message settings in {sender}, and you get a new one.",
        "也许链接被截掉了一部分。请打开{sender}里的消息设置，就能得到新的链接。",
    ),
    "expired": ("This link has run out", "这个链接已经过期"),
    "expired_text": (
        (
            "To keep you safe, such links work only for a while. "
            "Open the message settings in {sender}, and you get a new one."
        ),
        "为了你的安全，这种链接只在一段时间内有效。请打开{sender}里的消息设置，就能得到新的链接。",
    ),
    "foreign": ("That did not come from our page", "这不是从我们的页面发出的"),
    "foreign_text": (
        "To be safe we did nothing. Open the message settings in {sender}, and try again from there.",
        "为了安全，我们什么都没做。请打开{sender}里的消息设置，从那里再试一次。",
    ),
    "unread": ("We could not read that", "我们读不懂这个请求"),
    "unread_text": ("Nothing was changed. Please go back and try again.", "没有任何更改。请返回再试一次。"),
    "busy": ("We can't answer right now", "我们现在无法回应"),
    "busy_text": (
        "Nothing was changed, and nothing is sent meanwhile. Please try again in a minute.",
        "没有任何更改，这期间也不会发消息。请过一分钟再试。",
    ),
    "nothing": ("Nothing is kept about you", "没有保存关于你的任何内容"),
    "nothing_text": (
        "Your data was erased, as you asked. There is nothing left to show or to change, and you get no messages.",
        "你的数据已按你的要求删除。没有什么可以显示或更改的了，你也不会收到消息。",
    ),
}

PUBLIC: Mapping[str, tuple[str, str]] = {
    "works": ("How we choose messages", "我们怎样挑选消息"),
    "works_lead": (
        (
            "A message takes a bit of your attention. So before we send one we ask: is it worth more to "
            "you than silence? Often the answer is no, and then we send nothing."
        ),
        "每条消息都会占用你的一点注意力。所以在发送之前我们会问：它对你来说，比安静更有价值吗？答案常常是否定的，那我们就什么也不发。",
    ),
    "works_made": (
        "This page is made from the settings that are at work right now (rules of {version}).",
        "本页根据此刻正在生效的设置生成（规则版本 {version}）。",
    ),
    "works_steps": ("Step by step", "一步一步来"),
    "works_step_allowed": (
        "First your word counts: what you switched off, said no to or paused is out.",
        "首先听你的：你关闭、不同意或暂停的，都不会发。",
    ),
    "works_step_limits": (
        "Then come the limits below. Nobody can buy a way past them.",
        "然后是下面的限制。谁也不能花钱绕过它们。",
    ),
    "works_step_value": (
        (
            "For what remains, a computer estimates how likely you are to open it, and how likely it is to annoy "
            "you so much that you turn messages off."
        ),
        "对剩下的消息，由计算机估计你有多大可能打开它，又有多大可能因为它太烦而关闭消息。",
    ),
    "works_step_silence": (
        "The best one is sent only if it is worth more than silence.",
        "只有最好的一条比安静更有价值时，才会发送。",
    ),
    "works_simple": (
        "At the moment no trained model is at work: everybody gets the simple order.",
        "目前没有训练好的模型在工作：所有人都用同样的简单顺序。",
    ),
    "works_purposes": ("What messages are for", "消息是做什么用的"),
    "works_default_yes": ("We send these unless you say no.", "除非你不同意，否则我们会发。"),
    "works_default_no": ("We send these only after you say yes.", "只有你同意之后，我们才会发。"),
    "works_data": ("What we look at", "我们看什么"),
    "works_data_pushes": ("what you opened, clicked or put aside", "你打开、点击或划掉过哪些消息"),
    "works_data_times": ("at which hours and on which days you read messages", "你常在几点、星期几看消息"),
    "works_data_activity": ("what you did in the app, such as what you looked at", "你在应用里做过什么，例如看过什么"),
    "works_data_topics": ("which topics and interests that was about", "这些内容属于哪些话题和兴趣"),
    "works_data_message": (
        "the message itself: its age, end, length, language, kind, price, pictures and words",
        "消息本身：新旧、截止时间、长短、语言、种类、价格、图片和用词",
    ),
    "works_data_others": (
        "how many of all people opened it or turned messages off",
        "所有人里有多少人打开了它，或者因此关闭了消息",
    ),
    "works_data_facts": ("your language, and since when you have been here", "你的语言，以及你什么时候来的"),
    "works_data_attributes": ("what the app adds: {names}", "应用补充的信息：{names}"),
    "works_data_rules": (
        (
            "for the limits: your settings, your time zone, whether you are under 18, what we sent you, what you saw "
            "in the app, and when you said “too many”"
        ),
        "为了遵守限制：你的设置、时区、是否未满18岁、我们给你发过什么、你在应用里看过什么，以及你什么时候说过“太多了”",
    ),
    "works_never": ("What we never look at", "我们从不看什么"),
    "works_never_else": ("anything that is not on the list above", "上面没有列出的任何内容"),
    "works_never_off": (
        "what you opened and did, once you switch off “Choose messages for me”",
        "只要你关闭“为我挑选消息”，你打开过和做过什么我们都不看",
    ),
    "works_never_tag": ("an interest that you told us never to use", "你告诉我们永远不用的兴趣"),
    "works_limits": ("How much, and when", "多少，什么时候"),
    "works_cap_day": ("At most {limit} messages a day.", "每天最多{limit}条消息。"),
    "works_cap_week": ("At most {limit} messages a week.", "每周最多{limit}条消息。"),
    "works_cap_none": (
        "No fixed number for everybody; your own number always counts.",
        "没有对所有人统一的数量；你自己定的数量始终有效。",
    ),
    "works_cap_ceiling": (
        "You may ask for fewer, or for more: up to {day} a day and {week} a week.",
        "你可以要得更少，也可以要得更多：每天最多{day}条，每周最多{week}条。",
    ),
    "works_adaptive": (
        (
            "Between {least} and {most} a week by how much you use them, and usually at most {day} a day; "
            "fewer when you say “too many”."
        ),
        "根据你的使用情况，每周{least}到{most}条，通常每天最多{day}条；你说“太多了”就会更少。",
    ),
    "works_fixed_both": (
        "If we don't choose by what you did: at most {day} a day and {week} a week.",
        "如果不根据你的行为挑选：每天最多{day}条，每周最多{week}条。",
    ),
    "works_fixed_day": (
        "If we don't choose by what you did: at most {day} a day.",
        "如果不根据你的行为挑选：每天最多{day}条。",
    ),
    "works_fixed_week": (
        "If we don't choose by what you did: at most {week} a week.",
        "如果不根据你的行为挑选：每周最多{week}条。",
    ),
    "works_fixed_none": (
        "If we don't choose by what you did: no fixed number for everybody.",
        "如果不根据你的行为挑选：没有对所有人统一的数量。",
    ),
    "works_gap": ("At least {minutes} minutes between two messages.", "两条消息之间至少隔{minutes}分钟。"),
    "works_quiet": (
        "Quiet hours {windows}, by your own clock, unless you choose others.",
        "安静时间{windows}（按你当地的时间），除非你选了别的时间。",
    ),
    "works_rule": ("{about}: at most {limit} {window}.", "{about}：{window}最多{limit}条。"),
    "works_ramp": (
        "In your first days: at most {limit} a day until day {days}.",
        "刚来的头{days}天：每天最多{limit}条。",
    ),
    "works_again": ("The same message never twice.", "同一条消息不会发两次。"),
    "works_again_days": ("The same message not again for {days} days.", "同一条消息{days}天内不会再发。"),
    "works_minor": (
        "People under 18: no advertising, no profile, nothing between {start} and {end}, whatever anybody chose.",
        "未满18岁的人：无论谁怎么选，都没有广告，没有档案，{start}到{end}之间不发任何消息。",
    ),
    "works_any_category": ("Each topic", "每个话题"),
    "works_any_kind": ("Each kind of message", "每种消息"),
    "works_any_channel": ("Each way of sending", "每种发送方式"),
    "works_everything": ("All messages", "所有消息"),
    "window_day": ("a day", "每天"),
    "window_week": ("a week", "每周"),
    "window_m": ("in {count} minutes", "{count}分钟内"),
    "window_h": ("in {count} hours", "{count}小时内"),
    "window_d": ("in {count} days", "{count}天内"),
    "kind_inform": ("News", "资讯"),
    "kind_offer": ("Offers", "优惠"),
    "kind_survey": ("Surveys", "问卷"),
    "kind_greeting": ("Greetings", "问候"),
    "kind_story": ("Stories", "故事"),
    "kind_service": ("Service messages", "服务通知"),
    "works_chance": ("Chance", "随机"),
    "works_chance_some": (
        (
            "In {percent} of choices, chance decides between messages that are nearly equally good. "
            "That is how we learn what we would otherwise never find out. Chance never breaks a limit or your word."
        ),
        "在{percent}的情况下，几条差不多好的消息由抽签决定。这样我们才能学到原本不会知道的事。抽签从不违反限制，也不违背你的话。",
    ),
    "works_chance_none": ("Nothing is left to chance: the best message wins.", "没有随机：总是选最好的一条。"),
    "works_kept": ("How long we keep it", "保存多久"),
    "works_kept_events": ("What you opened and did, and what we learned from it", "你打开和做过的事，以及由此学到的"),
    "works_kept_pushes": ("Which messages we sent you", "我们给你发过哪些消息"),
    "works_kept_pushes_until": (
        "at least {count} days, and while a message may still be sent",
        "至少{count}天；消息还可能再发时会更久",
    ),
    "works_kept_decisions": ("What we chose, and why", "我们选了什么，为什么"),
    "works_kept_features": (
        "What exactly a choice saw (kept for {percent} of choices)",
        "一次选择具体看到了什么（只保留{percent}）",
    ),
    "works_kept_words": ("What you told us (your settings)", "你对我们说过的（你的设置）"),
    "works_kept_until": ("until you have it erased", "直到你要求删除"),
    "works_days": ("{count} days", "{count}天"),
    "works_pseudonym": (
        "We keep all this under a code name, not your account name. It is still your data, with all your rights.",
        "这些都保存在一个代号之下，而不是你的账号名。它仍然是你的数据，你的权利依然有效。",
    ),
    "works_say": ("Your say", "由你做主"),
    "works_say_page": (
        "Each person has a page of their own, with a link from {sender}. There you can:",
        "每个人都有自己的页面，可以从{sender}进入。在那里你可以：",
    ),
    "works_say_off": ("turn off all messages, or one topic, with one tap", "点一下就关闭所有消息或某个话题"),
    "works_say_object": ("say no to all advertising. That always counts", "拒绝所有广告，这永远有效"),
    "works_say_personal": (
        "switch off choosing by what you did. Then it is the same for everybody",
        "关闭根据你的行为挑选，这样对所有人都一样",
    ),
    "works_say_why": ("see why a message came, and why another did not", "看看一条消息为什么来了，另一条为什么没来"),
    "works_say_data": ("download everything about you, or have it erased", "下载关于你的一切，或者要求删除"),
    "works_who": ("Who decides", "谁来决定"),
    "works_who_text": (
        "A computer chooses, by rules that people at {sender} set and answer for. Your own settings go before theirs.",
        "由计算机按规则挑选，规则由{sender}的人制定并负责。你自己的设置优先于他们的。",
    ),
}
