"""The model that is served, and the watch for the next one."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from pushrank.scoring import manifest
from pushrank.scoring.bundle import Bundle, load
from pushrank.scoring.manifest import BundleError

# A canary may fail because the machine was busy: a refused bundle gets another chance, though not at every look.
_RETRY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells one installed bundle from the next without reading all of it."""

    inode: int
    modified_ns: int
    digest: str


def mark(directory: Path) -> Mark | None:
    """Look at the manifest of the bundle in `directory`, following a link once; None where there is none."""
    try:
        path = directory.resolve(strict=True) / manifest.NAME
        status = path.stat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
    return Mark(status.st_ino, status.st_mtime_ns, digest)


class ChampionWatch:
    """Hands over every new bundle that passes its checks; a refused or vanished one changes nothing.

    `take` gets the loaded bundle, `report` the word `taken` or `refused`.
    """

    def __init__(self, directory: Path, take: Callable[[Bundle], None], report: Callable[[str], None]) -> None:
        self._directory = directory
        self._take = take
        self._report = report
        self._seen: Mark | None = None
        self._refused_at: float | None = None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def look(self) -> None:
        """Load the bundle if it is not the one that was seen last."""
        found = mark(self._directory)
        if found is None or not self._is_due(found):
            return
        self._seen = found
        try:
            self._take(load(self._directory))
        except (BundleError, OSError, ValueError) as error:
            self._refused_at = time.monotonic()
            self._report("refused")
            # A bundle holds no data of a person, so its error may be told in full.
            structlog.get_logger().error("champion refused", reason=str(error), digest=found.digest)
        else:
            self._refused_at = None
            self._report("taken")
            structlog.get_logger().info("champion taken", digest=found.digest)

    def _is_due(self, found: Mark) -> bool:
        if found != self._seen:
            return True
        return self._refused_at is not None and time.monotonic() - self._refused_at >= _RETRY_SECONDS

    def start(self, seconds: float) -> None:
        """Look every `seconds` in a thread of its own until `stop`."""
        self._thread = threading.Thread(target=self._run, args=(seconds,), name="champion-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; a load that is under way ends first."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, seconds: float) -> None:
        while not self._stopped.wait(seconds):
            self.look()
