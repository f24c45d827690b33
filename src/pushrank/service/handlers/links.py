"""Signed addresses of a user's own pages."""

from __future__ import annotations

from pushrank.domain.instants import DAY, iso
from pushrank.rights.links import Use
from pushrank.service.call import Call, Reply, reply
from pushrank.service.deployment import Deployment
from pushrank.service.problem import gone
from pushrank.service.wire.links import LinksAnswer


def make(deployment: Deployment, call: Call) -> Reply:
    """Make the links of a user, also of one never seen; nothing is stored. Raises the Problem 410 for one erased."""
    user_id, now, links = call.parameters["id"], deployment.clock(), deployment.links
    if deployment.store.user(deployment.identities.of(user_id), now).erased:
        raise gone()
    expires_at = now + deployment.privacy.link_days * DAY
    base = (deployment.privacy.public_url or "").rstrip("/")
    answer = LinksAnswer(
        preferences=f"{base}/preferences/{links.seal(Use.PREFERENCES, user_id, expires_at)}",
        opt_out=f"{base}/opt-out/{links.seal(Use.OPT_OUT, user_id)}",
        preferences_expires_at=iso(expires_at),
    )
    return reply(answer)
