"""The messages of the town: what is published when, how it is worded, and how good it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pushrank.domain.instants import DAY, HOUR, SECOND, Instant
from pushrank.domain.message import Message
from pushrank.town.plan import Flags, Floats, Ints, Plan
from pushrank.town.words import BODIES, TAGS, TOPICS, WORDINGS, Topic

_PER_DAY = 14.0
_BEFORE = 10 * DAY
_CHINESE_SHARE = 0.4
_QUALITY_SPREAD = 0.28
_TAGS_EACH = 3


@dataclass(frozen=True, slots=True)
class Catalogue:
    """M messages in order of publication. `topic` indexes `TOPICS`; `tags` (M, 3) index `TAGS`, the first repeated.

    `quality` is a positive factor around 1, `bait` marks clickbait, `chinese` the language; times in microseconds.
    """

    messages: tuple[Message, ...]
    topic: Ints
    tags: Ints
    quality: Floats
    bait: Flags
    chinese: Flags
    published: Ints
    expires: Ints

    def live(self, at: Instant) -> Ints:
        """Places of the messages that may be sent at `at`."""
        return np.flatnonzero((self.published <= at) & (at < self.expires))


@dataclass(frozen=True, slots=True)
class _Draft:
    topic: Topic
    tags: tuple[str, ...]
    wording: int
    body: int
    chinese: bool
    published: Instant
    expires: Instant
    sub: bool


def make_catalogue(plan: Plan) -> Catalogue:
    """Draw what is published from ten days before the log until its end."""
    rng = plan.chance("catalogue")
    span = plan.end - plan.start + _BEFORE
    count = int(rng.poisson(_PER_DAY * span / DAY)) + len(TOPICS)
    published = np.sort(plan.start - _BEFORE + rng.integers(0, span, count)) // SECOND * SECOND
    topics = rng.choice(len(TOPICS), count, p=[topic.share for topic in TOPICS])
    drafts = [_draft(rng, TOPICS[topic], int(at)) for topic, at in zip(topics, published, strict=True)]
    lift = np.array([WORDINGS[draft.wording].lift + BODIES[draft.body].lift for draft in drafts])
    return Catalogue(
        messages=tuple(_message(number, draft) for number, draft in enumerate(drafts, start=1)),
        topic=topics.astype(np.int64),
        tags=np.array([_padded(draft.tags) for draft in drafts]),
        quality=np.exp(lift + rng.normal(0.0, _QUALITY_SPREAD, count)),
        bait=np.array([WORDINGS[draft.wording].bait for draft in drafts]),
        chinese=np.array([draft.chinese for draft in drafts]),
        published=published,
        expires=np.array([draft.expires for draft in drafts]),
    )


def _draft(rng: np.random.Generator, topic: Topic, published: Instant) -> _Draft:
    names = tuple(topic.tags)
    tags = tuple(names[place] for place in rng.permutation(len(names))[: rng.integers(2, _TAGS_EACH + 1)])
    hours = topic.life_hours * (0.5 + rng.gamma(4.0, 0.125))
    return _Draft(
        topic=topic,
        tags=tags,
        wording=int(rng.integers(len(WORDINGS))),
        body=int(rng.integers(len(BODIES))),
        chinese=bool(rng.random() < _CHINESE_SHARE),
        published=published,
        expires=published + int(hours * 60) * HOUR // 60,
        sub=tags[0] in names[:2],
    )


def _padded(tags: tuple[str, ...]) -> list[int]:
    return [TAGS.index(tag) for tag in (*tags, *(tags[:1] * _TAGS_EACH))[:_TAGS_EACH]]


def _message(number: int, draft: _Draft) -> Message:
    words = [draft.topic.tags[tag][draft.chinese] for tag in draft.tags]
    wording, body = WORDINGS[draft.wording], BODIES[draft.body]
    return Message(
        message_id=f"m-{number:04d}",
        category=f"{draft.topic.name}.{draft.tags[0]}" if draft.sub else draft.topic.name,
        purpose=draft.topic.purpose,
        kind=draft.topic.kind,
        title=(wording.chinese if draft.chinese else wording.english).format(words[0]),
        body=(body.chinese if draft.chinese else body.english).format(*words),
        language="zh" if draft.chinese else "en",
        tags=draft.tags,
        published_at=draft.published,
        expires_at=draft.expires,
        worth=draft.topic.worth,
    )
