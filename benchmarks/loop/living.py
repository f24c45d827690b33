"""The arms of a town, each lived through in a process of its own, two at most."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import msgspec
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from benchmarks.loop.arms import Arm
from benchmarks.loop.ground import DAYS, LOG_DAYS, Ground, Key, filled_store
from benchmarks.promises.board import numbers
from pushrank.config import Category, load
from pushrank.config.home import shipped
from pushrank.policy import Policy
from pushrank.ranking.catalogue import Catalogue
from pushrank.ranking.ranker import Ranker
from pushrank.ranking.served import Served
from pushrank.scoring import bundle
from pushrank.scoring.manifest import read_manifest
from pushrank.store.protocol import Store
from pushrank.town.loop import Past, Result, Setting, live_on_ranked, live_on_unranked, past_of, write_result

PROCESSES = 2
_LOOK_SECONDS = 0.2
_ABOUT = "arm.json"
# Children read the town, the store and compiled code that were there before them, and never write to the parent's.
_fork = get_context("fork")


@dataclass(frozen=True, slots=True)
class Started:
    """What every arm starts from: the town, and a store that holds its log."""

    ground: Ground
    past: Past
    store: Store


@dataclass(frozen=True, slots=True)
class Running:
    """One arm under way; `days` is shared with its process, which counts them."""

    arm: Arm
    process: BaseProcess
    days: Any
    task: TaskID


class FailedError(RuntimeError):
    """An arm that did not live to its end; its process has told why on standard error."""


def folder(out: Path, key: Key, arm: str) -> Path:
    """Where the result of an arm lies."""
    return out / key.name / arm


def is_there(out: Path, ground: Ground, arm: Arm) -> bool:
    """Whether an arm was lived through already, under the same policy and the same model."""
    path = folder(out, ground.key, arm.name) / _ABOUT
    return path.exists() and json.loads(path.read_text(encoding="utf-8"))["made_of"] == _made_of(ground, arm)


def model_of(out: Path, key: Key, arm: str) -> str | None:
    """Digest of the model that an arm which was lived was served by; None for the sender of the log."""
    about = json.loads((folder(out, key, arm) / _ABOUT).read_text(encoding="utf-8"))
    model: str | None = about["made_of"]["model"]
    return model


def live(out: Path, ground: Ground, arms: Sequence[Arm]) -> None:
    """Live through arms, two at a time, and write their results. Raises FailedError."""
    if not arms:
        return
    started, waiting = _started(ground), list(arms)
    running: list[Running] = []
    with _progress() as shown, _ended(running):
        while waiting or running:
            while waiting and len(running) < PROCESSES:
                running.append(_run(out, started, waiting.pop(0), shown))
            sleep(_LOOK_SECONDS)
            for one in running:
                shown.update(one.task, completed=one.days[0], refresh=True)
            for one in [one for one in running if _is_over(one)]:
                running.remove(one)
                shown.print(f"{ground.key.name}: {one.arm.name} lived")


def _started(ground: Ground) -> Started:
    return Started(ground, past_of(ground.key.plan), filled_store(ground))


def _run(out: Path, started: Started, arm: Arm, shown: Progress) -> Running:
    days = numbers(1, 0)
    process = _fork.Process(target=_live, args=(out, started, arm, days), daemon=True)
    process.start()
    return Running(arm, process, days, shown.add_task(arm.name, total=DAYS - LOG_DAYS))


def _live(out: Path, started: Started, arm: Arm, days: Any) -> None:
    def tick(day: int) -> None:
        days[0] = day

    begun = monotonic()
    result = _lived(started, arm, tick)
    place = folder(out, started.ground.key, arm.name)
    write_result(result, place)
    about = {"made_of": _made_of(started.ground, arm), "seconds": round(monotonic() - begun, 1)}
    (place / _ABOUT).write_text(json.dumps(about, indent=1), encoding="utf-8")


def _lived(started: Started, arm: Arm, tick: Callable[[int], None]) -> Result:
    if arm.config is None:
        return live_on_unranked(started.past, tick=tick)
    policy = Policy.of(arm.config, load(shipped("policy", "categories"), dict[str, Category]))
    loaded = bundle.load(started.ground.bundle)
    served = Served.of(replace(loaded, permission=arm.priced(loaded.permission)))
    ranker = Ranker(started.store, Catalogue(started.store, arm.config), policy, str, served)
    setting = Setting(asks_a_day=Setting().asks_a_day / arm.slots, slots=arm.slots)
    return live_on_ranked(started.past, ranker, setting, tick)


def _made_of(ground: Ground, arm: Arm) -> dict[str, Any]:
    """What decides a result, apart from the code: the policy, the price and the model."""
    config = None if arm.config is None else msgspec.to_builtins(arm.config)
    model = None if arm.config is None else read_manifest(ground.bundle).digest
    made_of = {"policy": json.loads(json.dumps(config)), "price": arm.price, "model": model}
    return made_of if arm.slots == 1 else made_of | {"slots": arm.slots}


def _is_over(one: Running) -> bool:
    if one.process.exitcode is None:
        return False
    if one.process.exitcode != 0:
        msg = f"{one.arm.name}: ended with {one.process.exitcode}"
        raise FailedError(msg)
    return True


@contextmanager
def _ended(running: list[Running]) -> Iterator[None]:
    try:
        yield
    finally:
        for one in running:
            one.process.kill()
            one.process.join()


def _progress() -> Progress:
    # No thread of its own: processes are forked meanwhile.
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, auto_refresh=False)
