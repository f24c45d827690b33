"""Writes that are safe to repeat: the first answer under an `Idempotency-Key` is the answer."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from pushrank.domain.instants import Instant
from pushrank.service.call import Call, Reply
from pushrank.service.problem import conflict, wrong
from pushrank.service.wire.values import Fault
from pushrank.store.errors import ReusedKeyError
from pushrank.store.values import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pushrank.store.protocol import Store

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class InFlight:
    """The idempotency keys whose first request has not been answered yet."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def entered(self, name: str) -> Iterator[None]:
        """Hold `name` for the time of a request; raises the Problem 409 while another request holds it."""
        with self._lock:
            if name in self._names:
                detail = "the first request with this Idempotency-Key has not been answered yet"
                raise conflict(detail)
            self._names.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._names.discard(name)


def once(store: Store, flights: InFlight, call: Call, now: Instant, work: Callable[[], Reply]) -> Reply:
    """Do the work of a call unless its `Idempotency-Key` has an answer; without a key just do it.

    A key belongs to the API key that sent it. Only what was done is kept: a refused request may be tried again.
    Raises the Problem 422 where the key came with another body, and 409 while the first request is under way.
    """
    key = call.header(b"idempotency-key")
    if key is None:
        return work()
    if not _KEY.fullmatch(key):
        raise wrong(Fault("", "header Idempotency-Key: expected 1 to 255 visible ASCII characters"))
    # The path may name a person, so it enters the digest and not the stored route.
    name, digest = f"{call.principal.key_id}:{key}", hashlib.sha256(call.path.encode() + b"\0" + call.body).hexdigest()
    with flights.entered(name):
        try:
            kept = store.idempotent(name, call.route, digest)
        except ReusedKeyError:
            detail = "header Idempotency-Key: expected the body of the first request with this key, got another one"
            raise wrong(Fault("", detail)) from None
        if kept is not None:
            return Reply(kept.status, kept.body)
        done = work()
        if done.status < HTTPStatus.BAD_REQUEST:
            kept = store.remember(name, call.route, digest, Answer(done.status, done.body, now))
            return Reply(kept.status, kept.body, headers=done.headers)
        return done
