"""A decision as the JSON of the contract, as the body the store keeps, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from pushrank.domain.codes import ExclusionCode, Mode, PassedCode, SilenceCode
from pushrank.domain.decision import Chosen, DecidedBy, Decision, Exclusion, Frequency, Passed, Reason, Scored, Versions
from pushrank.domain.instants import Instant, instant, iso
from pushrank.domain.record import DecisionRow

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()


class Words(Protocol):
    """Puts codes into words. `zone` is the reader's, and what is told was so at `now`."""

    def reason(self, reason: Reason) -> str:
        """Say why a message was chosen."""

    def passed(self, code: PassedCode) -> str:
        """Say why a message that was allowed was not chosen."""

    def excluded(self, exclusion: Exclusion, zone: str | None, now: Instant) -> str:
        """Say why a message was not allowed."""


class _ToldPassed(msgspec.Struct, frozen=True, gc=False):
    message_id: str
    p_click: float
    p_opt_out: float
    net_value: float
    code: PassedCode
    text: str


class _ToldExcluded(msgspec.Struct, frozen=True, gc=False):
    message_id: str
    code: ExclusionCode
    until: str | None
    text: str


class _KeptExcluded(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    message_id: str
    code: ExclusionCode
    until: str | None
    about: str | None = None
    limit: int | None = None
    decided_by: DecidedBy | None = None


def answer(decision: Decision, words: Words | None = None) -> dict[str, Any]:
    """Write the answer of `rank`, ready for msgspec, in `words`; without them it is what the store keeps: codes only.

    Times that concern the user stand in the user's zone, all others in UTC.
    """
    text = None if words is None else words.reason
    return {
        "decision_id": decision.decision_id,
        "user_id": decision.user_id,
        "decided_at": iso(decision.decided_at),
        "mode": decision.mode,
        "degraded": decision.degraded,
        "propensity": decision.propensity,
        "slate": [_chosen(chosen, decision.zone, text) for chosen in decision.slate],
        "passed_over": decision.passed_over if words is None else _told_passed(decision, words),
        "excluded": _kept_excluded(decision) if words is None else _told_excluded(decision, words),
        "silence": decision.silence,
        "not_considered": decision.not_considered,
        "frequency": decision.frequency,
        "bonus": decision.bonus,
        "permission_value": decision.permission_value,
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
        passed_over=tuple(_read_passed(entry) for entry in body["passed_over"]),
        excluded=tuple(_read_exclusion(entry) for entry in body["excluded"]),
        silence=None if body["silence"] is None else SilenceCode(body["silence"]),
        propensity=body["propensity"],
        versions=Versions(**body["versions"]),
        degraded=body["degraded"],
        not_considered=body["not_considered"],
        frequency=_read_frequency(body.get("frequency")),
        bonus=body.get("bonus", 0.0),
        permission_value=body.get("permission_value"),
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


def _told_passed(decision: Decision, words: Words) -> list[_ToldPassed]:
    texts = {code: words.passed(code) for code in {one.code for one in decision.passed_over}}
    return [
        _ToldPassed(one.message_id, one.p_click, one.p_opt_out, one.net_value, one.code, texts[one.code])
        for one in decision.passed_over
    ]


def _told_excluded(decision: Decision, words: Words) -> list[_ToldExcluded]:
    """Exclusions in words. Most of a request's candidates share a few reasons, so each is put into words once."""
    zone, now, told = decision.zone, decision.decided_at, dict[tuple[Any, ...], tuple[str | None, str]]()
    entries = []
    for one in decision.excluded:
        reason = (one.code, one.until, one.about, one.limit, one.decided_by)
        if reason not in told:
            told[reason] = _written(one.until, zone), words.excluded(one, zone, now)
        entries.append(_ToldExcluded(one.message_id, one.code, *told[reason]))
    return entries


def _kept_excluded(decision: Decision) -> list[_KeptExcluded]:
    untils = {until: _written(until, decision.zone) for until in {one.until for one in decision.excluded}}
    return [
        _KeptExcluded(one.message_id, one.code, untils[one.until], one.about, one.limit, one.decided_by)
        for one in decision.excluded
    ]


def _written(until: Instant | None, zone: str | None) -> str | None:
    return None if until is None else iso(until, zone)


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


def _read_passed(entry: dict[str, Any]) -> Passed:
    return Passed(**{**entry, "code": PassedCode(entry["code"])})


def _read_exclusion(entry: dict[str, Any]) -> Exclusion:
    code, until = ExclusionCode(entry["code"]), _moment(entry["until"])
    return Exclusion(entry["message_id"], code, until, entry.get("about"), entry.get("limit"), entry.get("decided_by"))


def _read_frequency(entry: dict[str, Any] | None) -> Frequency | None:
    """Decisions of older versions have none."""
    return None if entry is None else Frequency(**entry)


def _moment(text: str | None) -> Instant | None:
    return None if text is None else instant(text)
