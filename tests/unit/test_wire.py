"""Bodies are decoded strictly, and a refusal names every wrong field with what was expected and what came."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
import pytest

from pushrank.domain.codes import EventType
from pushrank.domain.instants import HOUR, instant
from pushrank.service import mapping
from pushrank.service.decoding import decode
from pushrank.service.problem import Problem
from pushrank.service.wire.events import EventBody, EventsBody
from pushrank.service.wire.messages import MessageBody, MessagesBody
from pushrank.service.wire.preferences import PreferencesBody
from pushrank.service.wire.rank import CandidateBody, RankBody, SlateBody
from pushrank.service.wire.values import Time

NOW = instant("2026-11-23T10:00:00+00:00")


def refusal(body: bytes | dict[str, Any], kind: type) -> Problem:
    with pytest.raises(Problem) as caught:
        decode(body if isinstance(body, bytes) else msgspec.json.encode(body), kind)
    return caught.value


def faults(problem: Problem) -> dict[str, str]:
    return {fault.pointer: fault.detail for fault in problem.errors}


def rank_body(**fields: Any) -> RankBody:
    return decode(msgspec.json.encode({"user_id": "u-1", **fields}), RankBody)


def event_body(**fields: Any) -> EventBody:
    return decode(
        msgspec.json.encode({"event_id": "e-1", "user_id": "u-1", "at": "2026-11-23T10:00:00Z", **fields}), EventBody
    )


def test_a_request_is_read_with_the_defaults_of_the_contract() -> None:
    body = rank_body(candidates=["m-1", {"message_id": "m-2", "event_key": "sku-77", "items": ["sku-77"], "worth": 3}])
    assert (body.slots, body.channel, body.mode.value, body.at) == (1, "push", "hold", None)
    assert body.candidates == ("m-1", CandidateBody("m-2", "sku-77", ("sku-77",), 3.0))


def test_every_wrong_field_is_named_at_once() -> None:
    named = faults(refusal({"user_id": "a b", "slots": 21, "mode": "peek", "candidate": []}, RankBody))
    assert set(named) == {"/user_id", "/slots", "/mode", "/candidate"}
    assert named["/user_id"] == 'expected 1 to 64 characters of A-Z a-z 0-9 _ . : -, got "a b"'
    assert named["/slots"] == "expected int <= 20, got 21"
    assert named["/mode"] == 'expected one of look, hold, confirm, got "peek"'
    assert named["/candidate"] == "unknown field; did you mean 'candidates'?"


def test_a_wrong_value_deep_inside_has_the_pointer_of_its_place() -> None:
    named = faults(refusal({"user_id": "u", "candidates": ["m", {"message_id": "n", "worth": "3"}, 7]}, RankBody))
    assert set(named) == {"/candidates/1/worth", "/candidates/2"}
    assert named["/candidates/1/worth"] == "expected float | null, got str"


def test_501_candidates_are_refused_with_the_limit() -> None:
    problem = refusal({"user_id": "u", "candidates": [f"m-{number}" for number in range(501)]}, RankBody)
    assert problem.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert faults(problem) == {"/candidates": "expected array of length <= 500, got 501 items"}


def test_a_missing_field_is_named() -> None:
    assert faults(refusal({}, RankBody)) == {"/user_id": "required, and missing"}


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity"])
def test_nan_and_infinity_are_not_json(number: bytes) -> None:
    body = b'{"user_id": "u", "candidates": [{"message_id": "m", "worth": ' + number + b"}]}"
    assert refusal(body, RankBody).status == HTTPStatus.BAD_REQUEST


def test_a_number_that_overflows_to_infinity_is_a_wrong_value() -> None:
    problem = refusal(b'{"user_id": "u", "candidates": [{"message_id": "m", "worth": 1e999}]}', RankBody)
    assert faults(problem) == {"/candidates/0/worth": "number out of range"}


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"user_id": "u"', b'{"user_id": "u"} x', b"[" * 200_000, b'{"a": "\xff"}']
)
def test_broken_json_is_a_400(body: bytes) -> None:
    assert refusal(body, RankBody).status == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("body", [b"[]", b"null", b"3", b'"u"'])
def test_json_that_is_no_object_is_a_wrong_value(body: bytes) -> None:
    assert list(faults(refusal(body, RankBody))) == [""]


@pytest.mark.parametrize("name", ["", "a b", "a\n", "ü", "x" * 65, "a/b"])
def test_ids_are_of_the_declared_form(name: str) -> None:
    assert list(faults(refusal({"user_id": name}, RankBody))) == ["/user_id"]


@pytest.mark.parametrize(
    "text", ["2026-11-23T10:00:00", "2026-11-23", "soon", "1969-01-01T00:00:00Z", "9999-01-01T00:00:00Z", 5]
)
def test_a_time_needs_an_offset_and_a_place_in_this_century(text: object) -> None:
    problem = refusal({"user_id": "u", "at": text}, RankBody)
    assert "expected" in faults(problem)["/at"]
    assert "got" in faults(problem)["/at"]


def test_a_name_in_a_pointer_is_escaped() -> None:
    assert list(faults(refusal({"user_id": "u", "a/b~c": 1}, RankBody))) == ["/a~1b~0c"]


def test_an_attribute_of_the_wrong_kind_is_named_by_its_key() -> None:
    problem = refusal({"messages": [{"message_id": "m", "category": "news", "attributes": {"x": []}}]}, MessagesBody)
    assert list(faults(problem)) == ["/messages/0/attributes/x"]


def test_a_patch_names_the_wrong_field_of_a_window_and_of_a_consent() -> None:
    body = {"quiet_hours": [{"from": "25:00", "to": "08:00"}], "consents": {"ads": {"granted": True}}}
    assert set(faults(refusal(body, PreferencesBody))) == {"/quiet_hours/0/from", "/consents/ads"}


def test_an_empty_list_of_message_ids_is_not_the_whole_slate() -> None:
    assert list(faults(refusal({"message_ids": []}, SlateBody))) == ["/message_ids"]


def test_no_more_than_20_faults_are_listed() -> None:
    body = {
        "events": [{"event_id": "e", "type": "x", "user_id": "u", "at": "2026-11-23T10:00:00Z"} for _ in range(100)]
    }
    assert len(refusal(body, EventsBody).errors) == 20


def test_a_repeated_candidate_is_refused_at_its_second_place() -> None:
    with pytest.raises(Problem) as caught:
        mapping.ranking_request(rank_body(candidates=["m-1", "m-2", "m-1"]), NOW, 500, ())
    assert list(faults(caught.value)) == ["/candidates/2"]


def test_a_lower_limit_of_the_configuration_holds() -> None:
    with pytest.raises(Problem) as caught:
        mapping.ranking_request(rank_body(candidates=["m-1", "m-2", "m-3"]), NOW, 2, ())
    assert faults(caught.value) == {"/candidates": "expected at most 2 candidates, got 3"}


def test_context_takes_only_names_of_the_configuration() -> None:
    body = rank_body(context={"page": "home", "mood": "good"})
    with pytest.raises(Problem) as caught:
        mapping.ranking_request(body, NOW, 500, ("page",))
    assert list(faults(caught.value)) == ["/context/mood"]


def test_at_is_honoured_only_where_requests_set_the_clock() -> None:
    asked = Time(NOW - HOUR)
    assert mapping.asked_moment(asked, NOW, "request") == NOW - HOUR
    assert mapping.asked_moment(None, NOW, "server") == NOW
    with pytest.raises(Problem) as caught:
        mapping.asked_moment(asked, NOW, "server")
    assert list(faults(caught.value)) == ["/at"]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"type": "clicked"}, "/events/0/message_id"),
        ({"type": "feedback"}, "/events/0/reason"),
        ({"type": "answer", "question": "q"}, "/events/0/choice"),
        ({"type": "activity"}, "/events/0/kind"),
        ({"type": "attribute", "name": "tier"}, "/events/0/value"),
        ({"type": "clicked", "message_id": "m", "scope": "all"}, "/events/0/scope"),
        ({"type": "sent", "message_id": "m", "reverted": True}, "/events/0/reverted"),
        ({"type": "reach_lost", "at": "2026-11-24T10:00:00Z"}, "/events/0/at"),
    ],
)
def test_an_event_carries_the_fields_of_its_type_and_no_others(fields: dict[str, Any], wrong: str) -> None:
    with pytest.raises(Problem) as caught:
        mapping.events([event_body(**fields)], NOW, "server")
    assert list(faults(caught.value)) == [wrong]


def test_an_opt_out_without_a_scope_ends_everything() -> None:
    (event,) = mapping.events([event_body(type="opted_out")], NOW, "server")
    assert (event.type, event.scope, event.at) == (EventType.OPTED_OUT, "all", NOW)


def test_an_attribute_may_be_taken_back_with_null() -> None:
    (event,) = mapping.events([event_body(type="attribute", name="tier", value=None)], NOW, "server")
    assert event.value is None


def test_events_of_the_future_are_taken_where_requests_set_the_clock() -> None:
    later = event_body(type="reach_lost", at="2027-01-01T00:00:00Z")
    assert mapping.events([later], NOW, "request")[0].at > NOW


def test_a_message_comes_back_as_it_was_sent() -> None:
    body = decode(
        msgspec.json.encode(
            {
                "message_id": "m-1",
                "category": "sport.tennis",
                "title": "你好",
                "tags": ["a"],
                "published_at": "2026-11-23T10:00:00+08:00",
                "worth": 2.5,
                "attributes": {"brand": "x", "new": True, "stock": 3},
            }
        ),
        MessageBody,
    )
    message = mapping.message(body)
    assert message.published_at == instant("2026-11-23T02:00:00+00:00")
    assert mapping.message(mapping.message_body(message)) == message


def test_a_batch_names_repeated_ids_and_messages_that_end_before_they_begin() -> None:
    first = MessageBody("m", "news")
    second = MessageBody("m", "news", published_at=Time(NOW), expires_at=Time(NOW))
    with pytest.raises(Problem) as caught:
        mapping.messages([first, second])
    assert set(faults(caught.value)) == {"/messages/1/message_id", "/messages/1/expires_at"}
