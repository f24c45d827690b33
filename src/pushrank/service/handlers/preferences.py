"""What a user chose."""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from pushrank.domain.user import Preferences
from pushrank.rights.preferences import PatchError, StaleError, change_preferences, document, etag
from pushrank.service.call import Call, Reply, reply
from pushrank.service.decoding import decode
from pushrank.service.deployment import Deployment
from pushrank.service.problem import Problem, wrong
from pushrank.service.wire.preferences import PreferencesBody
from pushrank.service.wire.values import Fault


def get(deployment: Deployment, call: Call) -> Reply:
    """Show the preferences of a user; of one who never said anything, those that hold then."""
    record = deployment.store.user(deployment.pseudonyms.of(call.parameters["id"]), deployment.clock())
    return _shown(deployment, record.preferences)


def patch(deployment: Deployment, call: Call) -> Reply:
    """Change preferences by a merge patch, all or nothing."""
    decode(call.body, PreferencesBody)
    # The merge needs the difference between null and left out, which the tree has and the type has not.
    tree = msgspec.json.decode(call.body)
    user_key, if_match = deployment.pseudonyms.of(call.parameters["id"]), call.header(b"if-match")
    try:
        preferences, _ = change_preferences(deployment.store, user_key, tree, deployment.clock(), if_match)
    except PatchError as error:
        raise wrong(*(Fault(fault.pointer, fault.detail) for fault in error.faults)) from None
    except StaleError:
        detail = "header If-Match: expected the current version of the preferences, got another one"
        raise Problem(HTTPStatus.PRECONDITION_FAILED, detail) from None
    return _shown(deployment, preferences)


def _shown(deployment: Deployment, preferences: Preferences) -> Reply:
    return reply(document(preferences, deployment.policy.config), headers={"ETag": etag(preferences)})
