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
from pushrank.store.protocol import Rule, Store
from pushrank.wording.outside import AFTER_ERASURE

_REMAINS = ("mark", "ledger_digests", "sums")


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
    """What went, what remains, which models are to be trained anew by when, and what lies elsewhere.

    `rows` are those deleted by table, `scrubbed` tells whether the database let go of their bytes, too. `remains` and
    `outside` are codes of `wording.outside`; `exports_missing` are folders of exports that are not there any more.
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
    exports_missing: tuple[str, ...]


def erase(eraser: Eraser, user_keys: Sequence[str], at: Instant, user_id: str = "") -> Receipt:
    """Erase a user, the first of whose keys is the one of now; repeating it finishes what a crash left undone.

    `user_id` is the raw id, by which predictions judged over a log of one's own name the user.

    Raises StoreError where the store does not answer; then nothing is erased that the receipt would name.
    """
    models = TrainedOn(eraser.trained_on).of(user_keys, eraser.tomb)
    retrain_by = at + eraser.retrain_days * DAY if models else None
    rows = {table: len(found) for table, found in eraser.store.everything(user_keys[0]).items() if found}
    rule = partial(_rule, Erasure(at, models, retrain_by))
    _erase_former(eraser.store, user_keys[1:], rule, at)
    before = eraser.store.transact(user_keys[0], rule, at)
    scrubbed = eraser.store.scrub()
    exported = snapshots.exports(eraser.store)
    files = leftovers.take_out(leftovers.files(eraser.home, exported), [*user_keys, user_id])
    gone = snapshots.rewrite(exported, user_keys)
    return Receipt(
        at=at,
        erased_before=before,
        rows=rows,
        scrubbed=scrubbed,
        files=(*files, *gone.files),
        models=models,
        retrain_by=retrain_by,
        remains=(*_REMAINS, *(("model_marks",) if models else ()), "unlisted_models"),
        outside=tuple(AFTER_ERASURE),
        exports_missing=gone.missing,
    )


def _erase_former(store: Store, user_keys: Sequence[str], rule: Rule[bool], at: Instant) -> None:
    """Erase who stands under a former pseudonym, too: processes with two secrets were at work side by side.

    No tombstone stays there: that of the pseudonym of now is enough.
    """
    for user_key in user_keys:
        if store.user(user_key, at).known:
            store.transact(user_key, rule, at)
            store.lift(user_key)


def _rule(erasure: Erasure, reading: Reading) -> Change[bool]:
    record: Record = reading.record
    own = tally_of(record, [stored.event for stored in reading.events()])
    return Change(record.erased, counts=deltas(own, Tally()), erase=erasure)
