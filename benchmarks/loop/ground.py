"""What all arms of one town share: its log of 42 days, the model that the product trained of it, and a full store.

Made once below `PUSHRANK_HOME/bench/loop` by the product's own commands, and kept.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.processes import environment, run
from pushrank.cli.opening import windows
from pushrank.config import Category, PolicyConfig, load
from pushrank.config.home import shipped
from pushrank.logs import open_log
from pushrank.policy import Policy
from pushrank.ranking.catalogue import Catalogue
from pushrank.store.memory import MemoryStore
from pushrank.store.protocol import Store
from pushrank.town import Plan
from pushrank.transfer.loading import Destination, load_log

DAYS, LOG_DAYS = 70, 42


@dataclass(frozen=True, slots=True)
class Key:
    """Which town: its rules, its people and its chance."""

    rules: str
    users: int
    seed: int

    @property
    def name(self) -> str:
        """Name of its folders."""
        return f"{self.rules}-{self.users}-{self.seed}"

    @property
    def plan(self) -> Plan:
        """The town: 42 days of log, then 28 under an arm."""
        return Plan(users=self.users, days=DAYS, seed=self.seed, rules=self.rules, log_days=LOG_DAYS)


@dataclass(frozen=True, slots=True)
class Ground:
    """Folders of what was made."""

    key: Key
    root: Path

    @property
    def log(self) -> Path:
        """The town's log."""
        return self.root / "home" / "town"

    @property
    def bundle(self) -> Path:
        """The model, as the service loads it."""
        return self.root / "bundle"


def prepared(root: Path, key: Key, *, fresh: bool = False) -> Ground:
    """Make the ground of a town below `root` unless it is there already."""
    ground = Ground(key, root / key.name)
    if fresh or not (ground.root / "ready").exists():
        shutil.rmtree(ground.root, ignore_errors=True)
        _make(ground)
        (ground.root / "ready").touch()
    return ground


def _make(ground: Ground) -> None:
    key, told = ground.key, environment(PUSHRANK_HOME=str(ground.root / "home"))
    town = {"--users": key.users, "--seed": key.seed, "--rules": key.rules, "--days": DAYS, "--log-days": LOG_DAYS}
    options = [str(word) for option in town.items() for word in option]
    run("training.sample", "--out", str(ground.log), *options, told=told)
    reference = run("training.train", "--data", str(ground.log), told=told)
    run("training.export", "--model", reference, "--out", str(ground.bundle), told=told)


def filled_store(ground: Ground) -> Store:
    """Load the log into a store in memory, under the town's own user ids. Raises RuntimeError for refused events."""
    store, rules = MemoryStore(), load(shipped("policy", "default"), PolicyConfig)
    policy = Policy.of(rules, load(shipped("policy", "categories"), dict[str, Category]))
    there, at = Destination(store, Catalogue(store, rules), policy, str), ground.key.plan.log_end
    with TemporaryDirectory() as work:
        loaded = load_log(open_log(ground.log), there, windows(), Path(work), at)
    if loaded.rejected:
        msg = f"{ground.log}: expected events that the store takes, got {loaded.rejected}"
        raise RuntimeError(msg)
    return store
