"""The end of a user."""

from __future__ import annotations

from pushrank.domain.instants import iso
from pushrank.rights.erasure import Eraser, erase
from pushrank.service.call import Call, Reply, reply
from pushrank.service.deployment import Deployment
from pushrank.service.wire.erasure import ErasureAnswer


def delete(deployment: Deployment, call: Call) -> Reply:
    """Erase a user, known or not, and answer with the receipt; repeating it finishes what was left undone."""
    user_id, at = call.parameters["id"], deployment.clock()
    deployment.identities.of(user_id)
    secrets, privacy = deployment.secrets, deployment.privacy
    home = deployment.home
    eraser = Eraser(deployment.store, secrets.tomb, home.trained_on, privacy.retrain_days, home.root)
    found = erase(eraser, deployment.identities.known_as(user_id), at)
    return reply(
        ErasureAnswer(
            user_id,
            iso(found.at),
            found.erased_before,
            found.rows,
            found.scrubbed,
            found.files,
            found.models,
            None if found.retrain_by is None else iso(found.retrain_by),
            found.remains,
            found.outside,
        )
    )
