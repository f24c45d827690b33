"""The end of a user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from pushrank.domain.instants import iso
from pushrank.rights.erasure import Eraser, Receipt, erase
from pushrank.service import words
from pushrank.service.call import Call, Reply, reply
from pushrank.service.deployment import Deployment
from pushrank.service.wire.erasure import ErasureAnswer, ErasureText
from pushrank.store.errors import ConflictError
from pushrank.wording.outside import AFTER_ERASURE, REMAINS, said


def delete(deployment: Deployment, call: Call) -> Reply:
    """Erase a user, known or not, and answer with the receipt; repeating it finishes what was left undone."""
    language = words.language_asked(call, deployment.config.languages)
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    return reply(erased(deployment, call.parameters["id"], language), headers=headers)


def erased(deployment: Deployment, user_id: str, language: str) -> ErasureAnswer:
    """Erase a user and give the receipt in a language."""
    # Moves who still stands under a former pseudonym; who stands under both is erased under both.
    with suppress(ConflictError):
        deployment.identities.of(user_id)
    tomb, home, days = deployment.secrets.tomb, deployment.home, deployment.privacy.retrain_days
    eraser = Eraser(deployment.store, tomb, home.trained_on, days, home.root)
    found = erase(eraser, deployment.identities.known_as(user_id), deployment.clock(), user_id)
    return _answer(user_id, found, language)


def _answer(user_id: str, found: Receipt, language: str) -> ErasureAnswer:
    return ErasureAnswer(
        user_id=user_id,
        language=language,
        erased_at=iso(found.at),
        erased_before=found.erased_before,
        rows=found.rows,
        scrubbed=found.scrubbed,
        files=found.files,
        models=found.models,
        retrain_by=None if found.retrain_by is None else iso(found.retrain_by),
        remains=_texts(REMAINS, found.remains, language),
        outside=_texts(AFTER_ERASURE, found.outside, language),
        exports_missing=found.exports_missing,
    )


def _texts(table: Mapping[str, Mapping[str, str]], codes: Sequence[str], language: str) -> tuple[ErasureText, ...]:
    return tuple(ErasureText(**one) for one in said(table, language, codes))
