"""Who a log is about: whom it must not teach anything, and of whom is remembered that a model learned from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pushrank.config.home import Home
from pushrank.domain.instants import Instant, instant
from pushrank.learning.errors import LearningError
from pushrank.learning.tracking import Version
from pushrank.logs import Log
from pushrank.rights import suppressions
from pushrank.rights.pseudonyms import Pseudonyms, Secrets
from pushrank.rights.suppressions import SuppressionError, Suppressions
from pushrank.rights.trained_on import TrainedOn, tokens

_PSEUDONYM = re.compile(r"p_[0-9a-f]{32}")
_EXPORTED = "export.json"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Users of a log of whom nothing is learned, and of whom nothing in marketing; `asked` lines wanted it."""

    asked: int = 0
    users: frozenset[str] = frozenset()
    marketing: frozenset[str] = frozenset()


NOBODY = LeftOut()


def left_out(file: Path | None, log: Log, secrets: Secrets, tell: Callable[[str], None]) -> LeftOut:
    """Find the users of a log whom a list names by token, raw id or pseudonym, under any key of the deployment.

    Raises LearningError for a list under a foreign key, and for a log whose pseudonyms are.
    """
    if file is None:
        return NOBODY
    _check_pseudonyms(log, secrets, tell)
    try:
        listed = suppressions.read(file.read_text(encoding="utf-8"), str(file), secrets.suppression.key_id)
    except SuppressionError as error:
        raise LearningError(str(error)) from None
    wanted = Suppressions(*(_with_pseudonyms(some, secrets) for some in (listed.everything, listed.marketing)))
    users, marketing = set[str](), set[str]()
    for name in _users(log):
        marks = _marks(name, secrets)
        if not marks.isdisjoint(wanted.everything):
            users.add(name)
        elif not marks.isdisjoint(wanted.marketing):
            marketing.add(name)
    return LeftOut(len(listed), frozenset(users), frozenset(marketing))


def remember(people: Iterable[str], version: int, secrets: Secrets, home: Home) -> Path:
    """Write down whom a version learned from, as tokens, so that an erasure can name the version."""
    keys = (keys_of(name, secrets.pseudonyms)[0] for name in people)
    return TrainedOn(home.trained_on).write(str(version), tokens(keys, secrets.tomb))


def warnings_of(version: Version, as_of: Instant) -> tuple[str, ...]:
    """What to know of a version before it serves: that people whom it learned from were erased since."""
    if version.retrain_by is None:
        return ()
    known = f"{version.reference} learned from people who were erased since ({version.erased_people})"
    if instant(version.retrain_by) < as_of:
        late = f"it was to be trained anew by {version.retrain_by}, and that has passed"
        return (f"warning: OVERDUE: {known}; {late}: train a version without them now, and promote that one",)
    return (f"warning: {known}; train a version without them by {version.retrain_by}",)


def keys_of(name: str, pseudonyms: Pseudonyms) -> tuple[str, ...]:
    """Every key under which a store may know a user of a log, the one of now first.

    In an exported log the name is a key already, possibly of a former secret.
    """
    return (name,) if _PSEUDONYM.fullmatch(name) else (pseudonyms.of(name), *pseudonyms.former(name))


def _marks(name: str, secrets: Secrets) -> frozenset[str]:
    """Everything by which a list may mean a user of a log."""
    keys = keys_of(name, secrets.pseudonyms)
    return frozenset((name, *keys, *map(secrets.tomb, keys)))


def _with_pseudonyms(listed: Collection[str], secrets: Secrets) -> frozenset[str]:
    """What is listed, and each raw id as an exported log would write it."""
    return frozenset(listed).union(*(keys_of(name, secrets.pseudonyms) for name in listed))


def _users(log: Log) -> frozenset[str]:
    return frozenset(
        name for batch in log.batches("outcomes", columns=["user_id"]) for name in batch["user_id"].unique()
    )


def _check_pseudonyms(log: Log, secrets: Secrets, tell: Callable[[str], None]) -> None:
    path = log.root / _EXPORTED
    if not path.exists():
        return
    key_id = str(msgspec.json.decode(path.read_bytes(), type=dict[str, object]).get("key_id"))
    if key_id in {secret.key_id for secret in secrets.former}:
        tell(f"{path}: pseudonyms are under a former key: name by raw id whoever was erased since the key was changed")
    elif key_id != secrets.key.key_id:
        msg = f"{path}: expected pseudonyms under a key of this deployment, got {key_id!r}; nobody would be recognised"
        raise LearningError(msg)
