"""One of many writers: `python -m tests.integration.queue_writer FILE SECONDS` says how many transactions it did."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from pushrank.store.sqlite import SqliteStore

if __name__ == "__main__":
    store = SqliteStore(Path(sys.argv[1]))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    done, end = 0, time.monotonic() + float(sys.argv[2])
    while time.monotonic() < end:
        store.mark(sys.argv[1], str(done))
        done += 1
    sys.stdout.write(f"{done}\n")
    store.close()
