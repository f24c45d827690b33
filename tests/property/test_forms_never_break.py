"""Whatever a form of a page holds, it is done or refused on the page, and never breaks the service."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.small_pages import get, paths_of, post, proof_in
from tests.small_service import SmallService, service_in_process

_people = count()
NAMES = (
    *("patch", "pause", "topic", "interest", "feedback", "comment", "save", "quiet", "then", "from1", "to1", "days1"),
    *("from2", "to2", "kept", "language", "zone", "zone_name", "max_per_day", "undo", "at", "out", "List-Unsubscribe"),
)
VALUES = (
    *("", "0", "-1", "on:sport", "off:*", "fewer:*", "on:", "never:\u202e", "own", "defer", "22:00", "24:00", "mon"),
    *("99999999999999999999", "many", "quiet", "place", "all", "One-Click", "too_often", "Asia/Shanghai", "../etc"),
    *('{"push":false}', '{"push":null,"consents":{"marketing":null}}', '{"tags":{"":true}}', "[1", "1e999", "null"),
    *('{"quiet_hours":[{}]}', "1-2-3", "22:00-08:00-6", "a-b-", "\u0660", "\ud83d\ude00", "tlh-" + "x" * 90),
)
FIELDS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.one_of(st.sampled_from(VALUES), st.text(max_size=40))), max_size=8
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallService]:
    with service_in_process(tmp_path_factory.mktemp("forms"), PUSHRANK_POLICY="default") as found:
        yield found


@given(fields=FIELDS)
def test_any_form_is_done_or_refused_and_the_page_can_be_seen_afterwards(
    service: SmallService, fields: list[tuple[str, str]]
) -> None:
    person = paths_of(service.call, f"u-{next(_people)}")
    for path in (person.preferences, person.opt_out):
        proof = proof_in(get(service.call, path).text + 'name="csrf" value="gone"')
        encodable = [(name, value.encode("utf-8", "ignore").decode()) for name, value in fields]
        answer = post(service.call, path, [("csrf", proof), *encodable])
        assert answer.status_code in (200, 303, 400, 403, 422)
        assert answer.status_code == 303 or answer.text.startswith("<!doctype html>")
        seen = get(service.call, path + answer.headers.get("location", "").partition("#")[0])
        assert seen.status_code == 200
