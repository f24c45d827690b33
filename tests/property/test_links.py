"""A link opens its own page for its own user until it ends, and nothing that was made of it opens anything."""

from __future__ import annotations

import base64

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pushrank.rights.links import LinkError, Links, Opened, Use
from pushrank.rights.pseudonyms import Secret

NOW = 1_795_000_000_000_000
LINKS = Links(Secret(b"k" * 32))

ids = st.from_regex(r"[A-Za-z0-9_.:-]{1,64}", fullmatch=True)
uses = st.sampled_from(Use)
ends = st.none() | st.integers(NOW + 1, NOW + 10**15)


def refused(token: str, use: Use, links: Links = LINKS) -> bool:
    with pytest.raises(LinkError) as found:
        links.open(use, token, NOW)
    return not found.value.expired


@given(use=uses, user_id=ids, end=ends)
def test_a_link_opens_for_whom_it_was_made_and_is_the_same_each_time(use: Use, user_id: str, end: int | None) -> None:
    token = LINKS.seal(use, user_id, end)
    assert LINKS.open(use, token, NOW) == Opened(user_id, end)
    assert LINKS.seal(use, user_id, end) == token
    assert user_id not in token or len(user_id) < 4
    assert len(token) <= 128


@given(use=uses, user_id=ids, end=ends, bit=st.integers(0))
def test_one_bit_turned_is_a_forgery(use: Use, user_id: str, end: int | None, bit: int) -> None:
    token = LINKS.seal(use, user_id, end)
    data = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    data[bit // 8 % len(data)] ^= 1 << bit % 8
    assert refused(base64.urlsafe_b64encode(bytes(data)).rstrip(b"=").decode(), use)


@given(use=uses, user_id=ids, place=st.integers(0), letter=st.characters())
def test_one_character_changed_is_a_forgery(use: Use, user_id: str, place: int, letter: str) -> None:
    token = LINKS.seal(use, user_id)
    place %= len(token)
    assume(token[place] != letter)
    assert refused(token[:place] + letter + token[place + 1 :], use)


@given(use=uses, user_id=ids, first=st.integers(0, 130), last=st.integers(0, 130))
def test_no_part_of_a_link_opens_anything(use: Use, user_id: str, first: int, last: int) -> None:
    token = LINKS.seal(use, user_id)
    part = token[first : len(token) - last]
    assume(part != token)
    assert refused(part, use)


@given(user_id=ids, end=ends)
def test_a_link_of_one_use_does_not_open_another(user_id: str, end: int | None) -> None:
    assert refused(LINKS.seal(Use.OPT_OUT, user_id, end), Use.PREFERENCES)
    assert refused(LINKS.seal(Use.PREFERENCES, user_id, end), Use.OPT_OUT)


@given(use=uses, user_id=ids, end=ends)
def test_a_link_of_another_deployment_opens_nothing_until_its_secret_is_a_former_one(
    use: Use, user_id: str, end: int | None
) -> None:
    old, new = Secret(b"o" * 32), Secret(b"n" * 32)
    token = Links(old).seal(use, user_id, end)
    assert refused(token, use, Links(new))
    assert Links(new, [old]).open(use, token, NOW).user_id == user_id
    assert Links(new, [old]).seal(use, user_id, end) == Links(new).seal(use, user_id, end) != token


@given(text=st.text(max_size=700), use=uses)
def test_whatever_somebody_makes_up_opens_nothing(text: str, use: Use) -> None:
    assert refused(text, use)


@given(user_id=ids, end=st.integers(1, NOW), use=uses)
def test_an_old_link_says_that_it_is_old_and_only_a_whole_one_does(user_id: str, end: int, use: Use) -> None:
    token = LINKS.seal(use, user_id, end)
    assert LINKS.open(use, token, end - 1).user_id == user_id
    for at in (end, NOW):
        with pytest.raises(LinkError) as found:
            LINKS.open(use, token, at)
        assert found.value.expired
    assert refused(token[:-2], use)
