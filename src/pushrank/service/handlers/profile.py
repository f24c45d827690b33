"""What is known of a user, and forgetting a part of it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pushrank.domain.record import Change, Reading
from pushrank.ranking.standing import standing_of
from pushrank.rights.profile import Forgotten, Profile, forget_tag, profile, to_json
from pushrank.service import words
from pushrank.service.call import Call, Reply, reply
from pushrank.service.deployment import Deployment
from pushrank.service.problem import gone, missing
from pushrank.wording.profile import profile_text
from pushrank.wording.words import title


def get(deployment: Deployment, call: Call) -> Reply:
    """Show what is known of a user and where it came from; of one never seen, that nothing is."""
    language = words.language_asked(call, deployment.config.languages)
    known = known_of(deployment, deployment.identities.of(call.parameters["id"]))
    answer = told(deployment, known, language)
    return reply(answer, headers={"Content-Language": language, "Vary": "Accept-Language"})


def forget(deployment: Deployment, call: Call) -> Reply:
    """Forget what a user's events say about a tag. Raises the Problem 404 where nothing speaks of it."""
    tag = call.parameters["tag"]
    if not forgotten(deployment, deployment.identities.of(call.parameters["id"]), tag).known:
        raise missing(tag, "tag")
    return Reply(HTTPStatus.NO_CONTENT)


def forgotten(deployment: Deployment, user_key: str, tag: str) -> Forgotten:
    """Forget what a user's events say about a tag. Raises the Problem 410 for a user who was erased."""
    now = deployment.clock()
    message_of, setting = deployment.catalogue.lookup(), deployment.policy.config.seen_elsewhere

    def rule(reading: Reading) -> Change[Forgotten]:
        if reading.record.erased:
            raise gone()
        return forget_tag(reading, tag, now, message_of, setting)

    return deployment.store.transact(user_key, rule, now)


def known_of(deployment: Deployment, user_key: str) -> Profile:
    """Bring together what is known of a user now. Raises the Problem 410 for one who was erased."""
    now, policy, served = deployment.clock(), deployment.policy, deployment.ranker.served
    record = deployment.store.user(user_key, now - policy.look_back)
    if record.erased:
        raise gone()
    suits, stored = standing_of(served, policy, record, now).frequency, deployment.store.events_of(user_key)
    message_of, days = deployment.catalogue.lookup(), deployment.privacy.events_days
    return profile(record, stored, message_of, now, days, suits, degraded=served.degraded)


def told(deployment: Deployment, known: Profile, language: str) -> dict[str, Any]:
    """Put a profile into words, beside its codes and numbers."""
    plain = to_json(known)
    texts = [{"code": code, "text": profile_text(code, language)} for code in known.why_not]
    usage = plain["usage"]
    return plain | {
        "language": language,
        "text": profile_text("personalised", language) if known.personalised else texts[0]["text"],
        "why_not": texts,
        "interests": [one | _words(deployment, one, language) for one in plain["interests"]],
        "usage": None if usage is None else usage | {"text": profile_text(usage["level"], language)},
    }


def _words(deployment: Deployment, interest: Mapping[str, Any], language: str) -> dict[str, str]:
    name = interest["name"]
    shown = title(deployment.categories, name, language) if interest["about"] == "category" else name
    if interest["blocked"]:
        code = "blocked"
    elif interest["used"]:
        code = interest["strength"]
    else:
        code = "unused" if interest["forgotten_at"] is None else "forgotten"
    return {"title": shown, "text": profile_text(code, language)}
