"""One who stands in a queue: `python -m tests.integration.queue_holder KEY` takes it and keeps it until it is told."""

from __future__ import annotations

import sys

from pushrank.store.sqlite.queue import Queue

if __name__ == "__main__":
    with Queue(int(sys.argv[1]), 30.0).turn():
        sys.stdout.write("taken\n")
        sys.stdout.flush()
        sys.stdin.readline()
