"""Writes that are safe to repeat: the first answer under an `Idempotency-Key` is the answer."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

import msgspec

from pushrank.domain.instants import Instant
from pushrank.service.call import Call, Reply
from pushrank.service.problem import conflict, wrong
from pushrank.service.wire.values import Fault
from pushrank.store.errors import ReusedKeyError
from pushrank.store.protocol import Store
from pushrank.store.values import Answer

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


@dataclass(frozen=True, slots=True)
class Memory:
    """Where first answers are kept. `pseudonym` stands for the user whom a body names: no raw id is stored."""

    store: Store
    flights: InFlight
    pseudonym: Callable[[str], str]


def once(memory: Memory, call: Call, now: Instant, work: Callable[[], Reply]) -> Reply:
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
    person = _person(call.body)
    pseudonym = memory.pseudonym(person) if person else ""
    with memory.flights.entered(name):
        try:
            kept = memory.store.idempotent(name, call.route, digest)
        except ReusedKeyError:
            detail = "header Idempotency-Key: expected the body of the first request with this key, got another one"
            raise wrong(Fault("", detail)) from None
        if kept is not None:
            return Reply(kept.status, _renamed(kept.body, pseudonym, person))
        done = work()
        if done.status < HTTPStatus.BAD_REQUEST:
            answer = Answer(done.status, _renamed(done.body, person, pseudonym), now)
            kept = memory.store.remember(name, call.route, digest, answer)
            return Reply(kept.status, _renamed(kept.body, pseudonym, person), headers=done.headers)
        return done


def _person(body: bytes) -> str:
    """The user whom a body names at its top; empty where it names none or is no JSON."""
    try:
        named = msgspec.json.decode(body or b"null")
    except msgspec.DecodeError:
        return ""
    found = named.get("user_id") if isinstance(named, dict) else None
    return found if isinstance(found, str) else ""


def _renamed(body: bytes, name: str, to: str) -> bytes:
    """The answer with the user's name exchanged; ids hold nothing that JSON escapes."""
    return body.replace(f'"user_id":"{name}"'.encode(), f'"user_id":"{to}"'.encode(), 1) if name else body
