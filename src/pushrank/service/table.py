"""Every call there is."""

from __future__ import annotations

from http import HTTPStatus

from pushrank.service.call import Call, Reply
from pushrank.service.deployment import Deployment
from pushrank.service.handlers import (
    catalogue,
    centre,
    erasure,
    events,
    export,
    leaving,
    links,
    preferences,
    profile,
    public,
    purposes,
    ranking,
    system,
    told,
)
from pushrank.service.routes import Route
from pushrank.service.wire.erasure import ErasureAnswer
from pushrank.service.wire.events import EventsAnswer, EventsBody
from pushrank.service.wire.export import ExportAnswer
from pushrank.service.wire.links import LinksAnswer
from pushrank.service.wire.messages import MessageBody, MessagePage, MessagesAnswer, MessagesBody
from pushrank.service.wire.preferences import PreferencesAnswer, PreferencesBody
from pushrank.service.wire.profile import ProfileAnswer
from pushrank.service.wire.purposes import PurposesAnswer
from pushrank.service.wire.rank import ConfirmAnswer, DecisionAnswer, RankBody, ReleaseAnswer, SlateBody
from pushrank.service.wire.told import ToldPage
from pushrank.service.wire.values import Health

_UNKNOWN = (HTTPStatus.NOT_FOUND,)
_ERASED = (HTTPStatus.GONE,)


def _openapi(deployment: Deployment, _: Call) -> Reply:
    return Reply(HTTPStatus.OK, system.description(ROUTES, deployment.config.languages))


ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/v1/rank",
        ranking.rank,
        "rank",
        "Which of these messages, if any, this user should get",
        body=RankBody,
        answer=DecisionAnswer,
        size="rank",
        writes=True,
        decides=True,
        again=ranking.rank_again,
    ),
    Route(
        "GET",
        "/v1/decisions/{id}",
        ranking.show,
        "rank",
        "A decision with everything it considered",
        answer=DecisionAnswer,
        problems=_UNKNOWN,
    ),
    Route(
        "POST",
        "/v1/decisions/{id}/confirm",
        ranking.confirm,
        "rank",
        "Ask, just before handing over, what may be sent",
        body=SlateBody,
        answer=ConfirmAnswer,
        size="rank",
        writes=True,
        problems=_UNKNOWN,
        again=ranking.confirm_again,
    ),
    Route(
        "POST",
        "/v1/decisions/{id}/release",
        ranking.release,
        "rank",
        "Give back what will not be sent",
        body=SlateBody,
        answer=ReleaseAnswer,
        size="rank",
        writes=True,
        problems=_UNKNOWN,
    ),
    Route(
        "POST",
        "/v1/events",
        events.take,
        "events:write",
        "Report what happened; answered once it is durable",
        body=EventsBody,
        answer=EventsAnswer,
        writes=True,
    ),
    Route(
        "POST",
        "/v1/messages",
        catalogue.put,
        "messages:write",
        "Put messages into the catalogue",
        body=MessagesBody,
        answer=MessagesAnswer,
        writes=True,
    ),
    Route(
        "GET",
        "/v1/messages",
        catalogue.page,
        "messages:write",
        "The catalogue, by id",
        answer=MessagePage,
        paged=True,
    ),
    Route(
        "GET",
        "/v1/messages/{id}",
        catalogue.get,
        "messages:write",
        "One message",
        answer=MessageBody,
        problems=_UNKNOWN,
    ),
    Route(
        "DELETE",
        "/v1/messages/{id}",
        catalogue.delete,
        "messages:write",
        "Take a message out of the catalogue",
        writes=True,
        problems=_UNKNOWN,
        status=HTTPStatus.NO_CONTENT,
    ),
    Route(
        "GET",
        "/v1/users/{id}/preferences",
        preferences.get,
        "preferences",
        "What a user chose",
        answer=PreferencesAnswer,
        versioned=True,
        own=True,
        problems=_ERASED,
    ),
    Route(
        "PATCH",
        "/v1/users/{id}/preferences",
        preferences.patch,
        "preferences",
        "Change what a user chose, by a merge patch",
        body=PreferencesBody,
        answer=PreferencesAnswer,
        writes=True,
        versioned=True,
        own=True,
        problems=_ERASED,
        again=preferences.patch_again,
    ),
    Route(
        "GET",
        "/v1/users/{id}/profile",
        profile.get,
        "preferences",
        "What is known of a user, and where it came from",
        answer=ProfileAnswer,
        own=True,
        query=("language",),
        problems=_ERASED,
    ),
    Route(
        "DELETE",
        "/v1/users/{id}/profile/tags/{tag}",
        profile.forget,
        "preferences",
        "Forget what a user's events so far say about a tag",
        writes=True,
        own=True,
        problems=(*_UNKNOWN, *_ERASED),
        status=HTTPStatus.NO_CONTENT,
    ),
    Route(
        "GET",
        "/v1/users/{id}/decisions",
        told.page,
        "preferences",
        "Why each push came, and why others did not, in words",
        answer=ToldPage,
        paged=True,
        own=True,
        query=("language",),
        problems=_ERASED,
    ),
    Route(
        "DELETE",
        "/v1/users/{id}",
        erasure.delete,
        "privacy:admin",
        "Erase a user; a token keeps them from coming back by themselves",
        answer=ErasureAnswer,
        own=True,
        query=("language",),
    ),
    Route(
        "GET",
        "/v1/users/{id}/export",
        export.get,
        "privacy:admin",
        "Everything that is known of a user, in one file",
        answer=ExportAnswer,
        own=True,
        query=("language",),
        problems=_ERASED,
    ),
    Route(
        "GET",
        "/v1/purposes",
        purposes.get,
        None,
        "What a user may agree to, in words to show before asking",
        answer=PurposesAnswer,
        query=("language",),
    ),
    Route(
        "POST",
        "/v1/users/{id}/links",
        links.make,
        "preferences",
        "Signed addresses of the preference centre and of the one-click opt-out",
        answer=LinksAnswer,
        problems=_ERASED,
    ),
    Route(
        "GET",
        "/preferences/{token}",
        centre.show,
        None,
        "The preference centre of whoever has the link",
        page=True,
        query=("language", "page", "at", "done"),
        problems=(*_UNKNOWN, *_ERASED),
    ),
    Route(
        "POST",
        "/preferences/{token}",
        centre.act,
        None,
        "Do what a form of the preference centre asks for",
        page=True,
        form=True,
        query=("language",),
        answer=ExportAnswer,
        problems=(*_UNKNOWN, *_ERASED),
    ),
    Route(
        "GET",
        "/opt-out/{token}",
        leaving.show,
        None,
        "A button that turns messages off",
        page=True,
        query=("language", "done"),
        problems=(*_UNKNOWN, *_ERASED),
    ),
    Route(
        "POST",
        "/opt-out/{token}",
        leaving.leave,
        None,
        "Turn messages off; also by the one click of RFC 8058",
        page=True,
        form=True,
        query=("language",),
        problems=(*_UNKNOWN, *_ERASED),
    ),
    Route(
        "GET",
        "/how-ranking-works",
        public.how,
        None,
        "How messages are chosen, for everybody to read",
        page=True,
        query=("language",),
    ),
    Route("GET", "/livez", system.live, None, "Whether the process lives", answer=Health),
    Route("GET", "/readyz", system.ready, None, "Whether a verified model and the store are there", answer=Health),
    Route("GET", "/metrics", system.figures, "metrics:read", "Figures for Prometheus", media="text/plain"),
    Route("GET", "/openapi.json", _openapi, None, "This description", media="application/json"),
)
"""In no particular order, since no two match the same request."""

SCOPES: tuple[str, ...] = tuple(sorted({route.scope for route in ROUTES if route.scope is not None}))
