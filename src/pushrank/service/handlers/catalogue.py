"""The message catalogue."""

from __future__ import annotations

from bisect import bisect_right
from http import HTTPStatus

from pushrank.service import mapping
from pushrank.service.call import Call, Reply, reply
from pushrank.service.decoding import decode
from pushrank.service.deployment import Deployment
from pushrank.service.problem import missing
from pushrank.service.wire.messages import MessagePage, MessagesAnswer, MessagesBody, ReviewedAnswer


def put(deployment: Deployment, call: Call) -> Reply:
    """Take messages into the catalogue, all or none; each replaces the one with its id."""
    bodies = decode(call.body, MessagesBody).messages
    mapping.require_at_most("/messages", len(bodies), deployment.config.max_messages)
    deployment.store.put_messages(mapping.messages(bodies), deployment.clock())
    return reply(MessagesAnswer(tuple(ReviewedAnswer(body.message_id) for body in bodies)))


def page(deployment: Deployment, call: Call) -> Reply:
    """List the catalogue by id."""
    cursor, limit = call.page()
    known = sorted(deployment.catalogue.messages(), key=lambda message: message.message_id)
    start = bisect_right(known, cursor, key=lambda message: message.message_id)
    shown = known[start : start + limit]
    following = shown[-1].message_id if start + limit < len(known) else None
    return reply(MessagePage(tuple(mapping.message_body(message) for message in shown), following))


def get(deployment: Deployment, call: Call) -> Reply:
    """Show one message."""
    name = call.parameters["id"]
    message = deployment.catalogue.live(name)
    if message is None:
        raise missing(name, "message")
    return reply(mapping.message_body(message))


def delete(deployment: Deployment, call: Call) -> Reply:
    """Take a message out of the catalogue."""
    name = call.parameters["id"]
    if not deployment.store.delete_message(name, deployment.clock()):
        raise missing(name, "message")
    return Reply(HTTPStatus.NO_CONTENT)
