"""A decision as the JSON of the contract, as the body the store keeps, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from pushrank.domain.codes import ExclusionCode, Mode, SilenceCode
from pushrank.domain.decision import Chosen, Decision, Exclusion, Reason, Scored, Versions
from pushrank.domain.instants import Instant, instant, iso
from pushrank.domain.record import DecisionRow

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()


def answer(decision: Decision, text: Callable[[Reason], str] | None = None) -> dict[str, Any]:
    """Write the answer of `rank`, ready for msgspec. `text` puts a reason into words; without it there are codes only.

    Times that concern the user stand in the user's zone, all others in UTC.
    """
    return {
        "decision_id": decision.decision_id,
        "user_id": decision.user_id,
        "decided_at": iso(decision.decided_at),
        "mode": decision.mode,
        "degraded": decision.degraded,
        "propensity": decision.propensity,
        "slate": [_chosen(chosen, decision.zone, text) for chosen in decision.slate],
        "passed_over": list(decision.passed_over),
        "excluded": [_exclusion(exclusion, decision.zone) for exclusion in decision.excluded],
        "silence": decision.silence,
        "not_considered": decision.not_considered,
        "versions": decision.versions,
    }


def row(decision: Decision, user_key: str) -> DecisionRow:
    """Write the row that the store keeps: the answer under the pseudonym, and what a confirm needs to know."""
    body = answer(decision) | {
        "user_id": user_key,
        "slots": decision.slots,
        "zone": decision.zone,
    }
    return DecisionRow(decision.decision_id, user_key, decision.decided_at, decision.mode.value, _encoder.encode(body))


def read(stored: DecisionRow) -> Decision:
    """Read what `row` wrote; `user_id` is the pseudonym."""
    body = _decoder.decode(stored.body)
    return Decision(
        decision_id=body["decision_id"],
        user_id=body["user_id"],
        decided_at=instant(body["decided_at"]),
        mode=Mode(body["mode"]),
        slots=body["slots"],
        zone=body["zone"],
        slate=tuple(_read_chosen(entry) for entry in body["slate"]),
        passed_over=tuple(_read_scored(entry) for entry in body["passed_over"]),
        excluded=tuple(_read_exclusion(entry) for entry in body["excluded"]),
        silence=None if body["silence"] is None else SilenceCode(body["silence"]),
        propensity=body["propensity"],
        versions=Versions(**body["versions"]),
        degraded=body["degraded"],
        not_considered=body["not_considered"],
    )


def _chosen(chosen: Chosen, zone: str | None, text: Callable[[Reason], str] | None) -> dict[str, Any]:
    scored = chosen.scored
    return {
        "message_id": scored.message_id,
        "event_key": chosen.event_key,
        "rank": chosen.rank,
        "p_click": scored.p_click,
        "p_opt_out": scored.p_opt_out,
        "net_value": scored.net_value,
        "send_at": iso(chosen.send_at, zone),
        "hold_expires_at": None if chosen.hold_expires_at is None else iso(chosen.hold_expires_at),
        "propensity": chosen.propensity,
        "reasons": [_reason(reason, text) for reason in chosen.reasons],
    }


def _reason(reason: Reason, text: Callable[[Reason], str] | None) -> dict[str, Any]:
    told = {} if text is None else {"text": text(reason)}
    return {"code": reason.code, "tag": reason.tag, **told}


def _exclusion(exclusion: Exclusion, zone: str | None) -> dict[str, Any]:
    until = None if exclusion.until is None else iso(exclusion.until, zone)
    return {"message_id": exclusion.message_id, "code": exclusion.code, "until": until}


def _read_chosen(entry: dict[str, Any]) -> Chosen:
    return Chosen(
        scored=_read_scored(entry),
        rank=entry["rank"],
        send_at=instant(entry["send_at"]),
        propensity=entry["propensity"],
        hold_expires_at=_moment(entry["hold_expires_at"]),
        event_key=entry["event_key"],
        reasons=tuple(Reason(told["code"], told["tag"]) for told in entry["reasons"]),
    )


def _read_scored(entry: dict[str, Any]) -> Scored:
    return Scored(entry["message_id"], entry["p_click"], entry["p_opt_out"], entry["net_value"])


def _read_exclusion(entry: dict[str, Any]) -> Exclusion:
    return Exclusion(entry["message_id"], ExclusionCode(entry["code"]), _moment(entry["until"]))


def _moment(text: str | None) -> Instant | None:
    return None if text is None else instant(text)
