"""The end of a user: everything goes out of the store and out of the files, and a receipt says what and what not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pushrank.domain.instants import DAY, Instant
from pushrank.domain.record import Change, Erasure, Reading
from pushrank.domain.record import UserRecord as Record
from pushrank.features.profile import tally_of
from pushrank.features.tallies import Tally, deltas
from pushrank.rights import leftovers, snapshots
from pushrank.rights.trained_on import Tomb, TrainedOn
from pushrank.store.protocol import Store

REMAINS = (
    "a token under a key of its own, in the place of the user, so that no import and no late event brings them back",
    "digests in the consent ledger, without the words they were made of, so that the chain can still be checked",
    "sums over all users that name nobody; what this user had added was taken back as far as events were still kept",
    "an 8-byte token in the list of each model version named above",
)
OUTSIDE = (
    "the push provider: delete the device's token there",
    "backups of the store and of PUSHRANK_HOME: let them run out, and erase again after one is restored",
    "logs and databases of the systems that call pushrank",
    "exported logs that were copied or moved elsewhere: name the user in `training.train --suppressions`",
    "model versions for which no list of people is kept: it is not known here whether the user was among them",
    "reports and predictions that training.evaluate wrote into a folder outside PUSHRANK_HOME",
    "a tracking server elsewhere, and what it keeps of models",
)


@dataclass(frozen=True, slots=True)
class Eraser:
    """What an erasure needs: `tomb` gives the token of a pseudonym, `trained_on` the lists, within `home`."""

    store: Store
    tomb: Tomb
    trained_on: Path
    retrain_days: int
    home: Path


@dataclass(frozen=True, slots=True)
class Receipt:
    """What went, what remains and why, which models are to be trained anew by when, and what lies elsewhere.

    `rows` are those deleted by table, `scrubbed` tells whether the database let go of their bytes, too.
    """

    at: Instant
    erased_before: bool
    rows: dict[str, int]
    scrubbed: bool
    files: tuple[str, ...]
    models: tuple[str, ...]
    retrain_by: Instant | None
    remains: tuple[str, ...]
    outside: tuple[str, ...]


def erase(eraser: Eraser, user_keys: Sequence[str], at: Instant) -> Receipt:
    """Erase a user, the first of whose keys is the one of now; repeating it finishes what a crash left undone.

    Raises StoreError where the store does not answer; then nothing is erased that the receipt would name.
    """
    models = TrainedOn(eraser.trained_on).of(user_keys, eraser.tomb)
    retrain_by = at + eraser.retrain_days * DAY if models else None
    rows = {table: len(found) for table, found in eraser.store.everything(user_keys[0]).items() if found}
    rule = partial(_rule, Erasure(at, models, retrain_by))
    before = eraser.store.transact(user_keys[0], rule, at)
    scrubbed = eraser.store.scrub()
    exported = snapshots.exports(eraser.store)
    files = leftovers.take_out(leftovers.files(eraser.home, exported), user_keys)
    gone = snapshots.rewrite(exported, user_keys)
    moved = tuple(f"the exported log {folder}, which is not there any more" for folder in gone.missing)
    return Receipt(at, before, rows, scrubbed, (*files, *gone.files), models, retrain_by, REMAINS, (*OUTSIDE, *moved))


def _rule(erasure: Erasure, reading: Reading) -> Change[bool]:
    record: Record = reading.record
    own = tally_of(record, [stored.event for stored in reading.events()])
    return Change(record.erased, counts=deltas(own, Tally()), erase=erasure)
