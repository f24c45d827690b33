"""One of many that want the same few pushes of one user: `python -m tests.integration.store_contender ADDRESS ME`."""

from __future__ import annotations

import sys
from functools import partial

from pushrank.domain.codes import HoldState
from pushrank.domain.record import Change, Reading
from pushrank.store import ConflictError, Store, open_store
from tests.contract.store_values import push, writes

USER = "hot"
CAP = 40
CONTENTS = 60


def within_cap(store: Store, me: str) -> int:
    """Try every content once by a rule that reads cap and content; return how many pushes were taken."""
    return sum(store.transact(USER, partial(_if_free, me, number), 0) for number in range(CONTENTS))


def _if_free(me: str, number: int, reading: Reading) -> Change[bool]:
    taken = {one.content_key for one in reading.record.pushes}
    content_key = f"m-{number}#"
    if len(taken) >= CAP or content_key in taken:
        return Change(answer=False)
    return Change(answer=True, pushes=(push(f"{me}-{number}", content_key, state=HoldState.CONFIRMED),))


def blind(store: Store, me: str) -> int:
    """Try every content once without reading; return how often the database let it through."""
    taken = 0
    for number in range(CONTENTS):
        try:
            store.transact("blind", writes(pushes=(push(f"blind-{me}-{number}", f"blind-{number}#"),)), 0)
        except ConflictError:
            continue
        taken += 1
    return taken


if __name__ == "__main__":
    opened = open_store(sys.argv[1])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sys.stdout.write(f"{within_cap(opened, sys.argv[2])} {blind(opened, sys.argv[2])}\n")
    opened.close()
