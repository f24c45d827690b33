from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from pushrank.domain.ledger import ERASED, Entry, Head, Link, chained, read
from pushrank.domain.record import Change, Erasure, Reading
from pushrank.store import Rule, Store, open_store
from tests.contract.stores import ADDRESSES, STORES, tomb


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = STORES[request.param](tmp_path)
    yield opened
    opened.close()


def word(user_key: str = "ada", value: object = 0, at: int = 5) -> Entry:
    return Entry(user_key, "max_per_day", None, value, at, "api")


def says(*entries: Entry) -> Rule[None]:
    return lambda _: Change(None, ledger=entries)


def holds(links: list[Link]) -> bool:
    """Whether each link follows from the one before and from its entry."""
    last = Head()
    for link in links:
        if link.seq != last.seq + 1 or link.digest != chained(link.seq, last.digest, link.entry_digest):
            return False
        if link.entry is not None and sha256(link.entry).hexdigest() != link.entry_digest:
            return False
        last = Head(link.seq, link.digest)
    return True


def test_the_ledger_begins_empty(store: Store) -> None:
    assert store.head() == Head()
    assert list(store.chain()) == []
    assert store.words("ada") == []


def test_words_are_linked_in_order_and_found_by_user(store: Store) -> None:
    store.transact_batch([("ada", says(word(), word(value=1)), 0, ()), ("bob", says(word("bob")), 0, ())])
    store.transact("ada", says(word(value=7)), 0)
    links = list(store.chain())
    assert holds(links)
    assert [link.seq for link in links] == [1, 2, 3, 4]
    assert [(seq, entry.value) for seq, entry in store.words("ada")] == [(1, 0), (2, 1), (4, 7)]
    assert store.head() == Head(4, links[-1].digest)
    assert list(store.chain(2)) == links[2:]


def test_equal_words_have_different_digests_so_that_none_can_be_guessed(store: Store) -> None:
    store.transact("ada", says(word(), word()), 0)
    first, second = store.chain()
    assert first.entry_digest != second.entry_digest
    assert min(len(entry.salt) for _, entry in store.words("ada")) == 32


def test_a_rule_can_not_speak_for_another_user_and_what_fails_leaves_no_link(store: Store) -> None:
    with pytest.raises(ValueError, match="got one of 'bob'"):
        store.transact("ada", says(word("bob")), 0)

    def fails(_: Reading) -> Change[None]:
        raise LookupError

    with pytest.raises(LookupError):
        store.transact_batch([("ada", says(word()), 0, ()), ("bob", fails, 0, ())])
    assert store.head() == Head()


def test_an_erasure_takes_the_words_and_leaves_the_links_and_tells_which_went(store: Store) -> None:
    store.transact_batch(
        [("ada", says(word()), 0, ()), ("bob", says(word("bob")), 0, ()), ("ada", says(word()), 0, ())]
    )
    before = [(link.digest, link.entry_digest) for link in store.chain()]
    store.transact("ada", lambda _: Change(None, erase=Erasure(9)), 0)
    links = list(store.chain())
    assert holds(links)
    assert [(link.digest, link.entry_digest) for link in links[:3]] == before
    assert [link.entry is None for link in links] == [True, False, True, False]
    told = read(links[-1].entry or b"")
    assert (told.what, told.value, told.user_key, told.at) == (ERASED, [1, 3], "", 9)
    assert store.words("ada") == []


def test_links_of_many_writers_make_one_chain(store: Store) -> None:
    def speak(number: int) -> None:
        store.transact(f"u-{number % 7}", says(word(f"u-{number % 7}", number)), 0)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(speak, range(60)))
    links = list(store.chain())
    assert (len(links), holds(links)) == (60, True)


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_the_ledger_goes_on_where_another_process_left_it(address: object, tmp_path: Path) -> None:
    url = address(tmp_path)  # type: ignore[operator]
    for number in range(3):
        store = open_store(url, tomb=tomb)
        store.transact("ada", says(word(value=number)), 0)
        links = list(store.chain())
        assert (len(links), holds(links)) == (number + 1, True)
        store.close()
