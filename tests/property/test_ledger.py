"""Whatever is done to the consent ledger behind its back is found, and what happened lawfully never is."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushrank.domain.instants import DAY
from pushrank.domain.ledger import Head, Link, entries, erasure, linked, written
from pushrank.domain.record import Change, Erasure, Reading
from pushrank.domain.user import Preferences
from pushrank.rights.ledger import anchor, anchors_of, signed, verified
from pushrank.rights.preferences import change_preferences
from pushrank.rights.pseudonyms import Secret
from pushrank.store import Store, open_store
from tests.small_policies import NOON

SECRET = Secret(b"a secret of thirty-two bytes or more")
FORMER = Secret(b"the secret that was in use before it")
PEOPLE = ("p_anna", "p_bo", "p_chen")
SETTINGS: tuple[dict[str, Any], ...] = (
    {"push": False},
    {"push": True, "objected": True},
    {"categories": {"sport": False}, "max_per_day": 2},
    {"consents": {"marketing": {"granted": True, "policy_version": "1"}}},
    {"consents": {"marketing": {"granted": False}}, "objected": False, "categories": {}},
)

words = st.tuples(st.sampled_from(PEOPLE), st.integers(0, len(SETTINGS) - 1))
histories = st.lists(st.one_of(words, st.sampled_from(PEOPLE)), min_size=1, max_size=14)
"""What somebody says, by place in SETTINGS, or somebody's erasure."""


def told(history: Sequence[tuple[str, int] | str]) -> list[Link]:
    """The chain of a history, without any store."""
    links: list[Link] = []
    owners: dict[int, str] = {}

    def add(text: bytes, owner: str) -> None:
        links.append(linked(Head(len(links), links[-1].digest) if links else Head(), text))
        owners[len(links)] = owner

    for at, one in enumerate(history, NOON):
        if isinstance(one, str):
            gone = [place for place, owner in owners.items() if owner == one and links[place - 1].entry is not None]
            for place in gone:
                links[place - 1] = replace(links[place - 1], entry=None)
            add(written(erasure(gone, at)), "")
        else:
            person, place = one
            after = Preferences(max_per_day=place, push=bool(place % 2))
            for entry in entries(person, Preferences(), after, at, "api"):
                add(written(replace(entry, salt=f"{at}")), person)
    return links


def heads(links: Sequence[Link], *places: int) -> list[bytes]:
    return [msgspec.json.encode(signed(SECRET, Head(p, links[p - 1].digest), NOON)) for p in places]


def faults(links: Sequence[Link], anchors: Sequence[bytes]) -> list[str]:
    return [str(fault) for fault in verified(links, anchors, (SECRET,))]


chains = histories.map(told).filter(lambda links: len(links) > 1)


@given(links=chains, data=st.data())
def test_an_untouched_chain_is_whole_whatever_was_erased_and_wherever_it_was_anchored(
    links: list[Link], data: st.DataObject
) -> None:
    places = data.draw(st.lists(st.integers(1, len(links)), max_size=3))
    assert faults(links, heads(links, *places)) == []


def flipped(value: Any, bit: int) -> Any:
    if isinstance(value, int):
        return value ^ (1 << bit % 16)
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    raw[bit // 8 % len(raw)] ^= 1 << bit % 8
    return raw.decode("latin-1") if isinstance(value, str) else bytes(raw)


@given(links=chains, data=st.data())
def test_a_single_bit_of_any_row_is_found(links: list[Link], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(links) - 1))
    fields = [name for name in ("seq", "entry_digest", "digest", "entry") if getattr(links[place], name) is not None]
    name, bit = data.draw(st.sampled_from(fields)), data.draw(st.integers(0, 10_000))
    other = replace(links[place], **{name: flipped(getattr(links[place], name), bit)})
    assert faults([*links[:place], other, *links[place + 1 :]], []) != []


def test_every_single_bit_of_a_chain_is_found() -> None:
    links = told([("p_anna", 1), ("p_bo", 2), "p_anna", ("p_chen", 3)])
    for place, link in enumerate(links):
        for name in ("entry_digest", "digest", "entry"):
            value = getattr(link, name)
            for bit in range(0 if value is None else 8 * len(value)):
                other = replace(link, **{name: flipped(value, bit)})
                assert faults([*links[:place], other, *links[place + 1 :]], []) != [], (place, name, bit)


@given(links=chains, data=st.data(), renumbered=st.booleans())
def test_a_removed_repeated_or_swapped_row_is_found_also_where_places_are_counted_anew(
    links: list[Link], data: st.DataObject, *, renumbered: bool
) -> None:
    place, other = (data.draw(st.integers(0, len(links) - 1)) for _ in range(2))
    what = data.draw(st.sampled_from(["removed", "repeated", "swapped"]))
    changed = list(links)
    if what == "removed":
        del changed[place]
    elif what == "repeated":
        changed.insert(place, links[place])
    elif place != other:
        changed[place], changed[other] = changed[other], changed[place]
    else:
        changed.reverse()
    if renumbered:
        changed = [replace(link, seq=seq) for seq, link in enumerate(changed, 1)]
    assert faults(changed, heads(links, len(links))) != []


@given(links=chains, data=st.data())
def test_an_end_that_is_cut_off_before_an_anchor_is_found_and_after_it_is_not(
    links: list[Link], data: st.DataObject
) -> None:
    anchored, left = data.draw(st.integers(1, len(links))), data.draw(st.integers(0, len(links)))
    gone = {link.seq for link in links if link.entry is None}
    found = faults(links[:left], heads(links, anchored))
    assert any("cut off" in fault for fault in found) is (left < anchored)
    if left >= anchored and all(seq > left for seq in gone):
        assert found == []


@given(links=chains, data=st.data())
def test_an_entry_that_is_gone_without_an_erasure_is_found(links: list[Link], data: st.DataObject) -> None:
    there = [place for place, link in enumerate(links) if link.entry is not None]
    place = data.draw(st.sampled_from(there))
    found = faults([*links[:place], replace(links[place], entry=None), *links[place + 1 :]], heads(links, len(links)))
    assert any("no erasure lists it" in fault for fault in found)


def test_an_entry_that_an_erasure_lists_and_that_is_still_there_is_found() -> None:
    links = told([("p_anna", 1), "p_anna"])
    whole = told([("p_anna", 1)])
    assert faults([*whole, *links[len(whole) :]], []) == [
        f"place {place}: an erasure lists it, and its entry is still there" for place in range(1, len(whole) + 1)
    ]


def test_a_chain_written_anew_is_found_by_its_anchor() -> None:
    links, other = told([("p_anna", 1), ("p_bo", 2)]), told([("p_anna", 2), ("p_bo", 3)])
    assert faults(other, []) == []
    assert faults(other, heads(links, 2)) == [
        "place 2: its digest is not the one that was anchored: the chain was written anew"
    ]


@given(links=chains, data=st.data())
def test_a_forged_or_damaged_anchor_is_found(links: list[Link], data: st.DataObject) -> None:
    (true,) = heads(links, len(links))
    forged = msgspec.json.encode(signed(FORMER, Head(len(links), links[-1].digest), NOON))
    damaged = flipped(true, data.draw(st.integers(0, 8 * len(true) - 1)))
    for line in (forged, damaged, b"{}", b"no anchor", true[:-1]):
        if line.lower() != true.lower():
            assert faults(links, [line]) != []


def test_a_former_secret_still_verifies_and_one_place_has_one_digest() -> None:
    links = told([("p_anna", 1)])
    old = msgspec.json.encode(signed(FORMER, Head(1, links[0].digest), NOON))
    assert verified(links, [old], (SECRET, FORMER)) == []
    assert [fault.what for fault in verified(links, [old], (SECRET,))] == [
        "line 1 of the anchors: no secret of this deployment signed it"
    ]
    lie = msgspec.json.encode(signed(SECRET, Head(1, "0" * 64), NOON))
    assert "another digest was anchored for place 1 before" in faults(links, [*heads(links, 1), lie])[0]


def settle(store: Store, history: Sequence[tuple[str, int] | str]) -> None:
    """Let a history happen in a real store."""
    for at, one in enumerate(history, NOON):
        if isinstance(one, str):
            store.transact(one, _erased(at), at)
        elif not store.user(one[0], at).erased:
            change_preferences(store, one[0], SETTINGS[one[1]], at)


def _erased(at: int) -> Any:
    def rule(reading: Reading) -> Change[None]:
        return Change(None) if not reading.record.known else Change(None, erase=Erasure(at))

    return rule


TAMPERING = (
    "DELETE FROM ledger WHERE seq = :place",
    "DELETE FROM ledger WHERE seq >= :place",
    "UPDATE ledger SET digest = upper(digest) || 'x' WHERE seq = :place",
    "UPDATE ledger SET entry_digest = (SELECT digest FROM ledger WHERE seq = :place) WHERE seq = :place",
    "UPDATE ledger SET seq = -seq WHERE seq = :place",
    "DELETE FROM ledger_entries WHERE seq = :said",
    "UPDATE ledger_entries SET entry = CAST(entry || ' ' AS BLOB) WHERE seq = :said",
)


@settings(max_examples=40, deadline=None)
@given(history=histories, data=st.data())
def test_tampering_by_sql_is_found_and_a_lawful_history_is_whole(
    history: list[tuple[str, int] | str], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        database, path = Path(folder) / "store.sqlite", Path(folder) / "heads.jsonl"
        with closing(open_store(f"sqlite:///{database}", tomb=lambda key: f"t_{key}")) as store:
            settle(store, history)
            anchor(store, SECRET, path, NOON + DAY)
            anchors = anchors_of(path)
            assert verified(store.chain(), anchors, (SECRET,)) == []
            links = list(store.chain())
            said = [link.seq for link in links if link.entry is not None]
            if said:
                named = {"place": data.draw(st.integers(1, len(links))), "said": data.draw(st.sampled_from(said))}
                _tamper(database, data.draw(st.sampled_from(TAMPERING)), named)
                assert verified(store.chain(), anchors, (SECRET,)) != []


def _tamper(database: Path, statement: str, named: dict[str, int]) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement, named)


def test_an_anchor_is_written_once_for_each_head_and_a_torn_line_gives_way(tmp_path: Path) -> None:
    path = tmp_path / "home" / "heads.jsonl"
    with closing(open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")) as store:
        assert anchor(store, SECRET, path, NOON) is None
        assert not path.exists()
        change_preferences(store, "p_anna", {"push": False}, NOON)
        assert anchor(store, SECRET, path, NOON) is not None
        assert anchor(store, SECRET, path, NOON + 1) is None
        path.write_bytes(path.read_bytes() + b'{"seq": 2, "dig')
        assert "can't be read" in str(verified(store.chain(), anchors_of(path), (SECRET,))[0])
        change_preferences(store, "p_anna", {"push": True}, NOON)
        assert anchor(store, SECRET, path, NOON) is not None
        assert len(anchors_of(path)) == 2
        assert verified(store.chain(), anchors_of(path), (SECRET,)) == []


@pytest.mark.parametrize("value", ["x", [{"place": 1}], None, [1.5]])
def test_an_erasure_that_lists_no_places_excuses_nothing(value: Any) -> None:
    links = told([("p_anna", 1)])
    said = written(replace(erasure([], NOON), value=value))
    bare = [*links[:-1], replace(links[-1], entry=None)]
    found = faults([*bare, linked(Head(len(links), links[-1].digest), said)], [])
    assert any("no erasure lists it" in fault for fault in found)
