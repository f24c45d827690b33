"""Rankings, and what is done with their decisions."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from pushrank.domain.codes import ExclusionCode, Mode, SilenceCode
from pushrank.domain.decision import Decision, RankingRequest
from pushrank.domain.instants import Instant, iso
from pushrank.ranking import decision_json
from pushrank.ranking.holds import Confirmation, ForeignMessageError, LookError, UnknownDecisionError
from pushrank.service import mapping, words
from pushrank.service.call import Call, Reply, reply
from pushrank.service.decoding import decode
from pushrank.service.deployment import Deployment
from pushrank.service.problem import conflict, missing, pointer, wrong_value
from pushrank.service.wire.rank import ConfirmAnswer, ExcludedAnswer, RankBody, ReleaseAnswer, SlateBody, StopAnswer
from pushrank.service.wire.values import Time
from pushrank.wording.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def rank(deployment: Deployment, call: Call) -> Reply:
    """Answer which messages, if any, a user should get."""
    config = deployment.config
    body = decode(call.body, RankBody)
    as_of = mapping.asked_moment(body.at, deployment.clock(), config.clock)
    mapping.require_at_most("/slots", body.slots, config.max_slots)
    if body.mode is not Mode.LOOK:
        deployment.steadiness.require()
    request = mapping.ranking_request(body, as_of, config.max_candidates, config.context)
    before = _made_before(deployment, call, request)
    decision = before or deployment.ranker.rank(request, call.subject)
    _count(deployment, decision)
    answer = reply(decision_json.answer(decision, _words(deployment, call)))
    return answer if before is None else rank_again(deployment, call, answer)


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
    return reply(ConfirmAnswer(found.send, _stops(deployment, call, found, as_of)))


def confirm_again(deployment: Deployment, call: Call, first: Reply) -> Reply:
    """Repeat a kept answer, but for what lost its permission since: that is no `send` any more."""
    kept = msgspec.json.decode(first.body, type=ConfirmAnswer)
    if not kept.send:
        return first
    at = decode(call.body, SlateBody).at
    found, as_of = _asked_again(deployment, at, call.parameters["id"], kept.send)
    return reply(ConfirmAnswer(found.send, (*kept.stop, *_stops(deployment, call, found, as_of))))


def rank_again(deployment: Deployment, call: Call, first: Reply) -> Reply:
    """Repeat a kept answer, but for what it confirmed and what lost its permission since: that is excluded."""
    kept = msgspec.json.decode(first.body)
    if kept["mode"] != Mode.CONFIRM or not kept["slate"]:
        return first
    at, names = decode(call.body, RankBody).at, [one["message_id"] for one in kept["slate"]]
    found, as_of = _asked_again(deployment, at, kept["decision_id"], names)
    gone = {one.message_id: one for one in found.stop if isinstance(one.code, ExclusionCode)}
    if not gone:
        return first
    say, zone = _words(deployment, call), found.zone
    out = [
        ExcludedAnswer(name, one.code, _written(one.until, zone), say.stop(one, zone, as_of))
        for name, one in gone.items()
        if isinstance(one.code, ExclusionCode)
    ]
    slate = [one for one in kept["slate"] if one["message_id"] not in gone]
    silence = kept["silence"] or SilenceCode.ALL_EXCLUDED
    return reply(kept | {"slate": slate, "excluded": [*kept["excluded"], *out], "silence": silence})


def _asked_again(
    deployment: Deployment, at: Time | None, decision_id: str, names: Sequence[str]
) -> tuple[Confirmation, Instant]:
    deployment.steadiness.require()
    as_of = mapping.asked_moment(at, deployment.clock(), deployment.config.clock)
    with _refusals(decision_id):
        return deployment.holds.confirm(decision_id, names, as_of), as_of


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


def _stops(deployment: Deployment, call: Call, found: Confirmation, as_of: Instant) -> tuple[StopAnswer, ...]:
    say, zone = _words(deployment, call), found.zone
    return tuple(StopAnswer(s.message_id, s.code, _written(s.until), say.stop(s, zone, as_of)) for s in found.stop)


def _written(until: Instant | None, zone: str | None = None) -> str | None:
    return None if until is None else iso(until, zone)


def _words(deployment: Deployment, call: Call) -> Words:
    language = words.language_of(call.header(b"accept-language"), deployment.config.languages)
    return Words(deployment.categories, language)


def _count(deployment: Deployment, decision: Decision) -> None:
    outcome = decision.silence or "slate"
    codes = Counter(exclusion.code.value for exclusion in decision.excluded)
    deployment.metrics.decision(decision.mode, outcome, codes, starved=decision.bonus > 0.0)
