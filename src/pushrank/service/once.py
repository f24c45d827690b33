"""Writes that are safe to repeat: the first answer under an `Idempotency-Key` is the answer."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import msgspec

from pushrank.domain.instants import Instant
from pushrank.rights.identities import Identities
from pushrank.service.call import Call, Reply
from pushrank.service.forgetting import Forgetting
from pushrank.service.problem import Problem, conflict, wrong
from pushrank.service.wire.values import Fault
from pushrank.store.errors import InFlightError, ReusedKeyError, StoreError
from pushrank.store.protocol import Store
from pushrank.store.values import Answer, Claim

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_SEVERAL = "*"
_UNANSWERED = "the first request with this Idempotency-Key has not been answered yet"


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
                raise conflict(_UNANSWERED)
            self._names.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._names.discard(name)


@dataclass(frozen=True, slots=True)
class Memory:
    """Where first answers are kept. The user whom a call names is kept by key, and what a caller sent by its `digest`.

    A claim without an answer is taken over once it is older than `patience`, in microseconds.
    """

    store: Store
    flights: InFlight
    forgetting: Forgetting
    identities: Identities
    digest: Callable[[str], str]
    patience: Instant


def once(memory: Memory, call: Call, now: Instant, work: Callable[[Call], Reply]) -> Reply:
    """Do the work of a call unless its `Idempotency-Key` has an answer; without a key just do it.

    A key belongs to the API key that sent it. Only what was done is kept: a refused request may be tried again.
    `work` gets the call, with the subject of the first one where a process died over that. Raises the Problem 422
    where the key came with another body, and 409 while the first request is under way, in whichever process.
    """
    key = call.header(b"idempotency-key")
    if key is None:
        return work(call)
    if not _KEY.fullmatch(key):
        raise wrong(Fault("", "header Idempotency-Key: expected 1 to 255 visible ASCII characters"))
    # Keys, paths and bodies may name a person, and who knows how they look could try all names against a plain hash.
    name = memory.digest(f"{_caller(call)}\0{key}")
    digest = memory.digest(f"{call.path}\0{hashlib.sha256(call.body).hexdigest()}")
    memory.forgetting.look(now)
    with memory.flights.entered(name):
        return _once(memory, _Request(call, name, digest, now), work)


def _caller(call: Call) -> str:
    """Whose keys they are: those of an API key, or of a user who calls for themselves."""
    return f"own {call.path}" if call.principal.own else call.principal.key_id


@dataclass(frozen=True, slots=True)
class _Request:
    call: Call
    name: str
    digest: str
    now: Instant


def _once(memory: Memory, request: _Request, work: Callable[[Call], Reply]) -> Reply:
    call, named = request.call, _named(request.call)
    user_key = memory.identities.of(named) if named else ""
    person = user_key or _whose(memory, call)
    claim = _claimed(memory, request, person)
    if claim.answer is not None:
        return Reply(claim.answer.status, _given_name(memory, claim.answer.body, named))
    with _given_back(memory, request, person):
        done = work(replace(call, subject=claim.subject, retaken=claim.subject != call.subject))
        answer = Answer(done.status, _renamed(done.body, named, user_key), request.now)
        kept = memory.store.remember(request.name, call.route, request.digest, answer)
    return Reply(kept.status, _given_name(memory, kept.body, named), headers=done.headers)


def _whose(memory: Memory, call: Call) -> str:
    """The user behind a decision; `*` where a body may name many, so that any erasure drops the answer."""
    if call.route.startswith("POST /v1/decisions/"):
        row = memory.store.decision(call.parameters["id"])
        return "" if row is None else row.user_key
    return _SEVERAL if call.route == "POST /v1/events" else ""


def _claimed(memory: Memory, request: _Request, person: str) -> Claim:
    stale, call = request.now - memory.patience, request.call
    try:
        return memory.store.claim(
            request.name, call.route, request.digest, call.subject, request.now, stale, person=person
        )
    except ReusedKeyError:
        detail = "header Idempotency-Key: expected the body of the first request with this key, got another one"
        raise wrong(Fault("", detail)) from None
    except InFlightError:
        raise conflict(_UNANSWERED) from None


@contextmanager
def _given_back(memory: Memory, request: _Request, person: str) -> Iterator[None]:
    """Drop the claim of a request that was refused; after another failure leave it to the next try.

    What a failed store or process made may be there all the same, so the next try has to look for it.
    """
    store, named = memory.store, (request.name, request.call.route, request.digest)
    try:
        yield
    except Problem:
        with suppress(StoreError):
            store.abandon(*named, request.now)
        raise
    except Exception:
        with suppress(StoreError, InFlightError):
            store.claim(*named, "", request.now - memory.patience - 1, request.now + 1, person=person)
        raise


def _named(call: Call) -> str:
    """The user whom a path or the top of a body names; empty where neither does, or the body is no JSON."""
    if call.route.partition(" ")[2].startswith("/v1/users/{id}"):
        return call.parameters["id"]
    try:
        named = msgspec.json.decode(call.body or b"null")
    except msgspec.DecodeError:
        return ""
    found = named.get("user_id") if isinstance(named, dict) else None
    return found if isinstance(found, str) else ""


def _renamed(body: bytes, name: str, to: str) -> bytes:
    """An answer with the user's name exchanged; ids hold nothing that JSON escapes."""
    return body.replace(f'"user_id":"{name}"'.encode(), f'"user_id":"{to}"'.encode(), 1) if name else body


def _given_name(memory: Memory, body: bytes, named: str) -> bytes:
    """A kept answer as the caller named the user; it may be older than the secret under which the user stands now."""
    for user_key in memory.identities.known_as(named) if named else ():
        body = _renamed(body, user_key, named)
    return body
