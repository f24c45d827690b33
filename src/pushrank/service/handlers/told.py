"""Why each push came, and why others did not."""

from __future__ import annotations

from pushrank.rights.why import to_json
from pushrank.service import telling, words
from pushrank.service.call import Call, Reply, reply
from pushrank.service.deployment import Deployment
from pushrank.service.problem import gone, wrong_value


def page(deployment: Deployment, call: Call) -> Reply:
    """Tell a user's decisions in words, the newest first. Raises the Problem 410 for a user who was erased."""
    language = words.language_asked(call, deployment.config.languages, "cursor", "limit")
    cursor, limit = call.page("language")
    try:
        place = telling.place_of(cursor)
    except ValueError as error:
        msg = "/cursor"
        raise wrong_value(msg, str(error)) from None
    user_key = deployment.identities.of(call.parameters["id"])
    record = deployment.store.user(user_key, deployment.clock())
    if record.erased:
        raise gone()
    decisions, following = telling.latest(deployment, record, language, limit, place)
    answer = {
        "language": language,
        "decisions": [to_json(one) for one in decisions],
        "next_cursor": telling.cursor_of(following),
    }
    return reply(answer, headers={"Content-Language": language, "Vary": "Accept-Language"})
