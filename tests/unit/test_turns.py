"""Threads that compute follow each other, and none of them waits for another's disk."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from pushrank.store.turns import Turns


def test_one_thread_computes_at_a_time() -> None:
    turns, inside, most = Turns(), [0], [0]

    def compute(_: int) -> None:
        with turns.taken():
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.001)
            inside[0] -= 1

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(compute, range(40)))
    assert most == [1]


def test_whoever_waits_lets_others_go_on_and_comes_back_into_turn() -> None:
    turns, waiting, go = Turns(), Event(), Event()
    order: list[str] = []

    def waits() -> None:
        with turns.taken():
            with turns.aside():
                waiting.set()
                assert go.wait(10)
            order.append("back")

    def computes() -> None:
        with turns.taken():
            go.set()
            time.sleep(0.05)
            order.append("meanwhile")

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(waits)
        assert waiting.wait(10)
        threads.submit(computes).result(10)
        first.result(10)
    assert order == ["meanwhile", "back"]


def test_what_raises_gives_its_turn_back() -> None:
    turns = Turns()

    def aside() -> None:
        with turns.taken(), turns.aside():
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - which one is known
        aside()
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(lambda: turns.taken().__enter__()).result(10) is None


def test_a_thread_without_a_turn_is_not_held_up() -> None:
    turns = Turns()
    with turns.taken(), ThreadPoolExecutor(1) as threads:

        def writes() -> str:
            with turns.aside():
                return "written"

        assert threads.submit(writes).result(10) == "written"
