"""What the town's messages are about and how they are worded, in English and Chinese. All texts are our own."""

from __future__ import annotations

from dataclasses import dataclass

from pushrank.domain.codes import Kind, Purpose


@dataclass(frozen=True, slots=True)
class Topic:
    """A root category. `life_hours` is the mean time a message lives, `share` its share of what is published.

    `tags` maps each tag to its English and Chinese words; the first two tags also name sub-categories.
    """

    name: str
    kind: Kind
    purpose: Purpose
    life_hours: int
    share: float
    appeal: float
    worth: float
    tags: dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Wording:
    """A way to word a title or a body. `lift` is added to the log of the message's quality, `bait` marks clickbait."""

    english: str
    chinese: str
    lift: float
    bait: bool = False


_REC = Purpose.RECOMMENDATION
TOPICS = (
    Topic("news", Kind.INFORM, _REC, 40, 0.17, 0.35, 1.0, {
        "local": ("the city council", "本地市政"), "world": ("the climate summit", "国际峰会"),
        "weather": ("the autumn storm", "秋季天气"), "economy": ("interest rates", "经济利率"),
        "science": ("the deep sea survey", "深海科考")}),
    Topic("sport", Kind.INFORM, _REC, 60, 0.12, 0.15, 1.0, {
        "tennis": ("the tennis finals", "网球决赛"), "football": ("the league derby", "足球德比"),
        "running": ("the half marathon", "半程马拉松"), "cycling": ("the mountain stage", "山地自行车赛"),
        "swimming": ("the relay team", "游泳接力")}),
    Topic("culture", Kind.STORY, _REC, 140, 0.09, 0.0, 1.0, {
        "film": ("a new film", "新片"), "music": ("the orchestra", "交响乐团"), "books": ("a debut novel", "长篇小说"),
        "theatre": ("the old theatre", "老剧院"), "museum": ("the night museum", "夜间博物馆")}),
    Topic("learning", Kind.INFORM, _REC, 200, 0.08, -0.1, 1.5, {
        "language": ("ten minutes of Spanish", "十分钟西班牙语"), "maths": ("everyday statistics", "生活中的统计"),
        "history": ("the silk road", "丝绸之路"), "writing": ("clear writing", "清晰写作"),
        "drawing": ("pencil drawing", "铅笔素描")}),
    Topic("travel", Kind.INFORM, _REC, 150, 0.10, 0.55, 1.0, {
        "rail": ("the night train", "夜行列车"), "hiking": ("the ridge trail", "山脊步道"),
        "city": ("a weekend in Porto", "波尔图周末"), "beach": ("the quiet coast", "安静的海岸"),
        "food-trip": ("the market tour", "市集之旅")}),
    Topic("food", Kind.INFORM, _REC, 110, 0.10, 0.2, 1.0, {
        "recipes": ("a pumpkin soup", "南瓜汤"), "baking": ("sourdough bread", "酸面包"),
        "tea": ("oolong tea", "乌龙茶"), "restaurants": ("a noodle bar", "面馆"),
        "vegan": ("plant cooking", "素食料理")}),
    Topic("tech", Kind.INFORM, _REC, 80, 0.10, 0.1, 1.0, {
        "gadgets": ("the folding phone", "折叠手机"), "software": ("open source tools", "开源工具"),
        "privacy": ("private browsing", "隐私浏览"), "games": ("a puzzle game", "解谜游戏"),
        "space": ("the moon lander", "月球着陆器")}),
    Topic("health", Kind.INFORM, _REC, 130, 0.07, -0.1, 1.0, {
        "sleep": ("better sleep", "优质睡眠"), "yoga": ("morning yoga", "晨间瑜伽"), "eyes": ("tired eyes", "眼睛疲劳"),
        "walking": ("a daily walk", "每日步行"), "stress": ("calm breathing", "平静呼吸")}),
    Topic("shop", Kind.OFFER, _REC, 90, 0.07, -0.3, 2.0, {
        "shoes": ("trail shoes", "越野鞋"), "kitchen": ("a cast iron pan", "铸铁锅"),
        "home": ("a reading lamp", "阅读灯"), "audio": ("light headphones", "轻便耳机"),
        "coats": ("a rain coat", "雨衣")}),
    Topic("promo", Kind.OFFER, Purpose.MARKETING, 60, 0.06, -0.6, 2.5, {
        "coupon": ("a coupon", "优惠券"), "bundle": ("the family bundle", "家庭套餐"),
        "sale": ("the autumn sale", "秋季特卖"), "upgrade": ("the yearly plan", "年度套餐"),
        "gift": ("a small gift", "小礼品")}),
    Topic("survey", Kind.SURVEY, Purpose.RESEARCH, 120, 0.02, -0.8, 1.0, {
        "opinion": ("your opinion", "您的意见"), "taste": ("your taste", "您的口味"),
        "habits": ("your habits", "您的习惯"), "service-rating": ("our service", "我们的服务"),
        "app-rating": ("the app", "这款应用")}),
    Topic("account", Kind.SERVICE, Purpose.SERVICE, 100, 0.02, 0.2, 1.0, {
        "security": ("your sign-in", "登录安全"), "billing": ("your invoice", "账单"),
        "delivery": ("your parcel", "包裹"), "terms": ("the new terms", "新条款"),
        "settings": ("your settings", "设置")}),
)  # fmt: skip

WORDINGS = (
    Wording("A step by step guide to {}", "{}分步指南", 0.45),
    Wording("In depth: {} explained", "深度解读{}", 0.32),
    Wording("Five honest tips for {}", "{}的五个实用建议", 0.28),
    Wording("An interview about {}", "专访{}", 0.15),
    Wording("Today: {}", "今日{}", 0.0),
    Wording("News about {}", "{}最新消息", -0.05),
    Wording("A short note on {}", "{}简讯", -0.3),
    Wording("Press release: {}", "{}新闻稿", -0.6),
    Wording("Reminder: {}", "提醒您{}", -0.45),
    Wording("You will not believe {}", "震惊 {}竟然这样", -0.15, bait=True),
    Wording("Last chance for {}, everybody is talking", "最后机会 人人都在谈{}", -0.25, bait=True),
)

BODIES = (
    Wording(
        "We looked closely at {0} and {1}. With figures, pictures and sources.",
        "我们仔细了解了{0}和{1}。附数据、图片和来源。",
        0.25,
    ),
    Wording(
        "What it means for you, and what to do next: {0}, {1}.", "这对您意味着什么、下一步怎么做。{0}、{1}。", 0.15
    ),
    Wording("A few minutes about {0}, with a word on {1}.", "几分钟了解{0}、顺便谈谈{1}。", 0.0),
    Wording("More on {0} and {1} in the app.", "更多{0}和{1}请打开应用。", -0.15),
    Wording("Open now. {0}. {1}.", "立即打开。{0}。{1}。", -0.3),
)

FALLING = "travel"
"""The category whose appeal falls steadily over the log, to a quarter."""

TAGS = tuple(tag for topic in TOPICS for tag in topic.tags)
ZONES = {
    # zone: (share of the users, share of them who read Chinese, country)
    "Asia/Shanghai": (0.24, 0.97, "CN"),
    "Asia/Singapore": (0.08, 0.45, "SG"),
    "Asia/Kolkata": (0.08, 0.0, "IN"),
    "Asia/Tokyo": (0.05, 0.1, "JP"),
    "Australia/Sydney": (0.06, 0.12, "AU"),
    "Europe/London": (0.14, 0.04, "GB"),
    "Europe/Berlin": (0.11, 0.03, "DE"),
    "Africa/Lagos": (0.04, 0.0, "NG"),
    "America/New_York": (0.12, 0.05, "US"),
    "America/Los_Angeles": (0.08, 0.12, "US"),
}
