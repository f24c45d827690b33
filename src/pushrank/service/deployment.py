"""The parts of one running service, put together from the environment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from pushrank.config import Category, PolicyConfig, PrivacyConfig, PurposeSpec, ServiceConfig, load
from pushrank.config.home import Home, shipped
from pushrank.domain.codes import Purpose
from pushrank.policy import Policy
from pushrank.ranking.catalogue import Catalogue
from pushrank.ranking.holds import Holds
from pushrank.ranking.ranker import Ranker
from pushrank.ranking.served import Served
from pushrank.rights.identities import Identities
from pushrank.rights.ledger import anchor
from pushrank.rights.links import Links
from pushrank.rights.pseudonyms import Pseudonyms, Secrets, read_secrets
from pushrank.rights.purposes import refuse_changed_texts
from pushrank.rights.terms import Terms
from pushrank.scoring.bundle import Bundle
from pushrank.scoring.fallback import without_model
from pushrank.service.anchoring import Anchoring
from pushrank.service.call import Reply
from pushrank.service.champion import ChampionWatch
from pushrank.service.clock import Clock, Steadiness, elapsed, wall_clock
from pushrank.service.forgetting import Forgetting
from pushrank.service.keyring import Keyring
from pushrank.service.metrics import Metrics
from pushrank.service.once import InFlight
from pushrank.service.pages.languages import language_for
from pushrank.service.pages.problems import problem_page
from pushrank.service.rehearsal import rehearse
from pushrank.store.opening import open_store
from pushrank.store.protocol import Store
from pushrank.store.turns import Turns

Chance: TypeAlias = Callable[[], np.random.Generator]


@dataclass(frozen=True, slots=True)
class Deployment:
    """What handlers work with. `clock` and `chance` are read at the door and nowhere deeper.

    `identities` gives the key of a user by raw id, and is the only way to one.
    """

    home: Home
    config: ServiceConfig
    privacy: PrivacyConfig
    purposes: Mapping[Purpose, PurposeSpec]
    policy: Policy
    categories: Mapping[str, Category]
    store: Store
    turns: Turns
    catalogue: Catalogue
    ranker: Ranker
    holds: Holds
    secrets: Secrets
    identities: Identities
    links: Links
    keyring: Keyring
    watch: ChampionWatch
    anchoring: Anchoring
    metrics: Metrics
    flights: InFlight
    forgetting: Forgetting
    clock: Clock
    steadiness: Steadiness
    chance: Chance
    shared_metrics: str | None = None

    @property
    def terms(self) -> Terms:
        """What a change of preferences is checked against now, and followed by."""
        return Terms.of(self.policy, self.categories, self._categories_in_use, self.catalogue.lookup())

    def _categories_in_use(self) -> set[str]:
        return {message.category for message in self.catalogue.messages()}

    @property
    def pseudonyms(self) -> Pseudonyms:
        """What makes pseudonyms; `identities` is the way to a user who may stand under a former one."""
        return self.secrets.pseudonyms

    def problem_page(self, status: HTTPStatus, query: bytes, accepted: str) -> Reply:
        """Say on a page what went wrong, in the language of who looks at it: by the address, else the browser."""
        language = language_for(query, accepted, self.config.languages)
        return problem_page(self.privacy, self.config.languages, status, language)

    def limits(self, size: Literal["rank", "write"]) -> tuple[int, float]:
        """Bytes a body may have, and seconds it may take to arrive."""
        most = self.config.max_rank_bytes if size == "rank" else self.config.max_write_bytes
        return most, self.config.request_timeout_seconds

    def close(self) -> None:
        """End the watch, anchor the ledger, and let go of the store."""
        self.watch.stop()
        self.anchoring.stop()
        self.store.close()


def own_chance() -> Chance:
    """Make a source of chance with one generator for each thread."""
    local = threading.local()

    def generator() -> np.random.Generator:
        found: np.random.Generator | None = getattr(local, "generator", None)
        if found is None:
            found = local.generator = np.random.default_rng()
        return found

    return generator


class _Read(NamedTuple):
    """Everything that a service is configured with."""

    config: ServiceConfig
    categories: Mapping[str, Category]
    purposes: Mapping[Purpose, PurposeSpec]
    privacy: PrivacyConfig
    policy: Policy
    secrets: Secrets


def _read(environment: Mapping[str, str], home: Home) -> _Read:
    config = load(shipped("service", environment.get("PUSHRANK_CONFIG") or "default"), ServiceConfig)
    categories = load(shipped("policy", "categories"), dict[str, Category])
    rules = load(shipped("policy", environment.get("PUSHRANK_POLICY") or config.policy), PolicyConfig)
    purposes = load(shipped("policy", "purposes"), dict[Purpose, PurposeSpec])
    privacy = load(shipped("service", "privacy"), PrivacyConfig)
    policy = Policy.of(rules, categories, purposes)
    return _Read(config, categories, purposes, privacy, policy, read_secrets(environment, home))


def open_deployment(environment: Mapping[str, str], clock: Clock = wall_clock, passed: Clock = elapsed) -> Deployment:
    """Put a service together and start its watch for champions; `passed` is what `clock` is compared with.

    Raises ConfigError, SecretError or StoreError where it cannot run. Without a usable champion it runs degraded.
    """
    home, turns, metrics = Home.of(environment), Turns(), Metrics()
    home.root.mkdir(parents=True, exist_ok=True)
    given = _read(environment, home)
    policy, secrets = given.policy, given.secrets
    store = _store(home.store_url(environment), turns, secrets, given.purposes, given.config)
    catalogue, identities = Catalogue(store, policy.config), Identities(store, secrets.pseudonyms)
    ranker = Ranker(store, catalogue, policy, identities.of, Served.of(without_model()), given.privacy.features_share)
    deployment = Deployment(
        **given._asdict(),
        home=home,
        store=store,
        turns=turns,
        catalogue=catalogue,
        ranker=ranker,
        holds=Holds(store, catalogue, policy),
        identities=identities,
        links=Links(secrets.key, secrets.former),
        keyring=Keyring(store, secrets.key, clock, secrets.former),
        watch=_watch(Path(environment.get("PUSHRANK_MODEL") or home.champion), ranker, metrics),
        anchoring=Anchoring(lambda: anchor(store, secrets.key, home.ledger_heads, clock())),
        metrics=metrics,
        flights=InFlight(),
        forgetting=Forgetting(store),
        clock=clock,
        steadiness=Steadiness.of(clock, passed),
        chance=own_chance(),
        shared_metrics=environment.get("PROMETHEUS_MULTIPROC_DIR"),
    )
    deployment.watch.look()
    rehearse(policy, ranker.served)
    deployment.watch.start(given.config.champion_poll_seconds)
    deployment.anchoring.start()
    return deployment


def _store(
    url: str, turns: Turns, secrets: Secrets, purposes: Mapping[Purpose, PurposeSpec], config: ServiceConfig
) -> Store:
    """Open the store, unless purposes say something else there under the same version."""
    store = open_store(url, turns, secrets.tomb)
    try:
        refuse_changed_texts(store, purposes, config.languages)
    except BaseException:
        store.close()
        raise
    return store


def _watch(directory: Path, ranker: Ranker, metrics: Metrics) -> ChampionWatch:
    metrics.degraded(ranker.served.degraded)

    def take(bundle: Bundle) -> None:
        ranker.served = Served.of(bundle)

    def report(result: str) -> None:
        metrics.champion(result)
        metrics.degraded(ranker.served.degraded)

    return ChampionWatch(directory, take, report)
