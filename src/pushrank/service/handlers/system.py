"""Whether the service lives, may serve, how it does, and what it offers."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus

import msgspec

from pushrank.service import metrics, openapi
from pushrank.service.call import Call, Reply, reply
from pushrank.service.deployment import Deployment
from pushrank.service.problem import Problem
from pushrank.service.routes import Route
from pushrank.service.wire.values import Health


def live(_: Deployment, __: Call) -> Reply:
    """Answer that the process lives."""
    return reply(Health("alive"))


def ready(deployment: Deployment, _: Call) -> Reply:
    """Answer that a verified model is served, the store answers and the clock is steady; else raise what is wrong."""
    deployment.store.ping()
    deployment.steadiness.require()
    served = deployment.ranker.served
    if served.degraded:
        detail = "no verified model: rankings come from the item-only scorer, flagged degraded"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail)
    return reply(Health("ready", served.model))


def figures(deployment: Deployment, _: Call) -> Reply:
    """Write the figures that Prometheus collects."""
    return Reply(HTTPStatus.OK, deployment.metrics.exposition(deployment.shared_metrics), metrics.MEDIA_TYPE)


@lru_cache(maxsize=1)
def description(routes: tuple[Route, ...], languages: tuple[str, ...] = ()) -> bytes:
    """Write the OpenAPI document once."""
    return msgspec.json.encode(openapi.document(routes, languages))
