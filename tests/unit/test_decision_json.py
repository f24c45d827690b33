from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from pushrank.domain.codes import ExclusionCode, Mode, PassedCode, SilenceCode
from pushrank.domain.decision import Chosen, Decision, Exclusion, Frequency, Passed, Reason, Scored, Versions
from pushrank.domain.instants import HOUR, MINUTE, Instant, instant
from pushrank.ranking.decision_json import answer, read, row

AT = instant("2026-11-23T10:00:00+00:00")
DECISION = Decision(
    decision_id="01JD",
    user_id="u-1042",
    decided_at=AT,
    mode=Mode.HOLD,
    slots=2,
    zone="Asia/Shanghai",
    slate=(
        Chosen(
            Scored("m-2", 0.081, 0.0007, 0.063),
            1,
            AT + HOUR,
            0.93,
            AT + HOUR + 5 * MINUTE,
            "sku-77",
            (Reason("interest", "running"), Reason("fresh")),
        ),
    ),
    passed_over=(Passed("m-3", 0.05, 0.0011, 0.02, PassedCode.OUTRANKED),),
    excluded=(
        Exclusion("m-1", ExclusionCode.CAP_DAY, AT + 6 * HOUR, limit=3, decided_by="adaptive"),
        Exclusion("m-4", ExclusionCode.EXPIRED),
        Exclusion("m-5", ExclusionCode.CATEGORY_OFF, about="sport"),
    ),
    silence=SilenceCode.BELOW_VALUE,
    propensity=0.93,
    versions=Versions("3", "2026-11", "abc"),
    degraded=True,
    not_considered=4,
    frequency=Frequency(1, 4, 0.5, 0.2, 0.001, 0.9, "user", "adaptive"),
    bonus=0.02,
    permission_value=4.5,
)
LOOK = replace(
    DECISION, mode=Mode.LOOK, zone=None, silence=None, slate=(replace(DECISION.slate[0], hold_expires_at=None),)
)


class Plain:
    """Words that only name what they were told."""

    def reason(self, reason: Reason) -> str:
        return f"because {reason.code}"

    def passed(self, code: PassedCode) -> str:
        return f"since {code}"

    def excluded(self, exclusion: Exclusion, zone: str | None, now: Instant) -> str:
        assert (zone, now) == ("Asia/Shanghai", AT)
        return f"not for {exclusion.code} of {exclusion.about or exclusion.limit}"


@pytest.mark.parametrize("decision", [DECISION, LOOK, replace(DECISION, slate=(), passed_over=(), excluded=())])
def test_what_is_stored_reads_back_under_the_pseudonym(decision: Decision) -> None:
    stored = row(decision, "p_1")
    assert (stored.decision_id, stored.user_key, stored.decided_at, stored.mode) == (
        "01JD",
        "p_1",
        AT,
        decision.mode.value,
    )
    assert b"u-1042" not in stored.body
    again = read(stored)
    assert again == replace(decision, user_id="p_1")
    told = [[(one.about, one.limit, one.decided_by) for one in known.excluded] for known in (again, decision)]
    assert told[0] == told[1]


def test_the_answer_has_the_form_of_the_contract() -> None:
    told = msgspec.json.decode(msgspec.json.encode(answer(DECISION, Plain())))
    (chosen,) = told.pop("slate")
    assert chosen == {
        "message_id": "m-2",
        "event_key": "sku-77",
        "rank": 1,
        "p_click": 0.081,
        "p_opt_out": 0.0007,
        "net_value": 0.063,
        "send_at": "2026-11-23T19:00:00+08:00",
        "hold_expires_at": "2026-11-23T11:05:00+00:00",
        "propensity": 0.93,
        "reasons": [
            {"code": "interest", "tag": "running", "text": "because interest"},
            {"code": "fresh", "tag": None, "text": "because fresh"},
        ],
    }
    assert told == {
        "decision_id": "01JD",
        "user_id": "u-1042",
        "decided_at": "2026-11-23T10:00:00+00:00",
        "mode": "hold",
        "degraded": True,
        "propensity": 0.93,
        "passed_over": [
            {
                "message_id": "m-3",
                "p_click": 0.05,
                "p_opt_out": 0.0011,
                "net_value": 0.02,
                "code": "outranked",
                "text": "since outranked",
            }
        ],
        "excluded": [
            {
                "message_id": "m-1",
                "code": "cap_day",
                "until": "2026-11-24T00:00:00+08:00",
                "text": "not for cap_day of 3",
            },
            {"message_id": "m-4", "code": "expired", "until": None, "text": "not for expired of None"},
            {"message_id": "m-5", "code": "category_off", "until": None, "text": "not for category_off of sport"},
        ],
        "silence": "below_value",
        "not_considered": 4,
        "frequency": {
            "per_day": 1,
            "per_week": 4,
            "activity": 0.5,
            "opened": 0.2,
            "risk": 0.001,
            "too_often": 0.9,
            "decided_by": "user",
            "week_decided_by": "adaptive",
            "price": 0.0,
        },
        "bonus": 0.02,
        "permission_value": 4.5,
        "versions": {"model": "3", "policy": "2026-11", "features": "abc", "certificate": None},
    }


def test_a_decision_of_before_frequencies_reads_back_without_one() -> None:
    stored = row(DECISION, "p_1")
    body = msgspec.json.decode(stored.body)
    del body["frequency"]
    assert read(replace(stored, body=msgspec.json.encode(body))) == replace(DECISION, user_id="p_1", frequency=None)
