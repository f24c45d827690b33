"""Rankings, and what is done with their decisions."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from pushrank.domain.codes import Mode
from pushrank.domain.decision import Decision, RankingRequest
from pushrank.domain.instants import Instant, iso
from pushrank.ranking import decision_json
from pushrank.ranking.holds import ForeignMessageError, LookError, UnknownDecisionError
from pushrank.service import mapping, words
from pushrank.service.call import Call, Reply, reply
from pushrank.service.decoding import decode
from pushrank.service.deployment import Deployment
from pushrank.service.problem import conflict, missing, pointer, wrong_value
from pushrank.service.wire.rank import ConfirmAnswer, RankBody, ReleaseAnswer, SlateBody, StopAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator


def rank(deployment: Deployment, call: Call) -> Reply:
    """Answer which messages, if any, a user should get."""
    config = deployment.config
    body = decode(call.body, RankBody)
    as_of = mapping.asked_moment(body.at, deployment.clock(), config.clock)
    mapping.require_at_most("/slots", body.slots, config.max_slots)
    if body.mode is not Mode.LOOK:
        deployment.steadiness.require()
    request = mapping.ranking_request(body, as_of, config.max_candidates, config.context)
    decision = _made_before(deployment, call, request) or deployment.ranker.rank(request, call.subject)
    _count(deployment, decision)
    return reply(decision_json.answer(decision, _words(deployment, call)))


def _made_before(deployment: Deployment, call: Call, request: RankingRequest) -> Decision | None:
    """Find the decision that a process made over the same call before it died, as it would have been answered."""
    row = deployment.store.decision(call.subject) if call.retaken else None
    return None if row is None else replace(decision_json.read(row), user_id=request.user_id)


def show(deployment: Deployment, call: Call) -> Reply:
    """Show a decision as it was answered; it names the user by pseudonym."""
    name = call.parameters["id"]
    row = deployment.store.decision(name)
    if row is None:
        raise missing(name, "decision")
    return reply(decision_json.answer(decision_json.read(row), _words(deployment, call)))


def confirm(deployment: Deployment, call: Call) -> Reply:
    """Answer what of a slate may be handed to the push provider now."""
    deployment.steadiness.require()
    body = decode(call.body, SlateBody)
    as_of = mapping.asked_moment(body.at, deployment.clock(), deployment.config.clock)
    with _refusals(call.parameters["id"]) as name:
        found = deployment.holds.confirm(name, mapping.message_ids(body), as_of)
    say = _words(deployment, call)
    stops = (
        StopAnswer(one.message_id, one.code, _written(one.until), say.stop(one, found.zone, as_of))
        for one in found.stop
    )
    return reply(ConfirmAnswer(found.send, tuple(stops)))


def release(deployment: Deployment, call: Call) -> Reply:
    """Give back what will not be sent."""
    body = decode(call.body, SlateBody)
    as_of = mapping.asked_moment(body.at, deployment.clock(), deployment.config.clock)
    with _refusals(call.parameters["id"]) as name:
        freed = deployment.holds.release(name, mapping.message_ids(body), as_of)
    return reply(ReleaseAnswer(freed))


@contextmanager
def _refusals(decision_id: str) -> Iterator[str]:
    """Turn what a decision forbids into problems."""
    try:
        yield decision_id
    except UnknownDecisionError:
        raise missing(decision_id, "decision") from None
    except LookError:
        detail = "a decision made with mode look reserves nothing: it can't be confirmed or released"
        raise conflict(detail) from None
    except ForeignMessageError as error:
        detail = f"expected a message of the decision's slate, got {error.message_id!r}"
        raise wrong_value(pointer("message_ids", error.place), detail) from None


def _written(until: Instant | None) -> str | None:
    return None if until is None else iso(until)


def _words(deployment: Deployment, call: Call) -> words.Words:
    language = words.language_of(call.header(b"accept-language"), deployment.config.languages)
    return words.Words(deployment.categories, language)


def _count(deployment: Deployment, decision: Decision) -> None:
    outcome = decision.silence or "slate"
    codes = Counter(exclusion.code.value for exclusion in decision.excluded)
    deployment.metrics.decision(decision.mode, outcome, codes)
