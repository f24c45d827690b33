"""What consents are for."""

from __future__ import annotations

from pushrank.rights.purposes import shown
from pushrank.service import words
from pushrank.service.call import Call, Reply, reply
from pushrank.service.deployment import Deployment
from pushrank.service.wire.purposes import PurposeAnswer, PurposesAnswer


def get(deployment: Deployment, call: Call) -> Reply:
    """Show all purposes in one language. Raises the Problem 422 for a language that is not known."""
    language = words.language_asked(call, deployment.config.languages)
    told = shown(deployment.purposes, deployment.policy.config.default_consents, language)
    answers = tuple(PurposeAnswer(one.purpose, one.version, one.title, one.text, one.default) for one in told)
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    return reply(PurposesAnswer(language, answers), headers=headers)
