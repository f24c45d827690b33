"""What a user chose."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

import msgspec

from pushrank.domain.record import UserRecord
from pushrank.ranking.standing import standing_of
from pushrank.rights.preferences import ErasedError, PatchError, StaleError, change_preferences, document, etag, etag_of
from pushrank.service.call import Call, Reply, reply
from pushrank.service.decoding import decode
from pushrank.service.deployment import Deployment
from pushrank.service.problem import Problem, gone, wrong
from pushrank.service.wire.preferences import PreferencesBody
from pushrank.service.wire.values import Fault


def get(deployment: Deployment, call: Call) -> Reply:
    """Show the preferences of a user; of one who never said anything, those that hold then."""
    record = _record(deployment, deployment.identities.of(call.parameters["id"]))
    if record.erased:
        raise gone()
    return _shown(deployment, record)


def patch(deployment: Deployment, call: Call) -> Reply:
    """Change preferences by a merge patch, all or nothing."""
    decode(call.body, PreferencesBody)
    # The merge needs the difference between null and left out, which the tree has and the type has not.
    tree = msgspec.json.decode(call.body)
    user_key, if_match = deployment.identities.of(call.parameters["id"]), call.header(b"if-match")
    try:
        preferences, _ = change_preferences(
            deployment.store, user_key, tree, deployment.clock(), if_match, terms=deployment.terms
        )
    except PatchError as error:
        raise wrong(*(Fault(fault.pointer, fault.detail) for fault in error.faults)) from None
    except ErasedError:
        raise gone() from None
    except StaleError:
        detail = "header If-Match: expected the current version of the preferences, got another one"
        raise Problem(HTTPStatus.PRECONDITION_FAILED, detail) from None
    # What is shown is what was written here, whoever may have written since.
    return _shown(deployment, replace(_record(deployment, user_key), preferences=preferences))


def patch_again(_: Deployment, __: Call, first: Reply) -> Reply:
    """Repeat a kept answer with the tag of the version that it tells, which is not kept."""
    # Read without its type, for a release with fewer fields may have given it.
    version = msgspec.json.decode(first.body)["version"]
    return replace(first, headers=((b"etag", etag_of(version).encode()),))


def _record(deployment: Deployment, user_key: str) -> UserRecord:
    return deployment.store.user(user_key, deployment.clock())


def _shown(deployment: Deployment, record: UserRecord) -> Reply:
    """Show the preferences of `record`, and the caps that hold now by the model that is served now."""
    standing = standing_of(deployment.ranker.served, deployment.policy, record, deployment.clock())
    told = document(record.preferences, deployment.policy.config, standing.frequency)
    return reply(told, headers={"ETag": etag(record.preferences)})
