"""A new champion is taken, a broken one is refused, and what was served stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pushrank.config.home import Home
from pushrank.scoring.bundle import Bundle, save
from pushrank.scoring.install import install
from pushrank.service import champion
from pushrank.service.champion import ChampionWatch
from tests.small_models import small_trained


class Service:
    """What a watch reports to."""

    def __init__(self, directory: Path) -> None:
        self.taken: list[Bundle] = []
        self.words: list[str] = []
        self.watch = ChampionWatch(directory, self.taken.append, self.words.append)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    save(small_trained(), tmp_path / "first")
    save(small_trained(with_opt_out=False), tmp_path / "second")
    return Home(tmp_path)


@pytest.fixture
def service(home: Home) -> Iterator[Service]:
    found = Service(home.champion)
    yield found
    found.watch.stop()


def test_an_empty_place_is_no_event(service: Service) -> None:
    service.watch.look()
    assert (service.taken, service.words) == ([], [])


def test_each_champion_is_taken_once(home: Home, service: Service) -> None:
    install(home.root / "first", home.champion)
    service.watch.look()
    service.watch.look()
    assert service.words == ["taken"]
    install(home.root / "second", home.champion)
    service.watch.look()
    assert service.words == ["taken", "taken"]
    first, second = service.taken
    assert first.digest != second.digest


def test_a_broken_champion_is_refused_and_tried_again_later(
    home: Home, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(home.root / "first", home.champion)
    text = (home.champion / "click.txt").read_text(encoding="utf-8")
    (home.champion / "click.txt").write_text(text.replace("leaf_value=", "leaf_value=9", 1), encoding="utf-8")
    service.watch.look()
    service.watch.look()
    assert (service.taken, service.words) == ([], ["refused"])
    (home.champion / "click.txt").write_text(text, encoding="utf-8")
    monkeypatch.setattr(champion, "_RETRY_SECONDS", 0.0)
    service.watch.look()
    assert service.words == ["refused", "taken"]


def test_a_champion_that_vanishes_leaves_what_was_served(home: Home, service: Service) -> None:
    install(home.root / "first", home.champion)
    service.watch.look()
    home.champion.unlink()
    service.watch.look()
    assert service.words == ["taken"]


def test_the_watch_looks_by_itself_until_it_is_stopped(home: Home, service: Service) -> None:
    service.watch.start(0.01)
    install(home.root / "first", home.champion)
    for _ in range(2000):
        if service.words:
            break
        service.watch._stopped.wait(0.01)
    service.watch.stop()
    assert service.words == ["taken"]
