"""API keys."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from pushrank.cli.failing import failing
from pushrank.config.home import Home
from pushrank.domain.instants import Instant
from pushrank.rights.keys import SCOPES, new_key, verified
from pushrank.rights.pseudonyms import SecretError, read_former, read_secret, rotate
from pushrank.service.clock import wall_clock
from pushrank.store.errors import StoreError
from pushrank.store.opening import open_store

app = typer.Typer(help="API keys.", no_args_is_help=True)


@app.callback()
def _keys() -> None:
    """API keys."""


@app.command()
def create(
    scopes: Annotated[str, typer.Option(help=f"Comma-separated, of: {', '.join(SCOPES)}.")],
    expires: Annotated[int | None, typer.Option(min=1, help="Days until the key ends; never unless given.")] = None,
) -> None:
    """Make an API key and show it once; only its hash is kept."""
    with failing(SecretError, StoreError):
        typer.echo(create_key(os.environ, _known(scopes), expires, wall_clock()))


def _known(scopes: str) -> list[str]:
    names = [scope.strip() for scope in scopes.split(",")]
    unknown = [name for name in names if name not in SCOPES]
    if unknown:
        msg = f"expected some of {', '.join(SCOPES)}, got {unknown[0]!r}"
        raise typer.BadParameter(msg, param_hint="--scopes")
    return names


@app.command()
def revoke(key_id: Annotated[str, typer.Argument(help="The part of the key between the two underscores.")]) -> None:
    """End an API key at once; a running service notices within seconds."""
    with failing(ValueError, StoreError):
        home = Home.of(os.environ)
        with closing(open_store(home.store_url(os.environ))) as store:
            known = store.revoke_key(key_id, wall_clock())
    if not known:
        typer.secho(f"no key has the id {key_id!r}", fg=typer.colors.RED, err=True)
        raise typer.Exit(1)
    typer.echo(f"{key_id} opens nothing any more")


@app.command("rotate")
def rotate_() -> None:
    """Change the secret of the deployment; users, links and API keys made under the old one go on as before.

    Stop the service first: a process that still works with the old secret would know people by their old pseudonyms.
    Afterwards each user is moved to the new one when next met. The key of tombstones is not changed. A log that was
    exported under the old secret can't be loaded any more: export it anew.
    """
    with failing(SecretError, OSError):
        home = Home.of(os.environ)
        secret = rotate(os.environ, home)
    typer.echo(f"the secret is {secret.key_id} now; start every process anew, and keep {home.former_keys} with it")


def create_key(environment: Mapping[str, str], scopes: list[str], days: int | None, now: Instant) -> str:
    """Make a key, keep its hash in the store, and return it."""
    home = Home.of(environment)
    home.root.mkdir(parents=True, exist_ok=True)
    key = new_key(read_secret(environment, home), scopes, now, days)
    with closing(open_store(home.store_url(environment))) as store:
        store.add_key(key.row)
    return key.text


def ensure_dev_key(environment: Mapping[str, str], now: Instant) -> Path:
    """Write a key with all scopes to `dev-key` of the home (mode 0600) unless the one there still opens the store."""
    home = Home.of(environment)
    path = home.dev_key
    if not (path.exists() and _opens(environment, path.read_text(encoding="ascii").strip(), now)):
        text = create_key(environment, list(SCOPES), None, now)
        path.touch(mode=0o600)
        path.write_text(text + "\n", encoding="ascii")
    return path


def _opens(environment: Mapping[str, str], text: str, now: Instant) -> bool:
    home = Home.of(environment)
    with closing(open_store(home.store_url(environment))) as store:
        former = read_former(environment, home)
        row = verified(read_secret(environment, home), text, store.keys(), now, former)
    return row is not None and set(row.scopes) >= set(SCOPES)
