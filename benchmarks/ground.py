"""What the services are compared on: one sample town, one model that the product trained of it, the same candidates.

Made once below `PUSHRANK_HOME/bench` and kept; `--fresh` makes it again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.processes import environment, run
from benchmarks.tables import write_mlflow, write_tables
from pushrank.cli.keys import create_key
from pushrank.cli.opening import Opened, opened
from pushrank.domain.codes import Purpose
from pushrank.domain.instants import DAY, HOUR, Instant, iso
from pushrank.domain.message import Message
from pushrank.logs import open_log
from pushrank.policy import exclude, zone_of
from pushrank.rights.keys import SCOPES
from pushrank.town import END

CANDIDATES = 100
STORE_FILES = ("pushrank.sqlite", "secret-key")
AS_OF = END + 12 * HOUR
_ALLOWED = (Purpose.RECOMMENDATION, Purpose.SERVICE)


@dataclass(frozen=True, slots=True)
class Ground:
    """Folders of what was made: `home` of our service, `bundle`, `tables` of the plain service, `mlflow` model."""

    root: Path

    @property
    def home(self) -> Path:
        """PUSHRANK_HOME of the town: its log, its store and the key of a caller."""
        return self.root / "home"

    @property
    def bundle(self) -> Path:
        """The model, as the service loads it."""
        return self.root / "bundle"

    @property
    def tables(self) -> Path:
        """What the plain service reads."""
        return self.root / "tables"

    @property
    def mlflow(self) -> Path:
        """The click head as MLflow serves it, and the matrix that it is asked about."""
        return self.root / "mlflow"

    @property
    def key(self) -> str:
        """An API key of the store."""
        return (self.root / "key").read_text(encoding="ascii")

    def asked(self) -> tuple[list[str], list[str]]:
        """Users who may get all candidates, and the ids of the candidates."""
        known = json.loads((self.root / "asked.json").read_text(encoding="utf-8"))
        return known["users"], known["candidates"]

    def environment(self, home: Path) -> dict[str, str]:
        """Environment of our service over `home`."""
        return environment(PUSHRANK_HOME=str(home), PUSHRANK_CONFIG="demo", PUSHRANK_MODEL=str(self.bundle))


def prepared(root: Path, users: int, *, fresh: bool = False) -> Ground:
    """Make the ground below `root` unless it is there already."""
    ground = Ground(root / f"ground-{users}")
    if fresh:
        shutil.rmtree(ground.root, ignore_errors=True)
    if not (ground.root / "ready").exists():
        shutil.rmtree(ground.root, ignore_errors=True)
        _make(ground, users)
        (ground.root / "ready").touch()
    return ground


def copied(ground: Ground, home: Path) -> Path:
    """Copy the store of the ground to a fresh `home`."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    for name in STORE_FILES:
        shutil.copy(ground.home / name, home / name)
    return home


def rank_bodies(ground: Ground, mode: str, days: Iterable[int]) -> Iterator[dict[str, object]]:
    """Bodies of `/v1/rank`: each user once a day, so that a hold of yesterday is over before the next one."""
    users, candidates = ground.asked()
    for day in days:
        at = iso(AS_OF + day * DAY)
        for user in users:
            yield {"user_id": user, "candidates": candidates, "mode": mode, "at": at}


def _make(ground: Ground, users: int) -> None:
    told, town = environment(PUSHRANK_HOME=str(ground.home)), ground.home / "town"
    run("training.sample", "--out", str(town), "--users", str(users), told=told)
    reference = run("training.train", "--data", str(town), told=told)
    run("training.export", "--model", reference, "--out", str(ground.bundle), told=told)
    run("pushrank.cli", "load", "--data", str(town), told=told)
    at_home = {"PUSHRANK_HOME": str(ground.home)}
    with opened(at_home) as deployment:
        copies = _put_candidates(deployment)
        asked = {"users": _reachable(deployment, town, list(copies)), "candidates": list(copies)}
    (ground.root / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
    (ground.root / "key").write_text(create_key(at_home, list(SCOPES), None, AS_OF), encoding="ascii")
    write_tables(town, ground.bundle, ground.tables, copies)
    write_mlflow(ground.bundle, ground.tables, ground.mlflow)


def _put_candidates(deployment: Opened) -> Mapping[str, str]:
    """Publish the town's messages anew, in words that nobody had; gives for each the message that it is made of."""
    known = [message for message in deployment.catalogue.messages() if message.purpose in _ALLOWED][:CANDIDATES]
    copies = {f"bench-{place:03d}": message for place, message in enumerate(known)}
    deployment.store.put_messages([_copy(name, message) for name, message in copies.items()], AS_OF)
    return {name: message.message_id for name, message in copies.items()}


def _copy(name: str, message: Message) -> Message:
    published: Instant = AS_OF - int(name[-3:]) * HOUR // 4 - HOUR
    title, body = message.title[::-1], message.body[::-1]
    return replace(message, message_id=name, title=title, body=body, published_at=published, expires_at=None)


def _reachable(deployment: Opened, town: Path, candidates: list[str]) -> list[str]:
    """Users for whom no constraint removes a candidate, so that each request has all of them scored."""
    found = []
    for user in sorted(open_log(town).users()):
        record = deployment.store.user(deployment.identities.of(user), AS_OF - 9 * DAY, [f"{c}#" for c in candidates])
        zone = zone_of(record, deployment.policy.config)
        messages = [(name, deployment.catalogue.live(name)) for name in candidates]
        if not exclude(deployment.policy, record, messages, AS_OF, zone)[1]:
            found.append(user)
    return found
