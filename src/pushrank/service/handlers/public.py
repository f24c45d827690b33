"""What anybody may read."""

from __future__ import annotations

from pushrank.service.call import Call, Reply
from pushrank.service.deployment import Deployment
from pushrank.service.pages.frame import Frame
from pushrank.service.pages.works import works
from pushrank.service.portrait import house_of
from pushrank.service.visiting import language_seen, shown


def how(deployment: Deployment, call: Call) -> Reply:
    """Tell how messages are chosen, by the configuration and the model that are at work."""
    language, served = language_seen(deployment, call), deployment.ranker.served
    frame = Frame.of(deployment.privacy, deployment.config.languages, language, private=False)
    view = None if served.degraded else served.view
    return shown("works", frame, works(house_of(deployment), deployment.privacy, view, language))
