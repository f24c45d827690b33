"""The BentoML service: lifecycle, workers and packaging are BentoML's, every answer is ours.

`bentoml serve pushrank.service.app:PushRank` and `bentoml build` start from here.
"""

from __future__ import annotations

import os
from typing import Any

import bentoml

from pushrank.service import log
from pushrank.service.deployment import Deployment, open_deployment
from pushrank.service.door import Door
from pushrank.service.routes import RouteTable
from pushrank.service.table import ROUTES

# BentoML's own access log and metrics would name raw paths, and paths name people; ours name route templates.
_CONFIG: dict[str, Any] = {
    "workers": 1,
    "traffic": {"timeout": 30},
    "metrics": {"enabled": False},
    "logging": {"access": {"enabled": False}},
    "tracing": {"excluded_urls": ".*"},
    "http": {"host": "127.0.0.1"},
}


class Service:
    """Ranks push messages."""

    def __init__(self) -> None:
        log.configure()
        self.deployment = open_deployment(os.environ)

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def close(self) -> None:
        """Stop watching for champions and let go of the store."""
        self.deployment.close()


def current() -> Deployment:
    """Give the parts of the service that runs in this process."""
    service: Service = bentoml.get_current_service()
    return service.deployment


PushRank: Any = bentoml.service(name="pushrank", **_CONFIG)(Service)
# A middleware stands in front of BentoML's router, whose own pages (/docs.json, /schema.json, /metrics, /) are public.
PushRank.add_asgi_middleware(Door, table=RouteTable(ROUTES), deployment=current)
