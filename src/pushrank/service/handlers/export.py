"""Everything that is known of one user, in one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from pushrank.domain.codes import Mode
from pushrank.domain.record import DecisionRow, Push
from pushrank.ranking.decision_json import read
from pushrank.rights.export import Maker, export
from pushrank.rights.remedies import Standpoint
from pushrank.rights.trained_on import TrainedOn
from pushrank.rights.why import Told, told
from pushrank.service import words
from pushrank.service.call import Call, Reply, reply
from pushrank.service.deployment import Deployment
from pushrank.service.handlers import profile
from pushrank.service.problem import gone
from pushrank.service.telling import standpoint
from pushrank.store.rows import PUSH_COLUMNS, push_of

_PUSH_COLUMNS = PUSH_COLUMNS.split(", ")


def get(deployment: Deployment, call: Call) -> Reply:
    """Give out everything; of a user who was never seen, that there is nothing. 410 for an erased one."""
    user_id, language = call.parameters["id"], words.language_asked(call, deployment.config.languages)
    user_key = deployment.identities.of(user_id)
    record = deployment.store.user(user_key, deployment.clock())
    if record.erased:
        raise gone()
    known = profile.told(deployment, profile.known_of(deployment, user_key), language)
    stored = deployment.store.everything(user_key)
    decisions = _decisions(stored, standpoint(deployment, record, language))
    lists, keys = TrainedOn(deployment.home.trained_on), deployment.identities.known_as(user_id)
    models = lists.of(keys, deployment.secrets.tomb)
    file = export(_maker(deployment, language), user_id, record, stored, known, decisions, models)
    name = 'attachment; filename="pushrank-export.json"'
    headers = {"Content-Disposition": name, "Content-Language": language, "Vary": "Accept-Language"}
    return reply(file, headers=headers)


def _decisions(stored: Mapping[str, Sequence[Mapping[str, Any]]], view: Standpoint) -> list[Told]:
    """Tell every decision that is stored, the newest first, without those that only looked."""
    pushes: dict[str | None, list[Push]] = {}
    for row in stored["pushes"]:
        push = push_of([row[name] for name in _PUSH_COLUMNS])
        pushes.setdefault(push.decision_id, []).append(push)
    rows = sorted(
        (DecisionRow(**row) for row in stored["decisions"]), key=lambda row: (row.decided_at, row.decision_id)
    )
    kept = [read(row) for row in reversed(rows) if row.mode != Mode.LOOK]
    return [told(decision, view, pushes.get(decision.decision_id, ())) for decision in kept]


def _maker(deployment: Deployment, language: str) -> Maker:
    return Maker(
        software=f"pushrank {version('pushrank')}",
        at=deployment.clock(),
        key_id=deployment.secrets.key.key_id,
        privacy=deployment.privacy,
        purposes=deployment.purposes,
        language=language,
    )
