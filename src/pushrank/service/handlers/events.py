"""What happened to users."""

from __future__ import annotations

from pushrank.ranking.intake import record_events
from pushrank.service import mapping
from pushrank.service.call import Call, Reply, reply
from pushrank.service.decoding import decode
from pushrank.service.deployment import Deployment
from pushrank.service.wire.events import EventsAnswer, EventsBody, RejectedAnswer


def take(deployment: Deployment, call: Call) -> Reply:
    """Take events in, and answer once they are durable.

    What is wrong with the body refuses all of it; what the state forbids rejects single events.
    """
    config = deployment.config
    bodies = decode(call.body, EventsBody).events
    mapping.require_at_most("/events", len(bodies), config.max_events)
    events = mapping.events(bodies, deployment.clock(), config.clock)
    found = record_events(
        deployment.store,
        deployment.catalogue,
        deployment.policy,
        events,
        deployment.identities.of,
        code=deployment.secrets.event,
    )
    deployment.metrics.events(found.accepted, found.duplicates, len(found.rejected))
    rejected = tuple(RejectedAnswer(one.index, one.code, one.detail) for one in found.rejected)
    return reply(EventsAnswer(found.accepted, found.duplicates, rejected))
