"""The parts of the house that a command works with, put together from the environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from pushrank.config import Category, PolicyConfig, PurposeSpec, TrainingConfig, load
from pushrank.config.home import Home, shipped
from pushrank.domain.codes import Purpose
from pushrank.domain.instants import Instant, instant
from pushrank.learning.admission import refuse_fatal
from pushrank.logs import Log, open_log
from pushrank.logs.parts import Windows
from pushrank.policy import Policy
from pushrank.ranking.catalogue import Catalogue
from pushrank.ranking.ranker import Ranker
from pushrank.ranking.served import Served
from pushrank.rights.identities import Identities
from pushrank.rights.pseudonyms import Secrets, read_secrets
from pushrank.scoring.bundle import load as load_bundle
from pushrank.store.opening import open_store
from pushrank.store.protocol import Store
from pushrank.transfer.exporting import about_export
from pushrank.transfer.loading import Destination


@dataclass(frozen=True, slots=True)
class Opened:
    """A store with what reads and writes it."""

    home: Home
    store: Store
    catalogue: Catalogue
    policy: Policy
    secrets: Secrets
    identities: Identities

    @property
    def key_id(self) -> str:
        """What names the secret under which pseudonyms are made."""
        return self.secrets.key.key_id

    def destination(self, log: Path) -> Destination:
        """Where a log goes; the users of an exported log bear their pseudonyms already."""
        about = about_export(log, self.store, self.key_id)
        if about is None:
            return Destination(self.store, self.catalogue, self.policy, self.identities.of, code=self.secrets.event)
        gone = frozenset(about.deleted)
        return Destination(self.store, self.catalogue, self.policy, _same, gone, self.secrets.event)

    def ranker(self, bundle: Path, pseudonym: Callable[[str], str] | None = None) -> Ranker:
        """A ranker that serves the bundle in a folder."""
        served = Served.of(load_bundle(bundle))
        return Ranker(self.store, self.catalogue, self.policy, pseudonym or self.identities.of, served)


@contextmanager
def opened(environment: Mapping[str, str], url: str | None = None) -> Iterator[Opened]:
    """Open the deployment's store, or the one at `url`, under its policy; closed on leaving."""
    home = Home.of(environment)
    home.root.mkdir(parents=True, exist_ok=True)
    rules = load(shipped("policy", environment.get("PUSHRANK_POLICY") or "default"), PolicyConfig)
    purposes = load(shipped("policy", "purposes"), dict[Purpose, PurposeSpec])
    policy = Policy.of(rules, load(shipped("policy", "categories"), dict[str, Category]), purposes)
    secrets = read_secrets(environment, home)
    with closing(open_store(url or home.store_url(environment), tomb=secrets.tomb)) as store:
        identities = Identities(store, secrets.pseudonyms)
        yield Opened(home, store, Catalogue(store, rules), policy, secrets, identities)


def windows() -> Windows:
    """The label windows of the default training configuration."""
    return Windows.of(load(shipped("training", "default"), TrainingConfig))


def moment(text: str) -> Instant:
    """Read a TIME of the command line."""
    try:
        return instant(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def sound_log(folder: Path) -> Log:
    """Open a log after a look at every row; what is wrong with it is told on standard error.

    Raises LearningError where a fault is fatal, before anything was read into a store.
    """
    log = open_log(folder)
    refuse_fatal(log, lambda line: typer.echo(line, err=True))
    return log


def users_of(log: Log) -> list[str]:
    """Every user of a log, sorted."""
    ids = {name for batch in log.batches("outcomes", columns=["user_id"]) for name in batch["user_id"].unique()}
    return sorted(ids | set(log.users()))


def _same(user_id: str) -> str:
    return user_id
