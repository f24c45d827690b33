"""What the pages of people refuse: forms of others, links that open nothing, and what makes no sense."""

from __future__ import annotations

import pytest

from pushrank.domain.instants import DAY
from pushrank.domain.record import Change, Erasure, Reading
from pushrank.rights.links import Use
from tests.small_pages import Paths, dump, get, paths_of, post, preferences_of, press, proof_in
from tests.small_service import NOW, SmallService

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


def test_an_undo_of_a_page_that_is_out_of_date_takes_nothing_back(pages: SmallService, person: Paths) -> None:
    press(pages.call, person.preferences, ("patch", '{"push":false}'))
    pages.call("PATCH", f"/v1/users/{person.user_id}/preferences", {"max_per_day": 1})
    answer = press(pages.call, person.preferences, ("undo", "2"))
    assert "done=stale" in answer.headers["location"]
    found = preferences_of(pages.call, person.user_id)
    assert (found["push"], found["max_per_day"]) == (False, 1)


@pytest.mark.parametrize(
    "proof", ["", "x", "A" * 43, "another"], ids=["none", "short", "made up", "of another person's page"]
)
def test_a_form_without_the_proof_of_its_page_changes_nothing(pages: SmallService, person: Paths, proof: str) -> None:
    if proof == "another":
        proof = proof_in(get(pages.call, paths_of(pages.call, "somebody-else").preferences).text)
    before = dump(pages)
    fields = [("csrf", proof), ("patch", '{"push":false}'), ("out", "all")]
    for path in (person.preferences, person.opt_out):
        assert post(pages.call, path, fields).status_code == 403
    assert dump(pages) == before


def test_a_form_that_another_site_sends_changes_nothing(pages: SmallService, person: Paths) -> None:
    proof = proof_in(get(pages.call, person.preferences).text)
    before = dump(pages)
    fields = [("csrf", proof), ("patch", '{"push":false}')]
    for headers in ({"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        answer = post(pages.call, person.preferences, fields, **headers)
        assert answer.status_code == 403
        assert answer.headers["content-type"].startswith("text/html")
    assert dump(pages) == before
    own = post(pages.call, person.preferences, fields, Sec_Fetch_Site="same-origin", Origin="null")
    assert own.status_code == 303


def test_the_opt_out_link_can_do_nothing_else(pages: SmallService, person: Paths) -> None:
    press(pages.call, person.opt_out, ("out", "all"))
    before = dump(pages)
    token = person.opt_out.rpartition("/")[2]
    assert get(pages.call, f"/preferences/{token}").status_code == 404
    proof = proof_in(get(pages.call, f"{person.opt_out}?done=offers").text + 'name="csrf" value="none"')
    for fields in ([("patch", '{"push":true}')], [("undo", "2")], [("out", "none")], [("erase", "yes")]):
        assert post(pages.call, person.opt_out, [("csrf", proof), *fields]).status_code == 403
    assert dump(pages) == before


def test_links_that_are_forged_cut_or_foreign_open_a_friendly_page_that_tells_nothing(
    pages: SmallService, person: Paths
) -> None:
    token = person.preferences.rpartition("/")[2]
    nobody = paths_of(pages.call, "nobody-yet").preferences.rpartition("/")[2]
    opt_out = person.opt_out.rpartition("/")[2]
    bad = [
        token[:-1],
        token[:20],
        token[:30] + chr(ord(token[30]) ^ 1) + token[31:],
        nobody[:-3],
        "x",
        "p_" + "0" * 32,
        opt_out,
        "a.b",
        "%00",
        "%2e%2e",
    ]
    before = dump(pages)
    texts = set()
    for one in bad:
        answer = get(pages.call, f"/preferences/{one}")
        sent = post(pages.call, f"/preferences/{one}", [("patch", '{"push":false}')])
        assert (answer.status_code, sent.status_code) == (404, 404), one
        texts |= {answer.text, sent.text}
    assert len(texts) == 1
    assert "This link doesn&#39;t work" in texts.pop()
    assert dump(pages) == before


def test_a_link_that_has_run_out_says_how_to_get_another_whoever_it_was_for(pages: SmallService, person: Paths) -> None:
    links = pages.deployment.links
    texts = set()
    for user_id in (person.user_id, "nobody-yet"):
        path = f"/preferences/{links.seal(Use.PREFERENCES, user_id, NOW)}"
        answer = get(pages.call, path)
        assert answer.status_code == 410
        assert post(pages.call, path, [("patch", '{"push":false}')]).status_code == 410
        texts.add(answer.text)
    assert len(texts) == 1
    assert "This link has run out" in texts.pop()


def test_the_page_of_somebody_erased_says_that_nothing_is_kept(pages: SmallService, person: Paths) -> None:
    key = pages.deployment.identities.of(person.user_id)

    def rule(_: Reading) -> Change[None]:
        return Change(None, erase=Erasure(NOW))

    pages.deployment.store.transact(key, rule, NOW - DAY)
    for path in (person.preferences, person.opt_out):
        answer = get(pages.call, path)
        assert answer.status_code == 410
        assert "Nothing is kept about you" in answer.text
    assert post(pages.call, person.opt_out, [("List-Unsubscribe", "One-Click")]).status_code == 410


def test_what_people_write_stays_text(pages: SmallService, person: Paths) -> None:
    pages.call("PATCH", f"/v1/users/{person.user_id}/preferences", {"tags": {HOSTILE: False}})
    body = {"messages": [{"message_id": "m-hostile", "category": "news", "title": HOSTILE}]}
    assert pages.call.post("/v1/messages", body).status_code == 200
    asked = {"user_id": person.user_id, "candidates": ["m-hostile"], "at": "2026-11-23T10:00:00Z"}
    assert pages.call.post("/v1/rank", asked).status_code == 200
    shown = get(pages.call, person.preferences).text
    refused = press(pages.call, person.preferences, ("feedback", "no such reason"), ("comment", HOSTILE))
    assert refused.status_code == 422
    for page in (shown, refused.text):
        assert "<script" not in page
        assert "<img" not in page
        assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    "fields",
    [
        [("save", "place"), ("zone_name", "Mars/Olympus")],
        [("save", "quiet"), ("quiet", "own"), ("then", "defer")],
        [("save", "quiet"), ("quiet", "own"), ("then", "defer"), ("from1", "22:00"), ("to1", "07:00")],
        [("save", "quiet"), ("quiet", "own"), ("then", "defer"), ("from1", "9"), ("to1", "8"), ("days1", "mon")],
        [("save", "quiet"), ("quiet", "x"), ("then", "y")],
        [("save", "many"), ("max_per_day", "-1")],
        [("save", "many"), ("max_per_day", "99999999")],
        [("save", "nothing")],
        [("patch", "[]")],
        [("patch", "{")],
        [("patch", '{"version": 9}')],
        [("patch", '{"push": "no"}')],
        [("topic", "less:sport")],
        [("topic", "on:no/such")],
        [("interest", "never:")],
        [("feedback", "not_relevant")],
        [("undo", "x")],
        [],
    ],
    ids=str,
)
def test_a_form_that_makes_no_sense_is_refused_on_the_page_and_changes_nothing(
    pages: SmallService, person: Paths, fields: list[tuple[str, str]]
) -> None:
    before = dump(pages)
    answer = press(pages.call, person.preferences, *fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert dump(pages) == before
